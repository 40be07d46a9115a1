import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import type { Ids } from '../../kernel/ids.js';
import { annotation } from '../vocabulary/annotation.js';
import type { Reference } from '../vocabulary/element.js';
import { hasCode, many } from '../vocabulary/element.js';
import { updated } from '../vocabulary/module-change.js';
import { identifierSystem, system } from '../vocabulary/systems.js';
import { worklistEntry } from '../vocabulary/worklist.js';
import { taskDeadline } from '../worklist/task-counts.js';
import type { Duty, OwedDuty } from './service-duties.js';

const descriptions: Readonly<Record<Duty, string>> = {
  'monthly-follow-up': 'Fast oppfølgingssamtale, minst én gang i måneden.',
  evaluation: 'Evaluering med pasienten, minst hver sjette måned.',
  'trial-end': 'Utprøvingsperioden går mot slutten: avgjør om oppfølgingen fortsetter, og gå gjennom grensene.',
  'hand-over-due': 'Sykehuset er fortsatt medisinsk ansvarlig for planen: avtal at fastlegen tar over.',
};

const changes = {
  admission: 'Evaluering framskyndet: pasienten er innlagt eller har vært det.',
  red: 'Evaluering framskyndet: røde varsler flere ganger på to uker.',
} as const;

/** The Task of a duty; where one of its kind is still open, that one with the earlier deadline. */
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
  const description = owed.why === undefined ? descriptions[owed.duty] : changes[owed.why];
  const open = facts.openTasks.find((task) => hasCode(task['code'], system.taskCode, owed.duty));
  if (open !== undefined) return owed.why === undefined ? [] : [broughtForward(open, { owed, description, ...facts })];
  const day = new Date(owed.deadline).toISOString().slice(0, 10);
  return [
    worklistEntry(
      {
        code: owed.duty,
        patient: facts.patient,
        ...(owed.about === undefined ? {} : { focus: { reference: owed.about } }),
        owner: facts.owner,
        due: owed.deadline,
        description,
        identifier: { system: identifierSystem.worklist, value: [facts.patientId, owed.duty, day].join('|') },
      },
      facts,
    ),
  ];
}

function broughtForward(
  open: Resource,
  { owed, description, now }: { readonly owed: OwedDuty; readonly description: string; readonly now: number },
): Change {
  const isEarlier = owed.deadline < (taskDeadline(open) ?? Number.POSITIVE_INFINITY);
  return updated(open, {
    lastModified: instant(now),
    note: [...many<object>(open['note']), annotation(description, now)],
    ...(isEarlier ? { restriction: { period: { end: instant(owed.deadline) } } } : {}),
  });
}
