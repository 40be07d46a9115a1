import type { Change } from '../../fhir/change.js';
import type { Ids } from '../../kernel/ids.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { type TaskCode, taskConcept } from './codes.js';
import type { Reference } from './element.js';
import { created } from './module-change.js';
import { engineDevice, structure } from './systems.js';

/** One entry on the centre's worklist that is not the handling of an alert. */
export interface WorklistEntry {
  readonly code: TaskCode;
  readonly patient?: Reference | undefined;
  /** What it is about. */
  readonly focus?: Reference | undefined;
  readonly basedOn?: readonly Reference[];
  readonly owner?: Reference | undefined;
  readonly priority?: 'routine' | 'urgent' | 'asap' | 'stat';
  /** Milliseconds since 1970: when it must be done. */
  readonly due?: number | undefined;
  readonly description: string;
  /** Identity, so that the same thing is not put on the list twice. */
  readonly identifier?: { readonly system: string; readonly value: string };
}

/** https://hl7.org/fhir/R4/task.html */
export function worklistTask(entry: WorklistEntry, { ids, now }: { ids: Ids; now: number }): Resource {
  const at = instant(now);
  return {
    resourceType: 'Task',
    id: ids.next(),
    meta: { profile: [structure('dho-task')] },
    ...(entry.identifier === undefined ? {} : { identifier: [{ ...entry.identifier }] }),
    ...(entry.basedOn === undefined || entry.basedOn.length === 0 ? {} : { basedOn: entry.basedOn }),
    status: 'requested',
    intent: 'order',
    priority: entry.priority ?? 'routine',
    code: taskConcept(entry.code),
    description: entry.description,
    ...(entry.focus === undefined ? {} : { focus: entry.focus }),
    ...(entry.patient === undefined ? {} : { for: entry.patient }),
    authoredOn: at,
    lastModified: at,
    requester: engineDevice,
    ...(entry.owner === undefined ? {} : { owner: entry.owner }),
    ...(entry.due === undefined ? {} : { restriction: { period: { end: instant(entry.due) } } }),
  };
}

export const worklistEntry = (entry: WorklistEntry, by: { ids: Ids; now: number }): Change =>
  created(worklistTask(entry, by));
