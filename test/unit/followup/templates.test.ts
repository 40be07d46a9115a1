import { readdirSync, readFileSync } from 'node:fs';
import { parseJson, stringifyJson } from '../../../src/fhir/json.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { initialState } from '../../../src/followup/engine/state.js';
import { step } from '../../../src/followup/engine/step.js';
import { applyPlanDefinition, ruleSetFromTemplate } from '../../../src/followup/plan/apply-plan-definition.js';
import { ruleSetFromCarePlan } from '../../../src/followup/plan/rule-set-from-care-plan.js';
import { disagreementUrl } from '../../../src/followup/plan/template-differences.js';
import type { RuleSet } from '../../../src/followup/ruleset/grammar.js';
import { Failure } from '../../../src/kernel/failure.js';
import { countingIds, monday, resources } from './follow-up-world.js';

const read = (file: string): Resource => parseJson(readFileSync(`profiles/${file}`, 'utf8')) as Resource;
const template = (name: string): Resource => read(`plan-definitions/${name}.json`);

function draft(names: readonly string[], variants: readonly string[] = []): Resource {
  const change = applyPlanDefinition({
    templates: names.map(template),
    variants,
    subject: { reference: 'Patient/ola' },
    start: '2026-03-02',
    now: monday,
    ids: countingIds(),
  });
  if (change instanceof Failure) throw change;
  return resources([change])[0]!;
}

/** The colour of the zone rule's alert for one reading; green: none. */
function colourOf(plan: RuleSet, measure: string, value: string, ctx?: string): string {
  const part = measure.split('.')[1];
  const quiet = { sys: '120', dia: '70' };
  const values =
    part === undefined
      ? { value }
      : {
          components: Object.fromEntries(
            Object.entries({ ...quiet, [part]: value }).map(([key, one]) => [key, { value: one }]),
          ),
        };
  const input = {
    type: 'obs',
    t: monday,
    measure: measure.split('.')[0]!,
    ...values,
    ...(ctx === undefined ? {} : { ctx }),
  } as const;
  const opened = step(initialState({ ...plan, status: 'approved' }), input).ops.flatMap((op) =>
    op.op === 'open' ? [op.colour] : [],
  );
  return opened[0] ?? 'green';
}

const letters: Record<string, string> = { r: 'red', y: 'yellow', g: 'green' };
/** Template, variants, measure, context, and values just at the limits. */
const bounds: [string, string[], string, string | undefined, string][] = [
  ['kols', [], 'spo2', undefined, '89r 90y 91y 92g'],
  ['kols', ['kols-o2'], 'spo2', 'o2', '83r 84y 87y 88g 92g 93y 96y 97r'],
  ['kols', ['kols-o2'], 'spo2', 'air', '83r 84y 87y 88g 97g'],
  ['kols', [], 'crp', undefined, '19g 20y 40y 41r'],
  ['hjertesvikt', [], 'bp.sys', undefined, '90r 91y 99y 100g 160g 161y 179y 180r'],
  ['hjertesvikt', [], 'bp.dia', undefined, '49r 50y 59y 60g 95g 96y 110y 111r'],
  ['hjertesvikt', [], 'pulse', undefined, '40r 41y 50y 51g 100g 101y 130y 131r'],
  ['hjertesvikt', [], 'rr', undefined, '8r 9y 11y 12g 20g 21y 24y 25r'],
  ['diabetes', [], 'glucose', undefined, '2.9r 3.0y 3.8y 3.9g 12.0g 12.1y 20.0y 20.1r'],
  ['kreft-ernaering', [], 'temp', undefined, '35.0r 35.1y 36.0y 36.1g 37.9g 38.0y 39.0y 39.1r'],
  ['kreft-ernaering', ['immunosuppressed'], 'temp', undefined, '35.0r 37.9g 38.0y 38.2y 38.3r'],
];

describe('a draft of the template', () => {
  test.each(bounds)('%s %j: %s %s judges %s', (name, variants, measure, ctx, values) => {
    const plan = ruleSetFromCarePlan(draft([name], variants));
    const judged = values
      .split(' ')
      .map((one) => `${one.slice(0, -1)} ${colourOf(plan, measure, one.slice(0, -1), ctx)}`);
    expect(judged).toEqual(values.split(' ').map((one) => `${one.slice(0, -1)} ${letters[one.at(-1)!]}`));
  });

  test('immunosuppressed: fever that lasts an hour is red, and the weight schedule stays', () => {
    const plan = ruleSetFromCarePlan(draft(['kreft-ernaering'], ['immunosuppressed']));
    expect(plan.rules.map(({ id }) => id)).toContain('temp-sustained');
    expect(plan.rules.filter(({ id }) => id === 'temp-zone')).toHaveLength(1);
    expect(plan.schedules.map(({ id }) => id)).toEqual(['weight-daily', 'esas-daily']);
    const plain = ruleSetFromCarePlan(draft(['kreft-ernaering']));
    expect(plain.rules.map(({ id }) => id)).not.toContain('temp-sustained');
  });

  test('asks only for forms and questions that are there', () => {
    const forms = new Map(
      readdirSync('profiles/questionnaires').map((file) => [
        file.slice(0, -5),
        (read(`questionnaires/${file}`).item as { linkId: string }[]).map(({ linkId }) => linkId),
      ]),
    );
    for (const file of readdirSync('profiles/plan-definitions')) {
      for (const rule of ruleSetFromTemplate(read(`plan-definitions/${file}`)).rules) {
        // The CAT is licensed: whoever has it brings it.
        if (!('questionnaire' in rule) || rule.questionnaire === 'cat') continue;
        const asked = rule.type === 'answer' ? [rule.linkId] : rule.type === 'answerCount' ? rule.linkIds : rule.items;
        expect(forms.get(rule.questionnaire)).toEqual(expect.arrayContaining([...asked]));
      }
    }
  });

  test('names only activity definitions that are there', () => {
    const there = new Set(
      ['activity-definitions', 'questionnaires'].flatMap((folder) =>
        readdirSync(`profiles/${folder}`).map((file) => read(`${folder}/${file}`).url),
      ),
    );
    for (const file of readdirSync('profiles/plan-definitions'))
      for (const { definitionCanonical } of read(`plan-definitions/${file}`).action as {
        definitionCanonical?: string;
      }[])
        if (definitionCanonical !== undefined) expect(there).toContain(definitionCanonical);
  });
});

