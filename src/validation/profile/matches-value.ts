import { isNumber, literalOf } from '../../fhir/json.js';
import { isObject } from '../visit.js';

/** Exactly the same value. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.fixed_x_ */
export function isFixed(value: unknown, fixed: unknown): boolean {
  if (isNumber(value) && isNumber(fixed)) return literalOf(value) === literalOf(fixed);
  if (Array.isArray(value) && Array.isArray(fixed))
    return value.length === fixed.length && value.every((item, at) => isFixed(item, fixed[at]));
  if (isObject(value) && isObject(fixed)) {
    const names = Object.keys(fixed);
    return Object.keys(value).length === names.length && names.every((name) => isFixed(value[name], fixed[name]));
  }
  return value === fixed;
}

/** At least what the pattern has. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_ */
export function hasPattern(value: unknown, pattern: unknown): boolean {
  if (Array.isArray(pattern))
    return Array.isArray(value) && pattern.every((wanted) => value.some((item) => hasPattern(item, wanted)));
  if (isObject(pattern))
    return isObject(value) && Object.keys(pattern).every((name) => hasPattern(value[name], pattern[name]));
  return isFixed(value, pattern);
}
