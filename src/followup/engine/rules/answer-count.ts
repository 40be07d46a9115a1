import type { AnswerCountRule } from '../../ruleset/grammar.js';
import { ExactDecimal } from '../../units/exact-decimal.js';
import { answersOf, isSame } from '../form-answers.js';
import { colourOf } from './colour-of.js';
import type { FormCase, Outcome } from './rule-case.js';

/** How many items have the answer; those without an answer do not count. A form with none of them is not judged. */
export function judgeAnswerCount({ rule, current }: FormCase<AnswerCountRule>): Outcome {
  const answered = rule.linkIds.filter((linkId) => answersOf(current, linkId).length > 0);
  if (answered.length === 0) return undefined;
  const found = answered.filter((linkId) => answersOf(current, linkId).some((one) => isSame(one, rule.equals)));
  const colour = colourOf(new ExactDecimal(found.length), rule.zones);
  if (colour === undefined || colour === 'green') return 'green';
  return {
    colour,
    basis: [current],
    words: `${rule.questionnaire}: ${found.join(', ')} (${found.length} av ${rule.linkIds.length})`,
  };
}
