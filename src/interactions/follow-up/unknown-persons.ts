import { keyOf, type Resource } from '../../fhir/resource.js';
import type { Reference } from '../../followup/vocabulary/element.js';
import { updated } from '../../followup/vocabulary/module-change.js';
import { identifierSystem } from '../../followup/vocabulary/systems.js';
import { worklistEntry } from '../../followup/vocabulary/worklist.js';
import { instant } from '../../kernel/clock.js';
import type { Ids } from '../../kernel/ids.js';
import type { Reaction, ReactionRequest } from '../commit/follow-up.js';

const measuring = new Set(['Observation', 'QuestionnaireResponse', 'Communication']);

/** What names a patient that is not known here is put on the centre's worklist (decision 3). */
export function unknownPatients({ planned, by, now }: ReactionRequest, centre: Reference, ids: Ids): Reaction {
  const changes = planned
    // What a device sends is about a person, also where it names none.
    .filter(
      (item) =>
        (item.unresolved || (by.role === 'device' && item.patients.length === 0)) &&
        item.kind === 'c' &&
        measuring.has(item.key.type),
    )
    .map((item) =>
      worklistEntry(
        {
          code: 'unknown-patient',
          focus: { reference: keyOf(item.key) },
          owner: centre,
          priority: 'urgent',
          description: 'Mottatt for en person som ikke er registrert her. Finn ut hvem det gjelder.',
          identifier: { system: identifierSystem.worklist, value: `unknown-patient|${keyOf(item.key)}` },
        },
        { ids, now },
      ),
    );
  return { changes, states: [], jobs: [] };
}

/** A reading of an unknown person that now names a patient: somebody has found out, and the worklist says so. */
export async function knownPersons({ view, planned, reconsider, now }: ReactionRequest): Promise<Reaction> {
  const found = [
    ...planned
      .filter(
        (item) =>
          item.kind === 'u' &&
          measuring.has(item.key.type) &&
          !item.unresolved &&
          item.before?.row.patients.length === 0,
      )
      .map((item) => keyOf(item.key)),
    ...reconsider.filter(({ row }) => measuring.has(row.type)).map(({ row }) => keyOf(row)),
  ];
  const tasks: Resource[] = [];
  for (const focus of found)
    tasks.push(
      ...(await view.search(
        'Task',
        `focus=${focus}&code=unknown-patient&status=requested,received,accepted,in-progress,on-hold`,
      )),
    );
  return {
    changes: tasks.map((task) => updated(task, { status: 'completed', lastModified: instant(now) })),
    states: [],
    jobs: [],
  };
}
