import { has, hasChoice } from '../invariant.js';
import { isObject, type JsonObject } from '../visit.js';

/**
 * Rules of the vital signs of R4, by their expression: every measurement that claims the profile is asked them, and the engine
 * takes 30 times as long. https://hl7.org/fhir/R4/observation-vitalsigns.html
 */
export const writtenRules: ReadonlyMap<string, (value: unknown) => boolean> = new Map<
  string,
  (value: unknown) => boolean
>([
  [
    '(component.empty() and hasMember.empty()) implies (dataAbsentReason.exists() or value.exists())',
    (value) => isObject(value) && (has(value, 'component') || has(value, 'hasMember') || hasValueOrReason(value)),
  ],
  ['value.exists() or dataAbsentReason.exists()', (value) => isObject(value) && hasValueOrReason(value)],
  ['($this as dateTime).toString().length() >= 8', (value) => typeof value !== 'string' || value.length >= 8],
]);

const hasValueOrReason = (value: JsonObject): boolean => has(value, 'dataAbsentReason') || hasChoice(value, 'value');
