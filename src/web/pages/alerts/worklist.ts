import type { FhirClient } from '../fhir/client.js';
import {
  byReference,
  type Colour,
  colourOf,
  colours,
  idOf,
  nameOf,
  taskKind,
  textOf,
  timeOf,
} from '../fhir/reading.js';
import type { DetectedIssue, Patient, Reference, Resource, Task } from '../fhir/types.js';

/** One line of the worklist: an alert to handle, or another task of the centre. */
export interface Entry {
  readonly task: Task;
  /** The alert, where the task handles one. */
  readonly issue: DetectedIssue | undefined;
  readonly patient: Patient | undefined;
  readonly name: string;
  /** Bydel of the patient, where it is known. */
  readonly district: string | undefined;
  readonly colour: Colour | undefined;
  readonly kind: string;
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly due: number | undefined;
  readonly since: number;
  /** Who has it; undefined while it is free. */
  readonly takenBy: Reference | undefined;
}

/** Tasks that have a page of their own. */
const elsewhere = new Set(['approve', 'fulfill']);
const taken = new Set(['accepted', 'in-progress', 'on-hold']);
export const openStatuses = 'requested,received,accepted,in-progress,on-hold';

export async function loadWorklist(fhir: FhirClient): Promise<readonly Entry[]> {
  const found = await fhir.search<Resource>('Task', {
    status: openStatuses,
    _include: ['Task:focus', 'Task:patient'],
    _count: 1000,
  });
  const included = byReference(found);
  return found
    .filter((one): one is Task => one.resourceType === 'Task')
    .filter(({ code }) => !elsewhere.has(taskKind(code)))
    .map((task) => entryOf(task, included))
    .toSorted(byUrgency);
}

function entryOf(task: Task, included: ReadonlyMap<string, Resource>): Entry {
  const focus = included.get(task.focus?.reference ?? '');
  const issue = focus?.resourceType === 'DetectedIssue' ? (focus as DetectedIssue) : undefined;
  const patient = included.get(task.for?.reference ?? '') as Patient | undefined;
  return {
    task,
    issue,
    patient,
    name: nameOf(patient) || (task.for?.display ?? ''),
    district: patient?.address?.find(({ district }) => district !== undefined)?.district,
    colour: colourOf(task),
    kind: taskKind(task.code),
    title: issue?.code?.text ?? task.description ?? textOf(task.code),
    due: timeOf(task.restriction?.period?.end),
    since: timeOf(issue?.identifiedDateTime ?? task.authoredOn) ?? 0,
    takenBy: taken.has(task.status ?? '') ? (task.owner ?? {}) : undefined,
  };
}

const rankOf = (colour: Colour | undefined): number => {
  if (colour !== undefined) return colours.indexOf(colour);
  return colours.indexOf('blue') + 0.5;
};

/** By colour, then by deadline, then the oldest first. */
function byUrgency(a: Entry, b: Entry): number {
  return (
    rankOf(a.colour) - rankOf(b.colour) ||
    (a.due ?? Number.POSITIVE_INFINITY) - (b.due ?? Number.POSITIVE_INFINITY) ||
    a.since - b.since
  );
}

/** What is chosen to be shown. '' = all. */
export interface Choices {
  readonly colour: string;
  readonly district: string;
  /** `free`, `mine`, or the name of one who has taken something. */
  readonly nurse: string;
}

export const meets = (entry: Entry, { colour, district, nurse }: Choices, me: string): boolean =>
  (colour === '' || (entry.colour ?? 'none') === colour) &&
  (district === '' || (entry.district ?? '') === district) &&
  (nurse === '' ||
    (nurse === 'free' ? entry.takenBy === undefined : entry.takenBy?.display === (nurse === 'mine' ? me : nurse)));

export const patientOf = (entry: Entry): string | undefined => entry.patient?.id ?? idOf(entry.task.for);
