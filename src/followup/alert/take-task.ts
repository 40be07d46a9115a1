/** `Task/$take`: someone takes a worklist entry upon themself; whoever comes second is told who has it. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import { asReference, type Reference } from '../vocabulary/element.js';
import { updated } from '../vocabulary/module-change.js';

const ended = new Set(['completed', 'cancelled', 'rejected', 'failed', 'entered-in-error']);
const taken = new Set(['accepted', 'in-progress', 'on-hold']);

/** → Task `accepted` with the caller as owner. Taking what one has already changes nothing. */
export function takeTask(facts: {
  readonly task: Resource;
  readonly by: Reference;
  readonly now: number;
}): Change[] | Failure {
  const { task, by, now } = facts;
  if (ended.has(String(task.status))) {
    return new Failure('conflict', `The Task is ${String(task.status)}; only an open one is taken.`, {
      expression: 'Task.status',
    });
  }
  const at = instant(now);
  if (!taken.has(String(task.status))) {
    const executionPeriod = { start: at, ...(task.executionPeriod as object | undefined) };
    return [updated(task, { status: 'accepted', owner: by, lastModified: at, executionPeriod })];
  }
  const owner = asReference(task.owner);
  if (isSame(owner, by)) return [];
  return new Failure('conflict', `The Task has been taken by ${owner?.display ?? 'someone else'}.`, {
    expression: 'Task.owner',
  });
}

const isSame = (a: Reference | undefined, b: Reference): boolean =>
  a?.identifier === undefined || b.identifier === undefined
    ? a?.display === b.display
    : a.identifier.system === b.identifier.system &&
      a.identifier.value === b.identifier.value &&
      a.display === b.display;
