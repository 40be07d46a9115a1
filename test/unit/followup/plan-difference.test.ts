import type { Resource } from '../../../src/fhir/resource.js';
import { carePlanFromRuleSet } from '../../../src/followup/plan/care-plan-from-rule-set.js';
import { differencesText, planDifferences } from '../../../src/followup/plan/plan-difference.js';
import { parseRuleSet } from '../../../src/followup/ruleset/parse-rule-set.js';

const spo2 = (red: string) => ({
  title: 'Oksygenmetning',
  code: ['http://loinc.org|59408-5'],
  unit: '%',
  decimals: 0,
  zones: [
    { zone: 'red', when: [{ lt: red }] },
    { zone: 'green', when: [{ ge: red }] },
  ],
});
const plan = (more: object = {}, frame: object = {}): Resource => ({
  ...carePlanFromRuleSet(
    parseRuleSet({
      ruleSetVersion: '1',
      status: 'draft',
      version: 1,
      timezone: 'Europe/Oslo',
      measures: { spo2: spo2('90') },
      rules: [{ id: 'spo2-zone', type: 'zone', measure: 'spo2' }],
      schedules: [{ id: 'spo2-morning', for: 'spo2', times: ['09:00'], before: 'PT1H', after: 'PT3H', days: [0] }],
      escalations: [],
      ebp: { green: { condition: 'Som vanlig', action: 'Fortsett' } },
      ...more,
    }),
    { subject: { reference: 'Patient/ola' }, title: 'Plan for Ola' },
  ),
  ...frame,
});

test('a plan does not differ from itself, whoever wrote it, and whatever it replaces', () => {
  const changes = planDifferences(
    plan(),
    plan(
      {},
      {
        author: { display: 'Siri' },
        created: '2026-03-02',
        replaces: [{ reference: 'CarePlan/1' }],
        note: [{ text: 'x' }],
      },
    ),
  );
  expect(changes).toEqual([]);
  expect(differencesText(changes)).toBe('Ingen endringer.');
});

test.each<[string, Resource, Partial<Record<'about' | 'kind' | 'label' | 'from' | 'to', string>>[]]>([
  [
    'a limit',
    plan({ measures: { spo2: spo2('88') } }),
    [
      { about: 'Oksygenmetning', kind: 'changed', label: 'Rød sone', from: 'under 90 %', to: 'under 88 %' },
      { about: 'Oksygenmetning', kind: 'changed', label: 'Grønn sone', from: 'fra og med 90 %', to: 'fra og med 88 %' },
    ],
  ],
  [
    'what to do in a zone',
    plan({ ebp: { green: { condition: 'Som vanlig', action: 'Gå tur' } } }),
    [{ about: 'Grønn sone', kind: 'changed', label: 'Tiltak', from: 'Fortsett', to: 'Gå tur' }],
  ],
  [
    'a further zone',
    plan({ ebp: { green: { condition: 'Som vanlig', action: 'Fortsett' }, red: { action: 'Ring 113' } } }),
    [{ about: 'Rød sone', kind: 'added', label: 'Tiltak', to: 'Ring 113' }],
  ],
  ['a goal that is gone', plan(), [{ about: 'Mål for oppfølgingen', kind: 'removed', from: 'Gå på butikken' }]],
  [
    'the title',
    plan({}, { title: 'Ny plan' }),
    [
      { about: 'Tittel', kind: 'added', to: 'Ny plan' },
      { about: 'Tittel', kind: 'removed', from: 'Plan for Ola' },
    ],
  ],
])('%s is said in words', (name, after, expected) => {
  const before = name === 'a goal that is gone' ? plan({}, { goal: [{ display: 'Gå på butikken' }] }) : plan();
  const changes = planDifferences(before, after);
  expect(changes).toHaveLength(expected.length);
  expect(changes).toMatchObject(expected);
  expect(changes.every(({ text }) => text.length > 10)).toBe(true);
});

test('what differs without being shown is said as such: nothing is approved unseen', () => {
  const changes = planDifferences(plan(), plan({}, { addresses: [{ reference: 'Condition/1' }] }));
  expect(changes).toMatchObject([{ about: 'Annet', kind: 'changed' }]);
});
