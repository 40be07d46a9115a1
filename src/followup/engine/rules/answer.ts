import type { AnswerRule } from '../../ruleset/grammar.js';
import { answerOf, isSame, numberIn } from '../form-answers.js';
import { colourOf } from './colour-of.js';
import type { FormCase, Outcome } from './rule-case.js';

/** One answer of a form: equal to something, or a number in a zone. An item without an answer is not judged. */
export function judgeAnswer({ rule, current }: FormCase<AnswerRule>): Outcome {
  const answer = answerOf(current, rule.linkId);
  if (answer === undefined) return undefined;
  const words = `${rule.questionnaire}: ${rule.linkId} = ${wordOf(answer)}`;
  if (rule.equals !== undefined) {
    return isSame(answer, rule.equals) ? { colour: rule.colour ?? 'yellow', basis: [current], words } : 'green';
  }
  const value = numberIn(answer);
  if (value === undefined) return { missing: [rule.linkId] };
  const colour = colourOf(value, rule.zones ?? []);
  return colour === undefined || colour === 'green' ? 'green' : { colour, basis: [current], words };
}

function wordOf(answer: boolean | string): string {
  if (typeof answer === 'string') return answer;
  return answer ? 'ja' : 'nei';
}
