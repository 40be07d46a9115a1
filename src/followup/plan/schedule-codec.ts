import type { Schedule } from '../ruleset/grammar.js';
import { type Extension, extensionOf } from '../vocabulary/element.js';
import { structure } from '../vocabulary/systems.js';
import {
  code,
  duration,
  group,
  integer,
  list,
  member,
  type Members,
  readMembers,
  text,
  writeMembers,
} from './extension-codec.js';

export const scheduleUrl = structure('dho-schedule');
const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

const members = {
  id: text,
  title: text,
  note: text,
  before: duration,
  after: duration,
  escalate: list(group<{ consecutive: number; colour: string }>({ consecutive: integer, colour: code() })),
} as unknown as Members;

/** https://hl7.org/fhir/R4/datatypes.html#Timing as far as a schedule needs it. */
interface Timing {
  repeat?: {
    boundsPeriod?: { start?: string };
    frequency?: number;
    period?: number;
    periodUnit?: string;
    dayOfWeek?: string[];
    timeOfDay?: string[];
  };
}

/** A FHIR dateTime; other forms of the grammar (local times) are kept beside it. */
const fhirDateTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$/;

/** When the activity is expected, and extension `dho-schedule` with the windows and what consecutive misses lead to. */
export function scheduleParts(schedule: Schedule, order: number): { scheduledTiming: Timing; extension: Extension } {
  const { start, days, times } = schedule;
  const parts = writeMembers(members, schedule as unknown as Record<string, unknown>);
  if (days !== undefined && days.length === 0) parts.push({ url: 'empty', valueCode: 'days' });
  times.forEach((time, index) => time === '24:00' && parts.push({ url: 'endOfDay', valueInteger: index }));
  if (start !== undefined && !fhirDateTime.test(start)) parts.push({ url: 'localStart', valueString: start });
  const bounds = start === undefined ? undefined : fhirDateTime.test(start) ? start : start.slice(0, 10);
  return {
    scheduledTiming: {
      repeat: {
        ...(bounds === undefined ? {} : { boundsPeriod: { start: bounds } }),
        frequency: Math.max(times.length, 1),
        period: 1,
        periodUnit: 'd',
        ...(days === undefined || days.length === 0 ? {} : { dayOfWeek: days.map((day) => weekdays[day]!) }),
        timeOfDay: times.map((time) => (time === '24:00' ? '00:00:00' : `${time}:00`)),
      },
    },
    extension: { url: scheduleUrl, extension: [{ url: 'order', valueInteger: order }, ...parts] },
  };
}

/** The schedule of an activity's detail; `key` is what it is for. */
export function scheduleOf(detail: unknown, key: string): { schedule: Schedule; order: number } | undefined {
  const found = extensionOf(detail, scheduleUrl);
  if (found === undefined) return undefined;
  const repeat = (detail as { scheduledTiming?: Timing }).scheduledTiming?.repeat ?? {};
  const endOfDay = new Set(
    (found.extension ?? []).filter((one) => one.url === 'endOfDay').map((one) => Number(one.valueInteger)),
  );
  const bounds = repeat.boundsPeriod?.start;
  const local = member(found, 'localStart', text);
  const start = local !== undefined && bounds === local.slice(0, 10) ? local : bounds;
  const noDays = (found.extension ?? []).some((one) => one.url === 'empty' && one.valueCode === 'days');
  const days = repeat.dayOfWeek?.map((day) => weekdays.indexOf(day)) ?? (noDays ? [] : undefined);
  const schedule = {
    ...readMembers(members, found, ['order', 'endOfDay', 'localStart']),
    for: key,
    times: (repeat.timeOfDay ?? []).map((time, index) => (endOfDay.has(index) ? '24:00' : time.slice(0, 5))),
    ...(days === undefined ? {} : { days }),
    ...(start === undefined ? {} : { start }),
  };
  return {
    schedule: schedule as unknown as Schedule,
    order: member(found, 'order', integer) ?? Number.MAX_SAFE_INTEGER,
  };
}
