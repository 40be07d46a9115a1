/** `Task/$delegate`: someone who cannot follow up a worklist entry hands it to a colleague or another service. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import { annotation } from '../vocabulary/annotation.js';
import { many, type Reference } from '../vocabulary/element.js';
import { updated } from '../vocabulary/module-change.js';

const ended = new Set(['completed', 'cancelled', 'rejected', 'failed', 'entered-in-error']);

/** → Task with the new owner, back to `requested`; the deadline stays. */
export function delegateTask(facts: {
  readonly task: Resource;
  readonly owner: Reference;
  readonly note?: string | undefined;
  readonly by: Reference;
  readonly now: number;
}): Change[] | Failure {
  const { task, owner, note, by, now } = facts;
  if (ended.has(String(task.status))) {
    return new Failure('conflict', `The Task is ${String(task.status)}; only an open one is delegated.`, {
      expression: 'Task.status',
    });
  }
  const at = instant(now);
  const added = note === undefined ? [] : [annotation(note, now, by)];
  return [
    updated(task, {
      status: 'requested',
      owner,
      lastModified: at,
      ...(added.length === 0 ? {} : { note: [...many<object>(task.note), ...added] }),
    }),
  ];
}
