import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parseJson } from '../../../src/fhir/json.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { benefitCodes, benefitTimes } from '../../../src/followup/benefit/benefit-values.js';
import { planCheck } from '../../../src/followup/lint/plan-check.js';
import { pauseReasons } from '../../../src/followup/episode/pause-element.js';
import { equipmentStates } from '../../../src/followup/equipment/equipment-state.js';
import { carePlanFromRuleSet } from '../../../src/followup/plan/care-plan-from-rule-set.js';
import { referralChannels } from '../../../src/followup/referral/channel.js';
import { inclusionCriteria } from '../../../src/followup/referral/inclusion.js';
import { alertKind, colourText, flagText, taskCode } from '../../../src/followup/vocabulary/codes.js';
import { system } from '../../../src/followup/vocabulary/systems.js';
import { anyRuleSet } from '../../property/rule-set-arbitrary.js';

const folders = [
  'code-systems',
  'value-sets',
  'structure-definitions',
  'operations',
  'message-definitions',
  'measures',
  'plan-definitions',
  'activity-definitions',
  'questionnaires',
];
const all = folders.flatMap((folder) =>
  readdirSync(`profiles/${folder}`).map((file) => ({
    file: `${folder}/${file}`,
    resource: parseJson(readFileSync(`profiles/${folder}/${file}`, 'utf8')) as Resource,
  })),
);
const byUrl = new Map(all.map(({ resource }) => [resource.url as string, resource]));

interface Element {
  path: string;
  id: string;
  fixedUri?: string;
  max?: string;
  type?: { code: string }[];
}
const elementsOf = (url: string): Element[] =>
  (byUrl.get(url) as { differential?: { element: Element[] } } | undefined)?.differential?.element ?? [];

interface Extension {
  url: string;
  extension?: Extension[];
  [value: string]: unknown;
}

/** What an extension of an instance has that its StructureDefinition does not say. */
function undescribed(one: Extension, definition: string, id = 'Extension'): string[] {
  const elements = elementsOf(definition);
  if (!elements.some((element) => element.id === id)) return [`${definition}#${id}`];
  const value = Object.keys(one).find((name) => name.startsWith('value'));
  const types =
    elements
      .find((element) => element.id === `${id}.value[x]`)
      ?.type?.map((type) => `value${type.code[0]!.toUpperCase()}${type.code.slice(1)}`) ?? [];
  const wrong = value !== undefined && !types.includes(value) ? [`${definition}#${id}.${value}`] : [];
  const nested = (one.extension ?? []).flatMap((inner) =>
    undescribed(inner, definition, `${id}.extension:${inner.url}`),
  );
  const repeated = (one.extension ?? []).flatMap((inner) => {
    const max = elements.find((element) => element.id === `${id}.extension:${inner.url}`)?.max;
    const count = one.extension!.filter((other) => other.url === inner.url).length;
    return max === '1' && count > 1 ? [`${definition}#${id}.extension:${inner.url} is there ${count} times`] : [];
  });
  return [...wrong, ...nested, ...repeated];
}

/** All extensions of a resource, outermost ones. */
function extensionsIn(value: unknown): Extension[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'extension' ? (inner as Extension[]) : extensionsIn(inner),
  );
}
const allUndescribed = (resource: unknown): string[] =>
  extensionsIn(resource).flatMap((one) => undescribed(one, one.url));

describe('profiles/', () => {
  test.each(all)('$file is named by its own canonical', ({ file, resource }) => {
    const id = file.split('/')[1]!.replace('.json', '');
    expect(resource).toMatchObject({ id, url: `http://hjemmebro.no/fhir/${resource.resourceType}/${id}` });
  });

  test('canonicals are unique', () => {
    expect(byUrl.size).toBe(all.length);
  });

  test('describe every extension that plans over the complete grammar use, with its type and how often', () => {
    fc.assert(
      fc.property(anyRuleSet, (ruleSet) => expect(allUndescribed(carePlanFromRuleSet(ruleSet))).toEqual([])),
      { numRuns: 200 },
    );
  });

  test('describe every extension of the templates', () => {
    for (const { resource } of all.filter((one) => one.resource.resourceType === 'PlanDefinition'))
      expect(allUndescribed(resource)).toEqual([]);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    [system.taskCode, taskCode],
    [system.alertKind, alertKind],
    [system.colour, colourText],
    [system.flag, flagText],
    [system.pauseReason, pauseReasons],
    [system.equipmentState, equipmentStates],
    [system.inclusion, inclusionCriteria],
    [system.benefit, benefitCodes],
    [system.benefitTime, benefitTimes],
    [system.referralChannel, referralChannels],
    [system.planCheck, planCheck],
  ])('%s lists the codes that the server writes', (url, codes) => {
    const concepts = (byUrl.get(url) as unknown as { concept: { code: string; display: string }[] }).concept;
    expect(Object.fromEntries(concepts.map(({ code, display }) => [code, display]))).toEqual(codes);
  });

  test('every code system of the module is there, with a value set of all its codes', () => {
    for (const url of Object.values(system).filter((one) => one.startsWith('http://hjemmebro.no/'))) {
      expect(byUrl.get(url)?.resourceType).toBe('CodeSystem');
      expect(byUrl.get(url.replace('/CodeSystem/', '/ValueSet/'))?.resourceType).toBe('ValueSet');
    }
  });

  test('templates say that they are not validated for clinical use, and name their sources', () => {
    for (const { resource } of all.filter((one) => one.resource.resourceType === 'PlanDefinition')) {
      expect(resource).toMatchObject({
        status: 'draft',
        experimental: true,
        description: expect.stringContaining('ikke validert for klinisk bruk'),
      });
      expect((resource.relatedArtifact as unknown[]).length).toBeGreaterThan(0);
    }
  });
});
