// Code systems without a list of codes: a grammar tells which exist. https://hl7.org/fhir/R4/terminologies-systems.html
import { canonicalUnit, ucumSystem } from '../search/canonical-unit.js';

/** Whether the system has the code; undefined where that cannot be told here. */
export function existsByGrammar(system: string, code: string): boolean | undefined {
  switch (system) {
    case ucumSystem:
      return canonicalUnit(code) !== undefined;
    case 'urn:ietf:bcp:47':
      return isLanguage(code);
    case 'urn:ietf:bcp:13':
      return /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;.*)?$/.test(code);
    default:
      return undefined;
  }
}

function isLanguage(code: string): boolean {
  try {
    return Intl.getCanonicalLocales(code).length === 1;
  } catch {
    return false;
  }
}
