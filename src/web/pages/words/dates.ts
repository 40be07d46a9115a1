import type { Language, Say } from './language.js';
import { commonWords } from './page-words.js';

const zone = 'Europe/Oslo';
const tags: Readonly<Record<Language, string>> = { nb: 'nb-NO', nn: 'nn-NO', en: 'en-GB' };
const formats = new Map<string, Intl.DateTimeFormat>();

function format(language: Language, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${name}`;
  let found = formats.get(key);
  if (found === undefined) {
    found = new Intl.DateTimeFormat(tags[language], { timeZone: zone, ...options });
    formats.set(key, found);
  }
  return found;
}

/** `22. nov. 2026`. @param at milliseconds since 1970 */
export const dateWords = (at: number, language: Language): string =>
  format(language, 'date', { day: 'numeric', month: 'short', year: 'numeric' }).format(at);

/** `22. nov.` */
export const dayWords = (at: number, language: Language): string =>
  format(language, 'day', { day: 'numeric', month: 'short' }).format(at);

/** `08:40` */
export const clockWords = (at: number, language: Language): string =>
  format(language, 'clock', { hour: '2-digit', minute: '2-digit' }).format(at);

/** `22. nov. 08:40` */
export const timeWords = (at: number, language: Language): string =>
  `${dayWords(at, language)} ${clockWords(at, language)}`;

/** `2026-11-22` where people live. */
export const localDay = (at: number): string =>
  format('en', 'iso', { year: 'numeric', month: '2-digit', day: '2-digit' })
    .formatToParts(at)
    .filter(({ type }) => type !== 'literal')
    .map(({ value }) => value)
    .toReversed()
    .join('-');

/** `for 2 timer siden`, `om 12 minutter`. */
export function relativeWords(at: number, now: number, language: Language): string {
  const words = new Intl.RelativeTimeFormat(tags[language], { numeric: 'auto' });
  const seconds = (at - now) / 1000;
  const steps = [
    ['minute', 60, 60],
    ['hour', 3600, 36],
    ['day', 86_400, 60],
    ['month', 2_629_800, Number.POSITIVE_INFINITY],
  ] as const;
  for (const [unit, length, most] of steps) {
    if (Math.abs(seconds) / length < most) return words.format(Math.round(seconds / length), unit);
  }
  return dateWords(at, language);
}

/** A number with the comma or point of the language, the decimals as they were given. */
export const numberText = (value: number, decimals: number, language: Language): string =>
  new Intl.NumberFormat(tags[language], { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(
    value,
  );

/** A title inside a sentence: `Puls` → `puls`; abbreviations such as CRP stay as they are. */
export const inSentence = (title: string): string =>
  title.replaceAll(/[\p{L}\d]+/gu, (word) => (/^\p{Lu}\p{Ll}+$/u.test(word) ? word.toLowerCase() : word));

/** Whole years between a birth date and now. */
export function ageWords(born: string | undefined, now: number, say: Say): string {
  if (born === undefined) return '';
  const [year = 0, month = 1, day = 1] = born.split('-').map(Number);
  const [y = 0, m = 1, d = 1] = localDay(now).split('-').map(Number);
  const years = y - year - (m < month || (m === month && d < day) ? 1 : 0);
  return say(commonWords.years, { n: years });
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Local clock of a moment where people live. */
export interface LocalTime {
  /** `2026-11-22` */
  readonly day: string;
  /** Minutes after midnight. */
  readonly minute: number;
  /** Monday = 0. */
  readonly weekday: number;
}

export function localTime(at: number): LocalTime {
  const parts = new Map(
    format('en', 'local', { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  return {
    day: localDay(at),
    minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
    weekday: weekdays.indexOf(parts.get('weekday') ?? ''),
  };
}
