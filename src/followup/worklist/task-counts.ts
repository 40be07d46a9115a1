import type { Resource } from '../../fhir/resource.js';
import { colourOf } from '../projection/alert-element.js';
import { codeIn, type Period } from '../vocabulary/element.js';
import { system } from '../vocabulary/systems.js';

/** How many open Tasks of one kind there are. */
export interface TaskCount {
  readonly code: string;
  readonly open: number;
  /** The deadline is over. */
  readonly overdue: number;
  /** Nobody has taken it. */
  readonly unanswered: number;
}

export const openTaskStatuses = 'requested,received,accepted,in-progress,on-hold';
const unanswered = new Set(['requested', 'received']);

/** When a Task must be done, ms since 1970; undefined where it has no deadline. */
export function taskDeadline(task: Resource): number | undefined {
  const end = Date.parse((task['restriction'] as { period?: Period } | undefined)?.period?.end ?? '');
  return Number.isNaN(end) ? undefined : end;
}

/** Handling of alerts by colour. */
export const countByColour = (tasks: readonly Resource[], now: number): TaskCount[] => countBy(tasks, colourOf, now);

/** The rest of the worklist by task code. */
export const countByCode = (tasks: readonly Resource[], now: number): TaskCount[] =>
  countBy(
    tasks.filter((task) => colourOf(task) === undefined),
    (task) => codeIn(task['code'], system.taskCode) ?? codeIn(task['code'], system.r4TaskCode),
    now,
  );

function countBy(tasks: readonly Resource[], nameOf: (task: Resource) => string | undefined, now: number): TaskCount[] {
  const groups = new Map<string, Resource[]>();
  for (const task of tasks) {
    const name = nameOf(task);
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), task]);
  }
  return [...groups]
    .map(([code, group]) => ({
      code,
      open: group.length,
      overdue: group.filter((task) => (taskDeadline(task) ?? Number.POSITIVE_INFINITY) <= now).length,
      unanswered: group.filter((task) => unanswered.has(String(task['status']))).length,
    }))
    .sort((a, b) => (a.code < b.code ? -1 : 1));
}
