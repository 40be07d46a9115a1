/**
 * What the service owes each patient as time passes: a conversation every month, an evaluation every six months, the end
 * of the trial period. Durable in the patient's record, made under the patient's lock, and of what was slept through only
 * the latest is made.
 */
import { localTime } from '../calendar/local-time.js';
import type { TaskCode } from '../vocabulary/codes.js';

const day = 86_400_000;

export type Duty = Extract<TaskCode, 'monthly-follow-up' | 'evaluation' | 'trial-end'>;

export interface DutyPolicy {
  /** Months between fixed conversations (handbook: at least every month). */
  readonly followUpMonths: number;
  /** Months between evaluations (handbook: at least every six). */
  readonly evaluationMonths: number;
  /** Days of trial (sources say two and three weeks), and how long before its end it is on the list. */
  readonly trialDays: number;
  readonly trialWarningDays: number;
}

export const usualDuties: DutyPolicy = { followUpMonths: 1, evaluationMonths: 6, trialDays: 21, trialWarningDays: 7 };

/** How long before its deadline a duty is put on the worklist. */
const leadDays: Readonly<Record<Exclude<Duty, 'trial-end'>, number>> = { 'monthly-follow-up': 7, evaluation: 14 };

/** What the record keeps of the running service. */
export interface ServiceCourse {
  /** When it started, ms since 1970. */
  readonly start: number;
  readonly trial: boolean;
  /** On hold: nothing is owed until it goes on. */
  readonly paused?: true;
  /** Deadline of the latest Task that was made, by duty. */
  readonly made: Partial<Record<Duty, number>>;
}

export interface OwedDuty {
  readonly duty: Duty;
  /** When it is put on the list, and when it must be done. */
  readonly at: number;
  readonly deadline: number;
}

/**
 * The next of each duty after those that were made: the latest one whose time has come by `now`, else the first to come.
 *
 * @param zone of calendar months and days
 */
export function nextDuties(course: ServiceCourse, policy: DutyPolicy, now: number, zone: string): readonly OwedDuty[] {
  if (course.paused === true) return [];
  const start = localTime(course.start, zone);
  const monthly = (duty: 'monthly-follow-up' | 'evaluation', months: number): OwedDuty => {
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
  };
  const end = start.plus({ days: policy.trialDays }).toMillis();
  const trial =
    course.trial && course.made['trial-end'] === undefined
      ? [{ duty: 'trial-end' as const, at: Math.max(course.start, end - policy.trialWarningDays * day), deadline: end }]
      : [];
  return [
    ...trial,
    monthly('monthly-follow-up', policy.followUpMonths),
    monthly('evaluation', policy.evaluationMonths),
  ];
}
