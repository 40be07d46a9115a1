import type { ScoreDeltaRule } from '../../ruleset/grammar.js';
import { decimalOf, inRange } from '../../units/range.js';
import { numberWords } from '../../vocabulary/value-words.js';
import { scoreOf } from '../form-answers.js';
import { type FormCase, type Outcome, signed } from './rule-case.js';

/** The sum of all items against the patient's own baseline, on so many complete forms in a row. */
export function judgeScoreDelta({ rule, current, history }: FormCase<ScoreDeltaRule>): Outcome {
  const result = scoreOf(current, rule.items);
  if ('missing' in result) return result;
  const baseline = decimalOf(rule.baseline);
  const change = result.score.minus(baseline);
  if (!inRange(change, rule.when)) return 'green';
  const wanted = rule.consecutive ?? 1;
  const complete = history.flatMap((form) => {
    const scored = scoreOf(form, rule.items);
    return 'score' in scored ? [{ form, change: scored.score.minus(baseline) }] : [];
  });
  const last = complete.slice(-wanted);
  if (last.length < wanted || !last.every((scored) => inRange(scored.change, rule.when))) return undefined;
  return {
    colour: rule.colour,
    basis: last.map(({ form }) => form),
    words: `${rule.questionnaire}: sum ${numberWords(result.score.toFixed())} (${signed(change)} mot ${numberWords(rule.baseline)})`,
  };
}
