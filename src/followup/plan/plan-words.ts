/** Limits, durations and days of a plan in Norwegian words, for people who read and approve it. */
import type { AlertColour, DurationString, Range, Schedule } from '../ruleset/grammar.js';
import { numberWords, unitWords } from '../vocabulary/value-words.js';

export const colourWords: Readonly<Record<AlertColour, string>> = {
  green: 'grønt',
  yellow: 'gult',
  red: 'rødt',
  blue: 'blått',
  grey: 'grått',
  technical: 'teknisk',
};

const bounds = [
  ['eq', 'lik'],
  ['gt', 'over'],
  ['ge', 'fra og med'],
  ['lt', 'under'],
  ['le', 'til og med'],
] as const;

/** `fra og med 90 og under 92`. */
export function rangeWords(range: Range): string {
  return bounds
    .flatMap(([name, words]) => (range[name] === undefined ? [] : [`${words} ${numberWords(range[name])}`]))
    .join(' og ');
}

/** Several ranges that make up one zone. */
export const rangesWords = (ranges: readonly Range[], unit: string): string =>
  `${ranges.map(rangeWords).join(', eller ')} ${unitWords(unit)}`.trimEnd();

const durationParts = [
  ['år', 'år'],
  ['måned', 'måneder'],
  ['uke', 'uker'],
  ['dag', 'dager'],
  ['time', 'timer'],
  ['minutt', 'minutter'],
  ['sekund', 'sekunder'],
] as const;

/** `P3D` → `3 dager`; a form that is not known is given as it stands. */
export function durationWords(duration: DurationString): string {
  const found = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(duration);
  const words = (found ?? []).slice(1).flatMap((number, index) => {
    const [one, several] = durationParts[index]!;
    return number === undefined ? [] : [`${Number(number)} ${Number(number) === 1 ? one : several}`];
  });
  return words.length === 0 ? duration : words.join(' og ');
}

const weekdays = ['mandag', 'tirsdag', 'onsdag', 'torsdag', 'fredag', 'lørdag', 'søndag'];

/** `mandag, torsdag`; a whole week or a run of days is said as such. Monday = 0. */
export function daysWords(days: readonly number[] | undefined): string {
  const sorted = [...new Set(days ?? [])].toSorted((a, b) => a - b);
  if (sorted.length === 0 || sorted.length === 7) return 'hver dag';
  const isRun = sorted.length > 2 && sorted.at(-1)! - sorted[0]! === sorted.length - 1;
  return isRun
    ? `${weekdays[sorted[0]!]}–${weekdays[sorted.at(-1)!]}`
    : sorted.map((day) => weekdays[day] ?? String(day)).join(', ');
}

/** When something is expected, and what happens when it does not come. */
export function scheduleLines({ days, times, before, after, escalate, start }: Schedule): readonly string[] {
  const from = start === undefined ? '' : `, fra ${start.slice(0, 10).split('-').toReversed().join('.')}`;
  const when = `Tidspunkt: ${daysWords(days)} kl. ${times.join(', ')}${from}`;
  const window = `Teller når det kommer fra ${durationWords(before)} før til ${durationWords(after)} etter.`;
  const missed = (escalate ?? []).map(
    ({ consecutive, colour }) =>
      `Uteblitt ${consecutive} ${consecutive === 1 ? 'gang' : 'ganger på rad'}: ${colourWords[colour]} varsel`,
  );
  return [when, window, ...missed];
}
