import { nominalLength } from '../calendar/elapsed.js';
import type { Persistence, ZoneColour } from '../ruleset/grammar.js';
import { rankOf } from './colour-rank.js';
import type { Reading } from './state.js';

/**
 * The readings that make a level persistent, the current one (last of the history) among them; undefined where it is
 * not. Readings at or above the level count. Without a setting the first one is enough.
 */
export function persistentReadings(
  history: readonly Reading[],
  level: ZoneColour,
  persistence: Persistence | undefined,
): readonly Reading[] | undefined {
  const judged = history.filter(({ zone }) => zone !== undefined);
  const current = judged.at(-1);
  if (current === undefined) return undefined;
  if (persistence === undefined) return [current];
  const atLevel = ({ zone }: Reading): boolean => zone !== undefined && rankOf(zone) >= rankOf(level);
  if (persistence.kind === 'nOfM') {
    const found = judged.slice(-persistence.m).filter(atLevel);
    return found.length >= persistence.n ? found : undefined;
  }
  const last = judged.slice(-persistence.n);
  const most = persistence.maxGap === undefined ? Number.POSITIVE_INFINITY : nominalLength(persistence.maxGap);
  const unbroken = last.every(
    (reading, i) => atLevel(reading) && (i === 0 || reading.t - (last[i - 1] as Reading).t <= most),
  );
  return last.length === persistence.n && unbroken ? last : undefined;
}
