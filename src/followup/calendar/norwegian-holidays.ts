// https://lovdata.no/dokument/NL/lov/1995-02-24-12 (helligdagsfredloven), https://lovdata.no/dokument/NL/lov/1947-04-26-1 (1. og 17. mai)
import { DateTime } from 'luxon';

const fixed = ['01-01', '05-01', '05-17', '12-25', '12-26'];
/** Days from Easter Sunday: Maundy Thursday, Good Friday, Easter Sunday and Monday, Ascension, Whit Sunday and Monday. */
const fromEaster = [-3, -2, 0, 1, 39, 49, 50];

const years = new Map<number, ReadonlySet<string>>();

/** Whether a local date (`YYYY-MM-DD`) is a public holiday in Norway. */
export function isNorwegianHoliday(date: string): boolean {
  const year = Number(date.slice(0, 4));
  let days = years.get(year);
  if (days === undefined) {
    days = norwegianHolidays(year);
    if (years.size > 200) years.clear();
    years.set(year, days);
  }
  return days.has(date);
}

/** The public holidays of a year as `YYYY-MM-DD`. */
export function norwegianHolidays(year: number): ReadonlySet<string> {
  const easter = easterSunday(year);
  return new Set([
    ...fixed.map((day) => `${String(year).padStart(4, '0')}-${day}`),
    ...fromEaster.map((days) => easter.plus({ days }).toFormat('yyyy-MM-dd')),
  ]);
}

/** Easter Sunday of the Gregorian calendar (the algorithm of Meeus, Jones and Butcher). */
export function easterSunday(year: number): DateTime {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const g = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - Math.floor(b / 4) - g + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const n = h + l - 7 * m + 114;
  return DateTime.utc(year, Math.floor(n / 31), (n % 31) + 1);
}
