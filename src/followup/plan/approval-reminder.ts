/** The GP has not answered a plan: a person hears of it, again and again until there is an answer. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import type { Ids } from '../../kernel/ids.js';
import { annotation } from '../vocabulary/annotation.js';
import { asReference, hasCode, many, type Period, type Reference } from '../vocabulary/element.js';
import { updated } from '../vocabulary/module-change.js';
import { identifierSystem, system } from '../vocabulary/systems.js';
import { worklistEntry } from '../vocabulary/worklist.js';

/** Durable work (table `job`): due when the answer is. */
export interface ReminderJob {
  readonly kind: 'approval-reminder';
  readonly key: string;
  readonly payload: { readonly task: string; readonly round: number };
  /** Milliseconds since 1970. */
  readonly runAt: number;
}

const waits = new Set(['requested', 'received', 'accepted', 'in-progress', 'on-hold']);

/** The first reminder of a plan that is submitted; undefined for every other change. */
export function reminderOf(before: Resource | undefined, after: Resource): ReminderJob | undefined {
  if (before !== undefined || after.resourceType !== 'Task' || !hasCode(after.code, system.r4TaskCode, 'approve'))
    return undefined;
  const due = Date.parse((after.restriction as { period?: Period } | undefined)?.period?.end ?? '');
  return Number.isNaN(due) || after.id === undefined ? undefined : reminderJob(after.id, 1, due);
}

/** One open job per Task and round, however often it is asked for. */
export const reminderJob = (task: string, round: number, runAt: number): ReminderJob => ({
  kind: 'approval-reminder',
  key: `${task}/${round}`,
  payload: { task, round },
  runAt,
});

/**
 * → nothing where the plan was answered; else the Task `approve` is urgent with a note of the reminder, and the centre has
 * a Task `approval-overdue` (one at a time) to call the GP.
 *
 * @param facts.open the centre's open Task `approval-overdue` about this one
 */
export function remindOfApproval(facts: {
  readonly task: Resource;
  readonly round: number;
  readonly open: Resource | undefined;
  readonly centre: Reference;
  readonly now: number;
  readonly ids: Ids;
}): Change[] {
  const { task, round, now, ids } = facts;
  if (!waits.has(String(task.status))) return [];
  const asked = String(task.authoredOn).slice(0, 10).split('-').toReversed().join('.');
  const reminded = updated(task, {
    priority: 'urgent',
    note: [...many<object>(task.note), annotation(`Purring ${round}: planen venter på svar.`, now)],
    lastModified: instant(now),
  });
  if (facts.open !== undefined) return [reminded];
  const entry = worklistEntry(
    {
      code: 'approval-overdue',
      patient: asReference(task.for),
      focus: { reference: `Task/${task.id}` },
      owner: facts.centre,
      priority: 'urgent',
      description: `Egenbehandlingsplanen ble sendt til godkjenning ${asked} og er ikke besvart.`,
      identifier: { system: identifierSystem.worklist, value: `approval-overdue|${task.id}|${round}` },
    },
    { ids, now },
  );
  return [reminded, entry];
}
