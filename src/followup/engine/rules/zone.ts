import type { ZoneColour, ZoneRule } from '../../ruleset/grammar.js';
import { rankOf } from '../colour-rank.js';
import { persistentReadings } from '../persistence.js';
import { readingWords } from '../words.js';
import type { MeasureCase, Outcome } from './rule-case.js';

/**
 * A reading in a zone. A worse zone counts towards a milder level, so a red that has not persisted as red may still be
 * a persistent yellow.
 */
export function judgeZone(zoneCase: MeasureCase<ZoneRule>): Outcome {
  const { rule, current, history, measure } = zoneCase;
  const zone = current.zone;
  if (zone === undefined) return undefined;
  if (zone === 'green') return 'green';
  for (const level of ['red', 'yellow'] as const satisfies readonly ZoneColour[]) {
    if (rankOf(zone) < rankOf(level)) continue;
    const basis = persistentReadings(history, level, rule.persistence?.[level]);
    if (basis !== undefined) return { colour: level, basis, words: readingWords(rule.measure, current, measure) };
  }
  return undefined;
}