describe('a draft of several templates', () => {
  const olav = draft(['kols', 'hjertesvikt', 'kreft-ernaering'], ['kols-o2']);
  interface Part {
    url: string;
    valueString?: string;
    valueCode?: string;
  }
  const told = (
    plan: Resource,
  ): { about: string; key: string; templates: string[]; resolution: string; text: string }[] =>
    ((plan.extension ?? []) as { url: string; extension: Part[] }[])
      .filter(({ url }) => url === disagreementUrl)
      .map(({ extension }) => {
        const values = (name: string): string[] =>
          extension.flatMap((one) => (one.url === name ? [(one.valueCode ?? one.valueString)!] : []));
        return {
          about: values('about')[0]!,
          key: values('key')[0]!,
          templates: values('template'),
          resolution: values('resolution')[0]!,
          text: values('text')[0]!,
        };
      });

  test('has the measures, rules and schedules of all, each once', () => {
    const plan = ruleSetFromCarePlan(olav);
    expect(Object.keys(plan.measures).sort()).toEqual(['bp', 'crp', 'pulse', 'rr', 'spo2', 'temp', 'weight']);
    expect(plan.templates).toEqual(['kols@1.0', 'hjertesvikt@1.0', 'kreft-ernaering@1.0']);
    expect(plan.rules.map(({ id }) => id)).toEqual([...new Set(plan.rules.map(({ id }) => id))]);
    expect(plan.schedules.filter((one) => one.for === 'weight')).toHaveLength(1);
  });

  test('the strictest zone counts until the doctor makes an exception', () => {
    const plan = ruleSetFromCarePlan(olav);
    expect(['97', '90', '89', '83'].map((value) => colourOf(plan, 'spo2', value, 'o2'))).toEqual([
      'red',
      'yellow',
      'red',
      'red',
    ]);
    expect(colourOf(ruleSetFromCarePlan(draft(['kols'], ['kols-o2'])), 'spo2', '89', 'o2')).toBe('green');
  });

  test('lists where the templates disagree, as data and in a note', () => {
    expect(told(olav)).toEqual([
      {
        about: 'limits',
        key: 'spo2',
        templates: ['kols@1.0', 'hjertesvikt@1.0'],
        resolution: 'strictest',
        text: expect.stringMatching(
          /^Oksygenmetning, mål 88–92 %: ulike grenser, den strengeste sonen gjelder\. kols@1\.0: \(o2\) rødt til og med 83, eller fra og med 97 %.* hjertesvikt@1\.0: rødt under 90 %/,
        ),
      },
      expect.objectContaining({ about: 'quality', key: 'spo2', resolution: 'first' }),
    ]);
    expect((olav.note as { text: string }[])[0]!.text).toContain(told(olav)[0]!.text);
  });

  test('says nothing where they agree, and nothing of one template', () => {
    expect(told(draft(['kols', 'hjertesvikt']))).toEqual([]);
    expect(told(draft(['kols']))).toEqual([]);
    expect(draft(['kols']).note).toBeUndefined();
  });

  test('two schedules of one measure both stand, and that is said', () => {
    expect(told(draft(['hjertesvikt', 'diabetes'])).map(({ text }) => text)).toEqual([
      'Vekt: ulike tidspunkt, alle gjelder. hjertesvikt@1.0: hver dag kl. 08:00. diabetes@1.0: mandag kl. 08:00.',
    ]);
  });

  test('a composite of the second template means its own rule, also where that got another name', () => {
    const changed = parseJson(
      stringifyJson({ ...template('hjertesvikt'), url: 'http://example.org/PlanDefinition/egen' }).replace(
        '"url":"window","valueDuration":{"value":14',
        '"url":"window","valueDuration":{"value":10',
      ),
    ) as Resource;
    const change = applyPlanDefinition({
      templates: [template('hjertesvikt'), changed],
      subject: { reference: 'Patient/ola' },
      start: '2026-03-02',
      now: monday,
      ids: countingIds(),
    });
    if (change instanceof Failure) throw change;
    const plan = ruleSetFromCarePlan(resources([change])[0]!);
    expect(plan.rules.find(({ id }) => id === 'egen-hf-congestion')).toMatchObject({
      all: ['egen-weight-gain-14d', 'dyspnoea-worse'],
    });
    expect(told(resources([change])[0]!).map(({ about, key, resolution }) => [about, key, resolution])).toEqual([
      ['rule', 'weight-gain-14d', 'both'],
    ]);
  });
});
