/**
 * What the service owes each patient as time passes: a conversation every month, an evaluation every six months and when
 * the patient's condition changes, the end of the trial period, the handing over of the medical responsibility. Durable in
 * the patient's record, made under the patient's lock, and of what was slept through only the latest is made.
 */
import { localTime } from '../calendar/local-time.js';
import type { TaskCode } from '../vocabulary/codes.js';

const day = 86_400_000;

export type Duty = Extract<TaskCode, 'monthly-follow-up' | 'evaluation' | 'trial-end' | 'hand-over-due'>;

export interface DutyPolicy {
  /** Months between fixed conversations (handbook: at least every month). */
  readonly followUpMonths: number;
  /** Months between evaluations (handbook: at least every six, or when the condition changes). */
  readonly evaluationMonths: number;
  /** Days from a changed condition until the patient has been evaluated anew. */
  readonly changedConditionDays: number;
  /** Days of trial (sources say two and three weeks), and how long before its end it is on the list. */
  readonly trialDays: number;
  readonly trialWarningDays: number;
  /** Days that the hospital answers for a plan before it is handed over (after two to four weeks), and how long before that it is on the list. */
  readonly handOverDays: number;
  readonly handOverWarningDays: number;
}

export const usualDuties: DutyPolicy = {
  followUpMonths: 1,
  evaluationMonths: 6,
  changedConditionDays: 14,
  trialDays: 21,
  trialWarningDays: 7,
  handOverDays: 28,
  handOverWarningDays: 14,
};

/** How long before its deadline a duty is put on the worklist. */
const leadDays = { 'monthly-follow-up': 7, evaluation: 14 } as const;

/** Why an evaluation is brought forward. */
export type Change = 'admission' | 'red';

/** What the record keeps of the running service. */
export interface ServiceCourse {
  /** When it started, ms since 1970. */
  readonly start: number;
  readonly trial: boolean;
  /** On hold: nothing is owed until it goes on. */
  readonly paused?: true;
  /** The patient's condition changed and has not been put on the list for evaluation yet. */
  readonly changed?: { readonly why: Change; readonly at: number };
  /** The plan that the hospital answers for, and since when. */
  readonly hospital?: { readonly plan: string; readonly since: number };
  /** Deadline of the latest Task that was made, by duty. */
  readonly made: Partial<Record<Duty, number>>;
}

export interface OwedDuty {
  readonly duty: Duty;
  /** When it is put on the list, and when it must be done. */
  readonly at: number;
  readonly deadline: number;
  readonly why?: Change;
  /** What it is about, beside the patient: `CarePlan/1`. */
  readonly about?: string;
}

/**
 * The next of each duty after those that were made: the latest one whose time has come by `now`, else the first to come.
 *
 * @param zone of calendar months and days
 */
export function nextDuties(course: ServiceCourse, policy: DutyPolicy, now: number, zone: string): readonly OwedDuty[] {
  if (course.paused === true) return [];
  const after = (from: number, days: number): number => localTime(from, zone).plus({ days }).toMillis();
  const { changed } = course;
  const brought: readonly OwedDuty[] =
    changed === undefined
      ? []
      : [
          {
            duty: 'evaluation',
            at: changed.at,
            deadline: after(changed.at, policy.changedConditionDays),
            why: changed.why,
          },
        ];
  return [
    ...brought,
    ...trialEnd(course, policy, after),
    ...handOver(course, policy, after),
    recurring(course, { duty: 'monthly-follow-up', months: policy.followUpMonths, now, zone }),
    recurring(course, { duty: 'evaluation', months: policy.evaluationMonths, now, zone }),
  ];
}

type DaysAfter = (from: number, days: number) => number;

function trialEnd(course: ServiceCourse, policy: DutyPolicy, after: DaysAfter): OwedDuty[] {
  if (!course.trial || course.made['trial-end'] !== undefined) return [];
  const deadline = after(course.start, policy.trialDays);
  return [{ duty: 'trial-end', at: Math.max(course.start, deadline - policy.trialWarningDays * day), deadline }];
}

function handOver({ hospital, made }: ServiceCourse, policy: DutyPolicy, after: DaysAfter): OwedDuty[] {
  if (hospital === undefined) return [];
  const deadline = after(hospital.since, policy.handOverDays);
  if ((made['hand-over-due'] ?? 0) >= deadline) return [];
  const at = Math.max(hospital.since, deadline - policy.handOverWarningDays * day);
  return [{ duty: 'hand-over-due', at, deadline, about: hospital.plan }];
}

function recurring(
  course: ServiceCourse,
  of: { readonly duty: keyof typeof leadDays; readonly months: number; readonly now: number; readonly zone: string },
): OwedDuty {
  const { duty, months, now, zone } = of;
  const start = localTime(course.start, zone);
  let next: OwedDuty | undefined;
  for (let round = 1; ; round += 1) {
    const deadline = start.plus({ months: months * round });
    const at = deadline.minus({ days: leadDays[duty] }).toMillis();
    const owed = { duty, at, deadline: deadline.toMillis() };
    if (owed.deadline <= (course.made[duty] ?? course.start)) continue;
    if (next !== undefined && at > now) return next;
    next = owed;
    if (at > now) return next;
  }
}
