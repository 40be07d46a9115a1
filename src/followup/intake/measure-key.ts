import type { Resource } from '../../fhir/resource.js';
import { codeTextOf } from '../plan/code-text.js';
import type { RuleSet } from '../ruleset/grammar.js';
import { type Coding, type Concept, many } from '../vocabulary/element.js';

/** `loinc|59408-5` and the like. */
export const codesOf = (concept: unknown): string[] =>
  many<Coding>((concept as Concept | undefined)?.coding).flatMap((one) => codeTextOf(one) ?? []);

/** The plan's measure that an Observation is a reading of: any coding in common; the most where several have one. */
export function measureKey(observation: Resource, plan: RuleSet | undefined): string | undefined {
  const codes = new Set(codesOf(observation.code));
  let best: { key: string; shared: number } | undefined;
  for (const [key, measure] of Object.entries(plan?.measures ?? {})) {
    const shared = (measure.code ?? []).filter((code) => codes.has(code)).length;
    if (shared > (best?.shared ?? 0)) best = { key, shared };
  }
  return best?.key;
}
