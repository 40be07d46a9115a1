import { many, type Reference } from '../vocabulary/element.js';

const literal = /^[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/;

/** The evidences that are resources, once each. */
export const evidenceReferences = (evidence: readonly string[]): Reference[] =>
  [...new Set(evidence)].filter((one) => literal.test(one)).map((reference) => ({ reference }));

/** Those that are not (a missed occurrence, a reading without source), in words. */
export const evidenceTexts = (evidence: readonly string[]): { code: { text: string }[] }[] => {
  const texts = [...new Set(evidence)].filter((one) => !literal.test(one));
  return texts.map((text) => ({ code: [{ text }] }));
};

/** Evidence is only ever added (decision 10). */
export function addedReferences(present: unknown, evidence: readonly string[]): Reference[] {
  const known = many<Reference>(present);
  const seen = new Set(known.map((one) => one.reference));
  return [...known, ...evidenceReferences(evidence).filter((one) => !seen.has(one.reference))];
}

export function addedTexts(present: unknown, evidence: readonly string[]): unknown[] {
  const known = many<{ code?: { text?: string }[] }>(present);
  const seen = new Set(known.flatMap((one) => many<{ text?: string }>(one.code).map((code) => code.text)));
  return [...known, ...evidenceTexts(evidence).filter((one) => !seen.has(one.code[0]!.text))];
}
