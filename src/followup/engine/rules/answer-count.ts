import type { AnswerCountRule } from '../../ruleset/grammar.js';
import { ExactDecimal } from '../../units/exact-decimal.js';
import { answerOf, isSame } from '../form-answers.js';
import { colourOf } from './colour-of.js';
import type { FormCase, Outcome } from './rule-case.js';

/** How many items have the answer; those without an answer do not count. A form with none of them is not judged. */
export function judgeAnswerCount({ rule, current }: FormCase<AnswerCountRule>): Outcome {
  const answered = rule.linkIds.filter((linkId) => answerOf(current, linkId) !== undefined);
  if (answered.length === 0) return undefined;
  const found = answered.filter((linkId) => isSame(answerOf(current, linkId) as boolean | string, rule.equals));
  const colour = colourOf(new ExactDecimal(found.length), rule.zones);
  if (colour === undefined || colour === 'green') return 'green';
  return {
    colour,
    basis: [current],
    words: `${rule.questionnaire}: ${found.join(', ')} (${found.length} av ${rule.linkIds.length})`,
  };
}
