// HL7 v2 data types → FHIR: https://www.hl7.eu/HL7v2x/v251/std251/ch02A.html, https://build.fhir.org/ig/HL7/v2-to-fhir/datatype_maps.html
import { identifierSystems, identityNumber } from '../../fhir/national-identifiers.js';
import { numFrom } from '../../fhir/json-number.js';
import { fhirDateTimeOfHl7 } from '../message-time.js';
import { childOf, childrenOf, type XmlElement } from '../xml/xml-element.js';
import { ucumOf } from './unit.js';

type Translate = (code: string | undefined) => string | undefined;

/** Text of component `number` of a field; undefined when it is absent or empty. */
export function component(field: XmlElement | undefined, number: number): string | undefined {
  const found = field && childOf(field, `${field.name}.${number}`);
  return found === undefined || found.text === '' ? undefined : found.text;
}

/** Text of a subcomponent: `CX.4.2`. */
function subcomponent(field: XmlElement, number: number, part: number): string | undefined {
  const found = childOf(field, `${field.name}.${number}`);
  if (found === undefined) return undefined;
  return (
    (found.children.length === 0 ? (part === 1 ? found.text : '') : childOf(found, `${found.name}.${part}`)?.text) ||
    undefined
  );
}

const compact = <T extends object>(members: T): T | undefined => {
  const entries = Object.entries(members).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as T);
};

/** HL7 table 0396 → Coding.system. A local list (`L`, `99…`) has none. */
const codeSystems: Readonly<Record<string, string>> = {
  LN: 'http://loinc.org',
  LOINC: 'http://loinc.org',
  SCT: 'http://snomed.info/sct',
  SNOMED: 'http://snomed.info/sct',
  MDC: 'urn:iso:std:iso:11073:10101',
  NLK: 'urn:oid:2.16.578.1.12.4.1.1.7280',
  NPU: 'urn:oid:2.16.578.1.12.4.1.1.7280',
  I10: 'urn:oid:2.16.578.1.12.4.1.1.7110',
  ICD10: 'urn:oid:2.16.578.1.12.4.1.1.7110',
  ICPC2: 'http://hl7.org/fhir/sid/icpc-2',
  'ICPC-2': 'http://hl7.org/fhir/sid/icpc-2',
  ATC: 'http://www.whocc.no/atc',
  UCUM: 'http://unitsofmeasure.org',
};

const systemOf = (name: string | undefined): string | undefined =>
  name === undefined
    ? undefined
    : (codeSystems[name.toUpperCase()] ?? (/^[0-2](\.\d+)+$/.test(name) ? `urn:oid:${name}` : undefined));

/** Coding.system → its name in table 0396, or its OID; undefined for one that HL7 has no name for. */
export function hl7SystemName(system: string | undefined): string | undefined {
  if (system === undefined) return undefined;
  const known = Object.entries(codeSystems).find(([, url]) => url === system)?.[0];
  return known ?? /^urn:oid:(.+)$/.exec(system)?.[1];
}

/** CE, CWE: the first code, where its list is known. */
export function coding(field: XmlElement): object | undefined {
  const [code, display, list] = [1, 2, 3].map((number) => component(field, number));
  const system = systemOf(list);
  return code === undefined || system === undefined ? undefined : compact({ system, code, display });
}

/** CE, CWE: the code and its alternate, with the text of the sender. */
export function codeableConcept(field: XmlElement): object | undefined {
  const codings = [1, 4].flatMap((first) => {
    const code = component(field, first);
    const display = component(field, first + 1);
    return code === undefined ? [] : [compact({ system: systemOf(component(field, first + 2)), code, display })];
  });
  return compact({ coding: codings, text: component(field, 9) ?? component(field, 2) ?? component(field, 5) });
}

/** CX, EI: a national number is recognised by its check digits; of others the assigner is named. */
export function identifier(field: XmlElement): object | undefined {
  const value = component(field, 1);
  if (value === undefined) return undefined;
  const national = identityNumber(value.replace(/\s/g, ''));
  if (national !== undefined) return { system: identifierSystems[national.kind], value: value.replace(/\s/g, '') };
  const assigner = subcomponent(field, 4, 2);
  const oid = assigner !== undefined && /^[0-2](\.\d+)+$/.test(assigner) ? `urn:oid:${assigner}` : undefined;
  const name = subcomponent(field, 4, 1);
  return compact({ system: oid, value, assigner: name === undefined ? undefined : { display: name } });
}

/** XPN. @param use of a code of table 0200 */
export function humanName(field: XmlElement, use: Translate): object | undefined {
  const given = [component(field, 2), ...(component(field, 3)?.split(' ') ?? [])].filter((part) => part !== undefined);
  const family = component(field, 1);
  if (family === undefined && given.length === 0) return undefined;
  return compact({ use: use(component(field, 7) ?? 'L') ?? 'official', family, given });
}

/** XAD. @param use of a code of table 0190 */
export function address(field: XmlElement, use: Translate): object | undefined {
  const line = [subcomponent(field, 1, 1), component(field, 2)].filter((part) => part !== undefined);
  const kind = component(field, 7) ?? '';
  const found = compact({
    line,
    city: component(field, 3),
    state: component(field, 4),
    postalCode: component(field, 5),
    country: component(field, 6),
  });
  return found && compact({ use: use(kind), type: kind === 'M' ? 'postal' : undefined, ...found });
}

const telecomSystem: Readonly<Record<string, string>> = { FX: 'fax', Internet: 'email', 'X.400': 'email', BP: 'pager' };

