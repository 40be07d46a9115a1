import { timeOf } from '../fhir/reading.js';
import type { Encounter, EpisodeOfCare } from '../fhir/types.js';
import type { Reading } from './series.js';

/** A stretch of time that explains what is (not) seen: a pause, a stay in hospital, nothing measured. */
export interface Span {
  readonly kind: 'pause' | 'admission' | 'gap';
  readonly from: number;
  /** Infinite while it lasts. */
  readonly to: number;
}

const day = 86_400_000;

/** https://hl7.org/fhir/R4/episodeofcare-definitions.html#EpisodeOfCare.statusHistory */
export function pauseSpans(episodes: readonly EpisodeOfCare[]): readonly Span[] {
  return episodes.flatMap(({ statusHistory }) =>
    (statusHistory ?? [])
      .filter(({ status }) => status === 'onhold')
      .flatMap(({ period }) => span('pause', period.start, period.end)),
  );
}

const notStays = new Set(['cancelled', 'entered-in-error', 'planned']);

export const admissionSpans = (encounters: readonly Encounter[]): readonly Span[] =>
  encounters
    .filter((one) => one.class?.code === 'IMP' && !notStays.has(one.status ?? ''))
    .flatMap(({ period }) => span('admission', period?.start, period?.end));

function span(kind: Span['kind'], start: string | undefined, end: string | undefined): readonly Span[] {
  const from = timeOf(start);
  return from === undefined ? [] : [{ kind, from, to: timeOf(end) ?? Number.POSITIVE_INFINITY }];
}

/** How long nothing may come before it is a gap: three days, or three times the usual distance where that is longer. */
export function longestStep(readings: readonly Reading[]): number {
  const steps = readings.slice(1).map(({ at }, index) => at - readings[index]!.at);
  const usual = steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  return Math.max(3 * day, 3 * usual);
}

/** Where nothing was measured for long, up to now. */
export function gapSpans(readings: readonly Reading[], now: number): readonly Span[] {
  const longest = longestStep(readings);
  return readings.flatMap(({ at }, index) => {
    const next = readings[index + 1]?.at ?? now;
    return next - at > longest ? [{ kind: 'gap' as const, from: at, to: next }] : [];
  });
}
