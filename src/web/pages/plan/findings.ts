import type { PlanCheck } from '../../../followup/lint/plan-check.js';
import { componentName } from '../../../followup/plan/rule-words.js';
import type { RuleSet } from '../../../followup/ruleset/grammar.js';
import { codeIn } from '../../../followup/vocabulary/element.js';
import { system } from '../../../followup/vocabulary/systems.js';
import { extensionOf } from '../fhir/reading.js';
import type { Task } from '../fhir/types.js';
import { unitName } from '../trend/series.js';
import { colourInSentence, findingWords, lengthWords } from '../words/finding-words.js';
import type { Language, Say } from '../words/language.js';
import { contextWords } from '../words/trend-words.js';

/** Something that the plan was found to have or lack, as the Task keeps it for the approver. */
export interface Finding {
  readonly check: string | undefined;
  /** By name: `about`, `id`, and what the sentence speaks of. */
  readonly values: Readonly<Record<string, string>>;
  /** The server's own sentence, in English. */
  readonly words: string;
}

const levels = new Set(['warning', 'information', 'error']);

export const findingsOf = (task: Task | undefined): readonly Finding[] =>
  (task?.input ?? []).flatMap((input) => {
    if (!levels.has(input.type?.text ?? '') || input.valueString === undefined) return [];
    const parts = extensionOf(input, 'dho-finding')?.extension ?? [];
    return [
      {
        check: codeIn(input.type, system.planCheck),
        values: Object.fromEntries(
          parts.map(({ url, valueCode, valueString }) => [url, valueCode ?? valueString ?? '']),
        ),
        words: input.valueString,
      },
    ];
  });

/** In the reader's language, with the names that the plan gives; a check that is not known here in the server's words. */
export function wordsOf(
  { check, values, words }: Finding,
  rules: RuleSet,
  { say, language }: { readonly say: Say; readonly language: Language },
): { readonly text: string; readonly language: Language } {
  if (check === undefined || !Object.hasOwn(findingWords, check)) return { text: words, language: 'en' };
  const decimal = (text: string): string => (language === 'en' ? text : text.replaceAll('.', ','));
  const written: Record<string, string> = { ...values, what: nameOf(values, rules, say) };
  for (const [name, write] of [
    ['measure', (key: string) => measureName(key, rules)],
    ['member', (id: string) => ruleName(id, rules)],
    ['unit', unitName],
    ['expected-unit', unitName],
    ['value', decimal],
    ['from', decimal],
    ['to', decimal],
    ['colour', (colour: string) => colourName(colour, say)],
    [
      'zones',
      (list: string) =>
        list
          .split(',')
          .map((one) => colourName(one, say))
          .join(', '),
    ],
    ['window', (duration: string) => lengthWords(duration, say)],
  ] as const)
    if (values[name] !== undefined) written[name] = write(values[name]);
  return { text: say(findingWords[check as PlanCheck], written), language };
}

const colourName = (colour: string, say: Say): string =>
  colourInSentence[colour] === undefined ? colour : say(colourInSentence[colour]);

function nameOf({ about, id = '', component, context }: Finding['values'], rules: RuleSet, say: Say): string {
  if (about === 'rule') return ruleName(id, rules);
  if (about === 'schedule') return rules.schedules.find((one) => one.id === id)?.title ?? id;
  if (about !== 'measure') return id;
  const part = component === undefined ? [] : [componentName(component, rules.measures[id]).toLowerCase()];
  const how = context === undefined ? [] : [contextWords(context, say)];
  return [measureName(id, rules), ...part, ...how].join(', ');
}

const measureName = (key: string, { measures }: RuleSet): string =>
  (Object.hasOwn(measures, key) ? measures[key]?.title : undefined) ?? key;

function ruleName(id: string, rules: RuleSet): string {
  const rule = rules.rules.find((one) => one.id === id);
  return rule?.title ?? (rule !== undefined && 'measure' in rule ? measureName(rule.measure, rules) : id);
}
