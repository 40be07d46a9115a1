import type { AnswerRule } from '../../ruleset/grammar.js';
import { answersOf, isSame, numberIn } from '../form-answers.js';
import { worstOf } from '../colour-rank.js';
import { colourOf } from './colour-of.js';
import type { FormCase, Outcome } from './rule-case.js';

/** The answer to one item: equal to something, or a number in a zone; of several the worst. Without an answer it is not judged. */
export function judgeAnswer({ rule, current }: FormCase<AnswerRule>): Outcome {
  const answers = answersOf(current, rule.linkId);
  if (answers.length === 0) return undefined;
  const words = `${rule.questionnaire}: ${rule.linkId} = ${answers.map(wordOf).join(', ')}`;
  const { equals, zones = [] } = rule;
  if (equals !== undefined) {
    const isFound = answers.some((answer) => isSame(answer, equals));
    return isFound ? { colour: rule.colour ?? 'yellow', basis: [current], words } : 'green';
  }
  const values = answers.map(numberIn);
  const colour = worstOf(values.flatMap((value) => (value === undefined ? [] : (colourOf(value, zones) ?? 'green'))));
  if (colour !== 'red' && values.includes(undefined)) return { missing: [rule.linkId] };
  return colour === undefined || colour === 'green' ? 'green' : { colour, basis: [current], words };
}

function wordOf(answer: boolean | string): string {
  if (typeof answer === 'string') return answer;
  return answer ? 'ja' : 'nei';
}
