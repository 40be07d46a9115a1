import type { ScoreRule } from '../../ruleset/grammar.js';
import { numberWords } from '../../vocabulary/value-words.js';
import { scoreOf } from '../form-answers.js';
import { colourOf } from './colour-of.js';
import type { FormCase, Outcome } from './rule-case.js';

/** The sum of all items of a form, in a zone. */
export function judgeScore({ rule, current }: FormCase<ScoreRule>): Outcome {
  const result = scoreOf(current, rule.items);
  if ('missing' in result) return result;
  const colour = colourOf(result.score, rule.zones);
  if (colour === undefined || colour === 'green') return 'green';
  return { colour, basis: [current], words: `${rule.questionnaire}: sum ${numberWords(result.score.toFixed())}` };
}
