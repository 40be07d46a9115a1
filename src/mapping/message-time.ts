import { DateTime } from 'luxon';

const zone = 'Europe/Oslo';
const format = "yyyy-MM-dd'T'HH:mm:ssZZ";

/**
 * A time in a message (xs:dateTime, xs:date, xs:gYearMonth, xs:gYear) → FHIR dateTime. Without an offset it is
 * Europe/Oslo time, as the official examples write it. Undefined for anything else.
 */
export function fhirDateTime(text: string): string | undefined {
  if (/^\d{4}(-\d{2}(-\d{2})?)?$/.test(text)) return DateTime.fromISO(text, { zone }).isValid ? text : undefined;
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text)) return undefined;
  const read = DateTime.fromISO(text, { zone, setZone: true });
  return read.isValid ? read.toFormat(format) : undefined;
}

/** The date part of a message time; undefined where there is none to the day. */
export function fhirDate(text: string): string | undefined {
  return fhirDateTime(text)?.slice(0, 10);
}

/** HL7 v2 time `YYYY[MM[DD[HH[MM[SS[.S]]]]]][+ZZZZ]` → FHIR dateTime; without an offset Europe/Oslo. */
export function fhirDateTimeOfHl7(text: string): string | undefined {
  const parts = /^(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:\.\d+)?([+-]\d{4})?$/.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute = '00', second = '00', offset] = parts;
  if (hour === undefined) return fhirDateTime([year, month, day].filter((part) => part !== undefined).join('-'));
  return fhirDateTime(
    `${year}-${month}-${day}T${hour}:${minute}:${second}${offset === undefined ? '' : `${offset.slice(0, 3)}:${offset.slice(3)}`}`,
  );
}

/** Milliseconds of a message time; undefined when it is not a point in time. */
export function millisecondsOf(text: string): number | undefined {
  const read = DateTime.fromISO(text, { zone });
  return read.isValid ? read.toMillis() : undefined;
}

/** An instant as messages carry it, with the offset of Norway: `2026-03-02T10:00:05+01:00`. */
export function messageTime(milliseconds: number): string {
  return DateTime.fromMillis(milliseconds, { zone }).toFormat(format);
}

/** FHIR dateTime → HL7 v2 time with the precision it has: `20260302081500+0100`. Undefined for anything else. */
export function hl7Time(text: string): string | undefined {
  const [, year, month, day, time, offset] =
    /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?(?:T(\d{2}:\d{2}:\d{2})(?:\.\d+)?(Z|[+-]\d{2}:\d{2}))?$/.exec(text) ?? [];
  if (year === undefined) return undefined;
  return [year, month, day, time, offset === 'Z' ? '+0000' : offset].map((part) => part?.replaceAll(':', '')).join('');
}
