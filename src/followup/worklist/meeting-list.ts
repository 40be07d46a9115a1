/** The weekly list for the interdisciplinary meeting: whom to talk about, and why. */
import type { Resource } from '../../fhir/resource.js';
import { colourOf } from '../projection/alert-element.js';
import { asReference, codeIn, type Reference } from '../vocabulary/element.js';
import { system } from '../vocabulary/systems.js';

/** In the order in which they are talked about. */
export const meetingReasons = {
  'red-open': 'Åpent rødt varsel',
  'yellow-open': 'Åpent gult varsel',
  'plan-waiting': 'Plan venter på godkjenning',
  'limits-missing': 'Grenseverdier mangler',
  'evaluation-due': 'Evaluering eller utprøving skal avsluttes',
  paused: 'Satt på pause',
  alerts: 'Varsler i perioden',
} as const;
export type MeetingReason = keyof typeof meetingReasons;

export interface MeetingFacts {
  /** Open alerts, and those identified in the period. */
  readonly open: readonly Resource[];
  readonly recent: readonly Resource[];
  /** Open Tasks: approvals, evaluations, end of trial. */
  readonly tasks: readonly Resource[];
  /** EpisodeOfCare on hold. */
  readonly paused: readonly Resource[];
}

export interface MeetingEntry {
  /** `Patient/1` */
  readonly patient: string;
  readonly reasons: readonly MeetingReason[];
  /** Alerts identified in the period, cancelled ones left out. */
  readonly alerts: number;
  readonly closed: number;
  readonly openAlerts: readonly Reference[];
  readonly tasks: readonly Reference[];
}

const evaluations = new Set(['evaluation', 'trial-end', 'monthly-follow-up']);

/** One entry per patient with a reason, the most serious first. */
export function meetingList(facts: MeetingFacts): readonly MeetingEntry[] {
  const patients = new Map<
    string,
    { reasons: Set<MeetingReason>; recent: Resource[]; open: Resource[]; tasks: Resource[] }
  >();
  const of = (reference: unknown) => {
    const patient = asReference(reference)?.reference;
    if (patient === undefined) return undefined;
    const entry = patients.get(patient) ?? { reasons: new Set(), recent: [], open: [], tasks: [] };
    patients.set(patient, entry);
    return entry;
  };
  for (const alert of facts.open) {
    const reason = openReason(alert);
    const entry = reason === undefined ? undefined : of(alert['patient']);
    if (entry === undefined) continue;
    entry.reasons.add(reason!);
    entry.open.push(alert);
  }
  for (const alert of facts.recent) {
    if (alert['status'] === 'entered-in-error' || !['red', 'yellow'].includes(colourOf(alert) ?? '')) continue;
    const entry = of(alert['patient']);
    entry?.reasons.add('alerts');
    entry?.recent.push(alert);
  }
  for (const task of facts.tasks) {
    const reason = taskReason(task);
    const entry = reason === undefined ? undefined : of(task['for']);
    if (entry === undefined) continue;
    entry.reasons.add(reason!);
    entry.tasks.push(task);
  }
  for (const episode of facts.paused) of(episode['patient'])?.reasons.add('paused');
  const order = Object.keys(meetingReasons) as MeetingReason[];
  const rank = ({ reasons }: MeetingEntry): number => order.indexOf(reasons[0]!);
  return [...patients]
    .map(([patient, { reasons, recent, open, tasks }]) => ({
      patient,
      reasons: order.filter((reason) => reasons.has(reason)),
      alerts: recent.length,
      closed: recent.filter(({ status }) => status === 'final').length,
      openAlerts: open.map(referenceOf),
      tasks: tasks.map(referenceOf),
    }))
    .sort((a, b) => rank(a) - rank(b) || b.alerts - a.alerts || (a.patient < b.patient ? -1 : 1));
}

const referenceOf = ({ resourceType, id }: Resource): Reference => ({ reference: `${resourceType}/${id}` });

function openReason(alert: Resource): MeetingReason | undefined {
  switch (colourOf(alert)) {
    case 'red':
      return 'red-open';
    case 'yellow':
      return 'yellow-open';
    case 'grey':
      return 'limits-missing';
    default:
      return undefined;
  }
}

function taskReason(task: Resource): MeetingReason | undefined {
  if (codeIn(task['code'], system.r4TaskCode) === 'approve') return 'plan-waiting';
  return evaluations.has(codeIn(task['code'], system.taskCode) ?? '') ? 'evaluation-due' : undefined;
}
