import { planCheck } from '../../../src/followup/lint/plan-check.js';
import { lintPlan } from '../../../src/followup/lint/lint-plan.js';
import { findingExtension } from '../../../src/followup/lint/finding-extension.js';
import type { RuleSet } from '../../../src/followup/ruleset/grammar.js';
import { system } from '../../../src/followup/vocabulary/systems.js';
import type { Task } from '../../../src/web/pages/fhir/types.js';
import { findingsOf, wordsOf } from '../../../src/web/pages/plan/findings.js';
import { lengthWords } from '../../../src/web/pages/words/finding-words.js';
import { languages, sayIn } from '../../../src/web/pages/words/language.js';

const plan = {
  ruleSetVersion: '1',
  timezone: 'Europe/Oslo',
  measures: {
    spo2: {
      unit: '%',
      decimals: 0,
      title: 'Oksygenmetning',
      zones: { o2: [{ zone: 'green', when: [{ ge: '88.5' }] }] },
    },
  },
  rules: [
    {
      id: 'fall',
      title: 'Fall på en uke',
      type: 'delta',
      measure: 'spo2',
      window: 'P7D',
      reference: 'median',
      minReadings: 9,
      zones: [{ colour: 'yellow', when: { le: '-4' } }],
    },
    { id: 'alone', title: 'Alene', signal: true, type: 'zone', measure: 'spo2' },
  ],
  schedules: [{ id: 'a', for: 'spo2', times: ['09:00'], before: 'PT2H', after: 'PT4H' }],
  escalations: [],
} as unknown as RuleSet;

const task = {
  input: [
    { type: { text: 'content-hash' }, valueString: 'sha256:x' },
    ...lintPlan(plan).map((finding) => ({
      extension: [findingExtension(finding)],
      type: { coding: [{ system: system.planCheck, code: finding.check }], text: finding.severity },
      valueString: finding.words,
    })),
  ],
} as unknown as Task;

const said = (language: 'nb' | 'nn' | 'en'): readonly string[] =>
  findingsOf(task).map((one) => wordsOf(one, plan, { say: sayIn(language), language }).text);

test('what a plan is found to have is said in the reader’s language, with the plan’s own names', () => {
  expect(said('nb')).toEqual(
    expect.arrayContaining([
      'Oksygenmetning: grensene avhenger av hvordan det måles, men mangler for målinger som ikke sier det.',
      'Regelen «Fall på en uke» trenger flere målinger av Oksygenmetning enn planen ber om.',
      'Regelen «Alene» kan aldri gi varsel.',
      'Planen sier ikke når oppfølgingssenteret er åpent.',
    ]),
  );
  expect(said('nn')).toContain('Planen seier ikkje når oppfølgingssenteret er ope.');
  // Every value that a sentence speaks of was there.
  for (const language of languages) expect(said(language).filter((text) => /[{}]/.test(text))).toEqual([]);
});

test('a value has the decimal comma of the language, and its circumstances are named', () => {
  const finding = {
    check: 'zone-gap',
    values: { about: 'measure', id: 'spo2', context: 'o2', value: '88.4', unit: '%' },
    words: '',
  };
  expect(wordsOf(finding, plan, { say: sayIn('nb'), language: 'nb' }).text).toBe(
    'Oksygenmetning, med oksygen: 88,4 % er ikke i noen sone.',
  );
  expect(wordsOf(finding, plan, { say: sayIn('en'), language: 'en' }).text).toContain('88.4 %');
});

test('a finding of a check that is not known here keeps the server’s English', () => {
  expect(wordsOf({ check: 'newer', values: {}, words: 'New.' }, plan, { say: sayIn('nb'), language: 'nb' })).toEqual({
    text: 'New.',
    language: 'en',
  });
  expect(Object.keys(planCheck)).not.toContain('newer');
});

test.each([
  ['P7D', '7 dager'],
  ['PT1H', '1 time'],
  ['P1M', '1 måned'],
  ['sometime', 'sometime'],
])('%s is %s', (duration, words) => {
  expect(lengthWords(duration, sayIn('nb'))).toBe(words);
});
