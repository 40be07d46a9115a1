import type { ValueSet } from '../fhir/value-set.js';
import type { ValueCheck } from './object-rule.js';
import { isObject, type Visit } from './visit.js';
import { alternatives, quoted } from './wording.js';

const mediaType = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;\s*[\w!#$&^.+-]+=(?:[\w!#$&^.+/:-]+|"[^"]*"))*$/;
const currency = /^[A-Z]{3}$/;

/** Short forms that R4 itself uses for formats besides media types. */
const formats = new Set(['xml', 'json', 'ttl']);

/** A required binding. https://hl7.org/fhir/R4/terminologies.html#required */
export function bindingCheck(valueSet: ValueSet, type: string): ValueCheck | undefined {
  switch (type) {
    case 'code':
    case 'string':
    case 'uri':
      return codeCheck(valueSet);
    case 'Coding':
      return (value, visit) => {
        if (isObject(value) && isMember(value, valueSet) === false)
          visit.report('code-invalid', notAllowed(value.code, valueSet));
      };
    case 'CodeableConcept':
      return conceptCheck(valueSet);
    default:
      return undefined;
  }
}

function codeCheck(valueSet: ValueSet): ValueCheck {
  const codes = valueSet.codes;
  const form = formOf(valueSet);
  return (value, visit) => {
    if (typeof value !== 'string' || codes.has(value)) return;
    if (valueSet.isComplete) visit.report('code-invalid', notAllowed(value, valueSet));
    else if (form !== undefined && !form.test(value) && !formats.has(value))
      visit.report('code-invalid', notAllowed(value, valueSet));
  };
}

/** What codes of a system without a list look like. */
function formOf(valueSet: ValueSet): RegExp | undefined {
  if (valueSet.systems.includes('urn:ietf:bcp:13')) return mediaType;
  return valueSet.systems.includes('urn:iso:std:iso:4217') ? currency : undefined;
}

function conceptCheck(valueSet: ValueSet): ValueCheck {
  return (value, visit: Visit) => {
    if (!isObject(value)) return;
    const codings = Array.isArray(value.coding) ? value.coding.filter(isObject) : [];
    if (codings.some((coding) => isMember(coding, valueSet) !== false)) return;
    if (codings.length === 0 && value.extension !== undefined && value.text === undefined) return; // for example data-absent-reason
    visit.report('code-invalid', notAllowed(codings[0]?.code, valueSet));
  };
}

function isMember(coding: Readonly<Record<string, unknown>>, valueSet: ValueSet): boolean | undefined {
  if (typeof coding.code !== 'string') return false;
  return typeof coding.system === 'string' ? valueSet.has(coding.system, coding.code) : false;
}

function notAllowed(code: unknown, valueSet: ValueSet): string {
  const sent =
    typeof code === 'string' ? `The code ${quoted(code, 'sent')} does not exist here` : 'A code is needed here';
  const choice = valueSet.isComplete ? `; use ${alternatives(valueSet.codes)}` : '';
  return `${sent}${choice}. (${valueSet.url})`;
}
