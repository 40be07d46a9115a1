import type { ColourRange, ZoneColour } from '../../ruleset/grammar.js';
import type { ExactDecimal } from '../../units/exact-decimal.js';
import { inRange } from '../../units/range.js';
import { worstOf } from '../colour-rank.js';

/** The worst colour whose range the value is in; undefined where none fits. */
export function colourOf(value: ExactDecimal, zones: readonly ColourRange[]): ZoneColour | undefined {
  return worstOf(zones.filter(({ when }) => inRange(value, when)).map(({ colour }) => colour));
}
