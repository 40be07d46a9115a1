/** `Task/$delegate`: someone who cannot follow up a worklist entry hands it to a colleague or another service. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import type { Ids } from '../../kernel/ids.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import { annotation } from '../vocabulary/annotation.js';
import { many, type Reference, versionOf } from '../vocabulary/element.js';
import { created, updated } from '../vocabulary/module-change.js';
import { system } from '../vocabulary/systems.js';

const ended = new Set(['completed', 'cancelled', 'rejected', 'failed', 'entered-in-error']);

/** → Task with the new owner, back to `requested`; the deadline stays. Provenance says who handed it over, from whom. */
export function delegateTask(facts: {
  readonly task: Resource;
  readonly owner: Reference;
  readonly note?: string | undefined;
  readonly by: Reference;
  readonly now: number;
  readonly ids: Ids;
}): Change[] | Failure {
  const { task, owner, note, by, now, ids } = facts;
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
    created({
      resourceType: 'Provenance',
      id: ids.next(),
      target: [{ reference: `Task/${task.id}/_history/${(versionOf(task) ?? 1) + 1}` }],
      occurredDateTime: at,
      recorded: at,
      activity: { text: 'Varselet er delegert' },
      ...(note === undefined ? {} : { reason: [{ text: note }] }),
      agent: [
        {
          type: { coding: [{ system: system.provenanceAgent, code: 'author', display: 'Author' }] },
          who: by,
        },
      ],
      entity: [{ role: 'revision', what: { reference: `Task/${task.id}/_history/${versionOf(task) ?? 1}` } }],
    }),
  ];
}
