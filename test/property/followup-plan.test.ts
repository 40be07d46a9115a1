import fc from 'fast-check';
import { parseJson, stringifyJson } from '../../src/fhir/json.js';
import type { Resource } from '../../src/fhir/resource.js';
import { carePlanFromRuleSet } from '../../src/followup/plan/care-plan-from-rule-set.js';
import { contentHash } from '../../src/followup/plan/content-hash.js';
import { ruleSetFromCarePlan } from '../../src/followup/plan/rule-set-from-care-plan.js';
import { parseRuleSet } from '../../src/followup/ruleset/parse-rule-set.js';
import { anyRuleSet } from './rule-set-arbitrary.js';

const overTheWire = (plan: Resource): Resource => parseJson(stringifyJson(plan)) as Resource;

function emptyValues(value: unknown, path = ''): string[] {
  if (value === '' || value === null || value === undefined) return [path];
  if (typeof value !== 'object' || 'literal' in value) return [];
  const entries = Object.entries(value);
  return entries.length === 0 ? [path] : entries.flatMap(([name, one]) => emptyValues(one, `${path}.${name}`));
}

describe('a rule set as a CarePlan', () => {
  test('generated rule sets are valid by the grammar itself', () => {
    fc.assert(
      fc.property(anyRuleSet, (ruleSet) => expect(parseRuleSet(ruleSet)).toEqual(ruleSet)),
      { numRuns: 100 },
    );
  });

  test('comes back unchanged, also after it was stored as JSON text', () => {
    fc.assert(
      fc.property(anyRuleSet, (ruleSet) =>
        expect(ruleSetFromCarePlan(overTheWire(carePlanFromRuleSet(ruleSet)))).toEqual(ruleSet),
      ),
      { numRuns: 300 },
    );
  });

  test('and the CarePlan of that rule set is the same CarePlan', () => {
    fc.assert(
      fc.property(anyRuleSet, (ruleSet) => {
        const plan = carePlanFromRuleSet(ruleSet);
        const again = carePlanFromRuleSet(ruleSetFromCarePlan(plan));
        expect(stringifyJson(again)).toBe(stringifyJson(plan));
        expect(contentHash(again)).toBe(contentHash(plan));
      }),
      { numRuns: 100 },
    );
  });

  test('has no empty arrays, objects or strings, which FHIR forbids', () => {
    fc.assert(
      fc.property(anyRuleSet, (ruleSet) => {
        expect(emptyValues(carePlanFromRuleSet(ruleSet))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
