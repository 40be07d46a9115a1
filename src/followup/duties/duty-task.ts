import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import type { Ids } from '../../kernel/ids.js';
import type { Reference } from '../vocabulary/element.js';
import { hasCode } from '../vocabulary/element.js';
import { identifierSystem, system } from '../vocabulary/systems.js';
import { worklistEntry } from '../vocabulary/worklist.js';
import type { Duty, OwedDuty } from './service-duties.js';

const descriptions: Readonly<Record<Duty, string>> = {
  'monthly-follow-up': 'Fast oppfølgingssamtale, minst én gang i måneden.',
  evaluation: 'Evaluering med pasienten, minst hver sjette måned.',
  'trial-end': 'Utprøvingsperioden går mot slutten: avgjør om oppfølgingen fortsetter, og gå gjennom grensene.',
};

/** The Task of a duty; nothing where one of its kind is still open. */
export function dutyTask(
  owed: OwedDuty,
  facts: {
    readonly patient: Reference;
    readonly patientId: string;
    readonly owner: Reference;
    readonly openTasks: readonly Resource[];
    readonly now: number;
    readonly ids: Ids;
  },
): Change[] {
  if (facts.openTasks.some((task) => hasCode(task['code'], system.taskCode, owed.duty))) return [];
  const day = new Date(owed.deadline).toISOString().slice(0, 10);
  return [
    worklistEntry(
      {
        code: owed.duty,
        patient: facts.patient,
        owner: facts.owner,
        due: owed.deadline,
        description: descriptions[owed.duty],
        identifier: { system: identifierSystem.worklist, value: [facts.patientId, owed.duty, day].join('|') },
      },
      facts,
    ),
  ];
}
