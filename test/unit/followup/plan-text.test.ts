import { readFileSync } from 'node:fs';
import { parseJson } from '../../../src/fhir/json.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { ruleSetFromTemplate } from '../../../src/followup/plan/apply-plan-definition.js';
import { carePlanFromRuleSet } from '../../../src/followup/plan/care-plan-from-rule-set.js';
import { planSections } from '../../../src/followup/plan/plan-text.js';
import { daysWords, durationWords, rangeWords } from '../../../src/followup/plan/plan-words.js';
import { ruleWords } from '../../../src/followup/plan/rule-words.js';
import type { RuleSet } from '../../../src/followup/ruleset/grammar.js';
import { parseLibrary, parseRuleSet } from '../../../src/followup/ruleset/parse-rule-set.js';

const read = (name: string): unknown => parseJson(readFileSync(`profiles/${name}`, 'utf8'));
const library = parseLibrary(read('rule-library.json'));
const kols = carePlanFromRuleSet(ruleSetFromTemplate(read('plan-definitions/kols.json') as Resource), {
  subject: { reference: 'Patient/1' },
});

function planOf(measures: readonly string[], rules: readonly string[], more: object = {}): RuleSet {
  const named = Object.fromEntries(measures.map((name) => [name, name]));
  return parseRuleSet(
    { ruleSetVersion: '1', timezone: 'Europe/Oslo', measures: named, rules, schedules: [], escalations: [], ...more },
    library,
  );
}

describe('the plan as text', () => {
  const sections = planSections(kols);
  const lines = (heading: string): readonly string[] =>
    sections.find((section) => section.heading === heading)?.lines ?? [];

  test('has zones first, then goals, measures, forms, rules and the centre', () => {
    const headings = sections.map(({ heading }) => heading);
    expect(headings.slice(0, 4)).toEqual(['Grønn sone', 'Gul sone', 'Rød sone', 'Oksygenmetning']);
    expect(headings.slice(-3)).toEqual(['Regler for varsling', 'Gjentatte funn', 'Oppfølgingssenteret']);
  });

  test('says the limits and times of a measure as they were written', () => {
    expect(lines('Oksygenmetning')).toEqual([
      'Tidspunkt: hver dag kl. 09:00',
      'Teller når det kommer fra 2 timer før til 4 timer etter.',
      'Uteblitt 3 ganger på rad: gult varsel',
      'Rød sone: under 90 %',
      'Gul sone: fra og med 90 og under 92 %',
      'Grønn sone: fra og med 92 %',
      'Regnes som målefeil utenfor: fra og med 1 og til og med 100 %',
      'Bes målt på nytt utenfor: fra og med 70 og til og med 100 %',
    ]);
    expect(lines('Puls')[0]).toBe('Rød sone: til og med 40, eller fra og med 131 per minutt');
  });

  test('leaves out no rule', () => {
    expect(lines('Regler for varsling')).toHaveLength(
      ruleSetFromTemplate(read('plan-definitions/kols.json') as Resource).rules.length,
    );
  });

  test('says what repeated findings lead to, and when somebody is there', () => {
    expect(lines('Gjentatte funn')).toEqual([
      '3 ganger gult på 7 dager: ring pasienten (Ring etter tre gule funn på en uke)',
    ]);
    expect(lines('Oppfølgingssenteret')).toEqual([
      'Åpent mandag–fredag kl. 08:00–15:00, ikke på helligdager',
      'Røde varsler utenfor åpningstiden: ingen følger med, pasienten får beskjed om hvem som kan ringes',
    ]);
  });

  test('has the goals that the plan names or holds', () => {
    const goal = {
      resourceType: 'Goal',
      id: 'g',
      lifecycleStatus: 'active',
      description: { text: 'Gå tur hver dag' },
      subject: { reference: 'Patient/1' },
    };
    const plan = {
      ...kols,
      contained: [goal],
      goal: [{ reference: '#g' }, { reference: 'Goal/2', display: 'Færre innleggelser' }],
    } as Resource;
    expect(planSections(plan).find(({ heading }) => heading === 'Mål for oppfølgingen')?.lines).toEqual([
      'Gå tur hver dag',
      'Færre innleggelser',
    ]);
  });
});

test.each([
  ['spo2', 'spo2-zone', 'Oksygenmetning i gul eller rød sone gir varsel i samme farge'],
  [
    'weight',
    'weight-gain-3d',
    'Vektøkning på 3 dager: endring i Vekt mot laveste siste 3 dager: over 1,0 og til og med 2,0 kg: gult varsel; over 2,0 kg: rødt varsel',
  ],
  ['bp', 'bp-zone', 'Blodtrykk i gul eller rød sone gir varsel i samme farge'],
])('a rule on %s, %s, in words', (measure, rule, words) => {
  const plan = planOf([measure], [rule]);
  expect(ruleWords(plan.rules[0]!, plan)).toBe(words);
});

test('a form and its questions are called by the names that people know, where these are known', () => {
  const plan = planOf([], ['kols-major']);
  const forms = {
    titleOf: () => 'Daglig skjema',
    questionOf: (_form: string, linkId: string) => (linkId === 'dyspnoea' ? 'Er du mer tungpustet?' : undefined),
  };
  expect(ruleWords(plan.rules[0]!, plan)).toContain('«dyspnoea», «sputumVolume», «sputumColour» i skjema kols-daily:');
  expect(ruleWords(plan.rules[0]!, plan, forms)).toContain(
    '«Er du mer tungpustet?», «sputumVolume», «sputumColour» i skjemaet «Daglig skjema»:',
  );
});

test.each(Object.keys(library.rules))('the rule %s of the library is one sentence that ends with a colour', (name) => {
  const plan = planOf(Object.keys(library.measures), [name]);
  const words = ruleWords(plan.rules[0]!, plan);
  expect(words).toMatch(/(varsel|varsel i samme farge|\(gir ikke varsel alene\)|på rad|av de siste \d+)$/);
  expect(words).not.toMatch(/undefined|NaN|\bPT?\d/);
});

test.each([
  ['P3D', '3 dager'],
  ['P1D', '1 dag'],
  ['PT24H', '24 timer'],
  ['PT1H30M', '1 time og 30 minutter'],
  ['P2W', '2 uker'],
  ['P', 'P'],
])('the duration %s is %s', (duration, words) => {
  expect(durationWords(duration)).toBe(words);
});

test.each([
  [undefined, 'hver dag'],
  [[0, 1, 2, 3, 4], 'mandag–fredag'],
  [[0, 3], 'mandag, torsdag'],
  [[0, 1, 2, 3, 4, 5, 6], 'hver dag'],
])('the days %j are %s', (days, words) => {
  expect(daysWords(days)).toBe(words);
});

test('a range keeps the literals of its bounds', () => {
  expect(rangeWords({ gt: '1.0', le: '2.50' })).toBe('over 1,0 og til og med 2,50');
});
