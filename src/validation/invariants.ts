import { compilePath } from '../fhir/fhirpath.js';
import type { Rule } from '../fhir/structure.js';
import { Failure } from '../kernel/failure.js';
import type { HandWrittenRules } from './invariant.js';
import { bundleInvariants } from './invariants-bundle.js';
import { clinicalInvariants } from './invariants-clinical.js';
import { conformanceInvariants } from './invariants-conformance.js';
import { datatypeInvariants, elementDefinitionInvariants } from './invariants-datatypes.js';
import { questionnaireInvariants } from './invariants-questionnaire.js';
import type { Invariant } from './object-rule.js';
import type { JsonObject } from './visit.js';

const handWritten: HandWrittenRules = {
  ...datatypeInvariants,
  ...elementDefinitionInvariants,
  ...bundleInvariants,
  ...clinicalInvariants,
  ...questionnaireInvariants,
  ...conformanceInvariants,
};

/** Checked with the structure: references inside the resource by reference-check.ts, the narrative by narrative.ts. */
const elsewhere = new Set(['ref-1', 'txt-1', 'txt-2']);

/**
 * The invariants of an element or type as functions: written by hand where they are hot or heavy, else FHIRPath, compiled
 * when first met.
 * @param path of the element the rules stand at, `Observation` or `Questionnaire.item`
 */
export function invariantsAt(path: string, rules: readonly Rule[] = []): Invariant[] {
  return rules
    .filter((rule) => !elsewhere.has(rule.key))
    .map((rule) => {
      const own = handWritten[`${path} ${rule.key}`] ?? handWritten[rule.key];
      if (own !== undefined)
        return { key: rule.key, human: rule.human, holds: (value, visit) => own(value as JsonObject, visit) };
      return byFhirPath(path, rule);
    });
}

/** Whether an invariant is checked by the FHIRPath engine (and so costs microseconds rather than nanoseconds). */
export const isByFhirPath = (path: string, key: string): boolean =>
  !elsewhere.has(key) && handWritten[`${path} ${key}`] === undefined && handWritten[key] === undefined;

function byFhirPath(path: string, rule: Rule): Invariant {
  const base = path.includes('.') ? path : undefined;
  const isAboutResource = /%(resource|rootResource)\b/.test(rule.expression);
  return {
    key: rule.key,
    human: rule.human,
    holds(value, visit) {
      const isResource = base === undefined && typeof value === 'object' && value !== null && 'resourceType' in value;
      try {
        const evaluate = compilePath(rule.expression, isResource ? undefined : path);
        const result = evaluate(
          value,
          isAboutResource ? { resource: visit.surroundings?.resource, rootResource: visit.surroundings?.root } : {},
        );
        return result.length > 0 && result.every((item) => item !== false);
      } catch (error) {
        if (error instanceof Failure) return true; // the engine can't judge this value: the structure is right, so let it pass
        throw error;
      }
    },
  };
}
