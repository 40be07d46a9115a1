import type { RuleSet, Schedule } from '../../../followup/ruleset/grammar.js';
import type { Series } from '../trend/series.js';
import type { LocalTime } from '../words/dates.js';

/** One thing to do today, and whether it has been done. */
export interface TodayTask {
  readonly schedule: Schedule;
  /** Local `HH:MM`. */
  readonly time: string;
  readonly title: string;
  /** The measure it is about; undefined for forms and other tasks. */
  readonly measure: string | undefined;
  /** The form it is about, as the plan calls it. */
  readonly form: string | undefined;
  readonly done: boolean;
  /** When it came after all, where that was too late to count; milliseconds since 1970. */
  readonly late: number | undefined;
}

/**
 * What the plan asks for today, in the order of the clock. Done is what came within the time that counts.
 *
 * @param forms the titles of the forms that the server has, by name
 */
export function todaysTasks(
  rules: RuleSet,
  series: readonly Series[],
  today: LocalTime,
  local: (at: number) => LocalTime,
  forms: ReadonlyMap<string, string>,
): readonly TodayTask[] {
  return rules.schedules
    .filter(
      ({ days, start }) =>
        (days === undefined || days.length === 0 || days.includes(today.weekday)) &&
        (start === undefined || start.slice(0, 10) <= today.day),
    )
    .flatMap((schedule) => {
      const measure = rules.measures[schedule.for];
      const came = series
        .filter(({ key }) => key === schedule.for || key.startsWith(`${schedule.for} `))
        .flatMap(({ readings }) => readings.slice(-20))
        .map(({ at }) => ({ at, ...local(at) }))
        .filter(({ day }) => day === today.day);
      const [early, late] = [hours(schedule.before) * 60, hours(schedule.after) * 60];
      const dues = schedule.times.map(minutes);
      return schedule.times.map((time): TodayTask => {
        const due = minutes(time);
        const next = Math.min(...dues.filter((one) => one > due).map((one) => one - early), Number.POSITIVE_INFINITY);
        const done = came.some(({ minute }) => minute >= due - early && minute <= due + late);
        const after = came.find(({ minute }) => minute > due + late && minute < next);
        return {
          schedule,
          time,
          title: measure?.title ?? schedule.title ?? forms.get(schedule.for) ?? schedule.for,
          measure: measure === undefined ? undefined : schedule.for,
          form: measure === undefined && isForm(schedule.for, rules, forms) ? schedule.for : undefined,
          done,
          late: done ? undefined : after?.at,
        };
      });
    })
    .toSorted((a, b) => minutes(a.time) - minutes(b.time));
}

const minutes = (clock: string): number => {
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  return hour * 60 + minute;
};

/** What is neither measured nor asked is something to do, as taking medicine. */
const isForm = (name: string, { rules }: RuleSet, forms: ReadonlyMap<string, string>): boolean =>
  forms.has(name) || rules.some((rule) => 'questionnaire' in rule && rule.questionnaire === name);

/** `PT4H30M` and `P1D` → hours. */
function hours(duration: string): number {
  const found = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(duration);
  return Number(found?.[1] ?? 0) * 24 + Number(found?.[2] ?? 0) + Number(found?.[3] ?? 0) / 60;
}
