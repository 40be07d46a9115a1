/** A deadline is over: the Task says so, and is more urgent. Red alerts have their own clock. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { colourOf } from '../projection/alert-element.js';
import { annotation } from '../vocabulary/annotation.js';
import { asReference, hasCode, many } from '../vocabulary/element.js';
import { updated } from '../vocabulary/module-change.js';
import { engineDevice, system } from '../vocabulary/systems.js';
import { taskDeadline } from '../worklist/task-counts.js';

const more: Readonly<Record<string, string>> = { routine: 'urgent', urgent: 'asap' };
const text = 'Fristen er gått ut.';

/** When a Task of the module is to be marked as overdue, ms since 1970; undefined where it never is, or has been. */
export function overdueAt(task: Resource): number | undefined {
  if (task.resourceType !== 'Task' || task['businessStatus'] !== undefined || colourOf(task) === 'red')
    return undefined;
  // missing limits have a deadline of their own, which the engine judges
  if (hasCode(task['code'], system.taskCode, 'limits-needed')) return undefined;
  if (asReference(task['requester'])?.reference !== engineDevice.reference) return undefined;
  return hasCode(task['code'], system.taskCode) ? taskDeadline(task) : undefined;
}

/** `[]` where the deadline is not over. */
export function markOverdue(task: Resource, now: number): Change[] {
  const at = overdueAt(task);
  if (at === undefined || at > now) return [];
  return [
    updated(task, {
      priority: more[String(task['priority'])] ?? task['priority'],
      businessStatus: { coding: [{ system: system.taskState, code: 'overdue', display: 'Fristen er gått ut' }], text },
      lastModified: instant(now),
      note: [...many<object>(task['note']), annotation(text, now)],
    }),
  ];
}