/** XTN: the number is in component 1, or taken apart in 5 to 7, or in 12; an address of mail in 4. */
export function contactPoint(field: XmlElement): object | undefined {
  const mail = component(field, 4);
  const parts = [component(field, 5), component(field, 6), component(field, 7)].filter((part) => part !== undefined);
  const value = mail ?? component(field, 12) ?? component(field, 1) ?? (parts.join('') || undefined);
  if (value === undefined) return undefined;
  const equipment = component(field, 3) ?? '';
  const system = mail === undefined && !value.includes('@') ? (telecomSystem[equipment] ?? 'phone') : 'email';
  const use =
    equipment === 'CP' ? 'mobile' : ({ WPN: 'work', ORN: 'home', PRN: 'home' } as const)[component(field, 2) as 'WPN'];
  return compact({ system, value, use });
}

/** XCN: a professional as a logical reference; a Norwegian HPR number has the assigner HPR or up to nine digits. */
export function professional(field: XmlElement): object | undefined {
  const display = [component(field, 3), component(field, 2)].filter((part) => part !== undefined).join(' ');
  const value = component(field, 1);
  const isHpr =
    value !== undefined &&
    /^\d{4,9}$/.test(value) &&
    /HPR/i.test(`${subcomponent(field, 9, 1) ?? ''}${component(field, 13) ?? ''}`);
  if (display === '' && !isHpr) return undefined;
  return compact({
    type: 'Practitioner',
    identifier: isHpr ? { system: identifierSystems.hpr, value } : undefined,
    display: display || undefined,
  });
}

const number = String.raw`[+-]?\d+(?:[.,]\d+)?`;
const valueText = new RegExp(`^(<=|>=|<|>)?\\s*(${number})$`);
const rangeText = new RegExp(`^(${number})\\s*[-–]\\s*(${number})$`);

const decimal = (text: string): unknown =>
  numFrom(
    text
      .replace(',', '.')
      .replace(/^\+/, '')
      .replace(/^(-?)0+(?=\d)/, '$1'),
  );

/** CE of OBX-6 as the unit of a quantity. */
function unitOf(obx: XmlElement): object {
  const field = childOf(obx, 'OBX.6');
  const unit = component(field, 1);
  if (unit === undefined) return {};
  const code = ucumOf(unit, component(field, 3)) ?? ucumOf(component(field, 2) ?? '');
  return { unit: component(field, 2) ?? unit, ...(code && { system: 'http://unitsofmeasure.org', code }) };
}

const quantity = (value: string, obx: XmlElement, comparator?: string): object => ({
  value: decimal(value),
  ...(comparator && { comparator }),
  ...unitOf(obx),
});

/** The value of an OBX, as the element of Observation that holds it: `valueQuantity`, `valueString` …; by OBX-2. */
export function observationValue(obx: XmlElement): Readonly<Record<string, unknown>> | undefined {
  const values = childrenOf(obx, 'OBX.5');
  const [first] = values;
  const text = values
    .map((value) =>
      value.children
        .map((part) => part.text)
        .join(' ')
        .trim(),
    )
    .filter((line) => line !== '');
  if (first === undefined || text.length === 0) return undefined;
  const type = component(childOf(obx, 'OBX.2'), 1) ?? 'ST';
  const plain = { valueString: text.join('\n') };
  const measured = valueText.exec(component(first, 1)?.trim() ?? '');
  switch (type) {
    case 'NM':
      return measured === null ? plain : { valueQuantity: quantity(measured[2]!, obx, measured[1]) };
    case 'SN':
      return structuredNumber(first, obx) ?? plain;
    case 'CE':
    case 'CWE':
    case 'CNE':
    case 'CF':
      return { valueCodeableConcept: codeableConcept(first) };
    case 'DT':
    case 'TS':
    case 'DTM': {
      const time = fhirDateTimeOfHl7(component(first, 1) ?? '');
      return time === undefined ? plain : { valueDateTime: time };
    }
    default:
      return plain;
  }
}

/** SN: comparator ^ first number ^ separator ^ second number. */
function structuredNumber(field: XmlElement, obx: XmlElement): Readonly<Record<string, unknown>> | undefined {
  const [comparator, low, separator, high] = [1, 2, 3, 4].map((place) => component(field, place));
  const isNumber = (part: string | undefined): part is string =>
    part !== undefined && new RegExp(`^${number}$`).test(part);
  if (!isNumber(low)) return undefined;
  if (separator === undefined && high === undefined) {
    const known = comparator === undefined || comparator === '=' ? '' : comparator;
    return ['', '<', '<=', '>', '>='].includes(known) ? { valueQuantity: quantity(low, obx, known) } : undefined;
  }
  if (!isNumber(high)) return undefined;
  if (separator === '-') return { valueRange: { low: quantity(low, obx), high: quantity(high, obx) } };
  if (separator === ':' || separator === '/')
    return {
      valueRatio: { numerator: { value: decimal(low) }, denominator: { value: decimal(high), ...unitOf(obx) } },
    };
  return undefined;
}

/** OBX-7: `3.5-5.0`, `<5`, `>=10`, or as the sender writes it. */
export function referenceRange(obx: XmlElement): object | undefined {
  const text = component(childOf(obx, 'OBX.7'), 1)?.trim();
  if (text === undefined) return undefined;
  const [, low, high] = rangeText.exec(text) ?? [];
  if (low !== undefined && high !== undefined) return { low: quantity(low, obx), high: quantity(high, obx), text };
  const [, comparator, bound] = valueText.exec(text) ?? [];
  if (comparator === undefined || bound === undefined) return { text };
  return { [comparator.startsWith('<') ? 'high' : 'low']: quantity(bound, obx), text };
}
