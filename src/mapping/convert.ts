import { codeSystemOf, identifierSystemOf } from './code-systems.js';
import type { ConverterName } from './map-format.js';
import * as hl7 from './hl7/data-types.js';
import { fhirDate, fhirDateTime, fhirDateTimeOfHl7 } from './message-time.js';
import { readableText } from './plo/readable-text.js';
import { textOf, type Match } from './path.js';
import { descend, textAt, valueAt, type XmlElement } from './xml/xml-element.js';

/** Turns a match into a FHIR value; undefined when it holds nothing or cannot be read as that type. */
export type Converter = (match: Match, system: string | undefined, coded: Translate) => unknown;

/** Target code of a code by the ConceptMap that the line of the map names. */
export type Translate = (code: string | undefined) => string | undefined;

/** Drops members without a value; undefined when none is left. */
export function compact<T extends object>(members: T): T | undefined {
  const entries = Object.entries(members).filter(
    ([, value]) => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0),
  );
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as T);
}

/** The value as text: the text of an element, or else its attribute `V` (TS, CS, URL of the message standards). */
const plainText = (match: Match): string | undefined => {
  const text = textOf(match);
  return text !== ''
    ? text
    : match.attribute === undefined && match.element.attributes['V']
      ? [match.element.attributes['V'], match.element.attributes['U']].filter(Boolean).join(' ')
      : deepText(match);
};

/** Running text: fields of type anyType may hold XHTML. */
function deepText(match: Match): string | undefined {
  if (match.attribute !== undefined) return undefined;
  const parts: string[] = [];
  const walk = (element: XmlElement): void => {
    if (element.text !== '') parts.push(element.text);
    element.children.forEach(walk);
  };
  match.element.children.forEach(walk);
  return parts.length === 0 ? undefined : parts.join('\n');
}

const coding = (element: XmlElement, system: string | undefined): object | undefined => {
  const { V: code, S: list = system, DN: display } = element.attributes;
  return code === undefined || code === ''
    ? undefined
    : compact({ system: list === undefined ? undefined : codeSystemOf(list), code, display });
};

const codeableConcept = (element: XmlElement, system: string | undefined): object | undefined => {
  const found = coding(element, system);
  return compact({
    coding: found === undefined ? undefined : [found],
    text: element.attributes['OT'] ?? (found === undefined ? element.attributes['DN'] : undefined),
  });
};

const contactPoint = (element: XmlElement, _system: string | undefined, coded: Translate): object | undefined => {
  const address = valueAt(element, 'TeleAddress');
  if (address === undefined) return undefined;
  const kind = valueAt(element, 'TypeTelecom') ?? '';
  const [, scheme = 'tel', rest = address] = /^(tel|mailto|fax|callto):(.*)$/i.exec(address) ?? [];
  const system =
    kind.startsWith('F') || scheme === 'fax'
      ? 'fax'
      : scheme.toLowerCase() === 'mailto' || rest.includes('@')
        ? 'email'
        : 'phone';
  return compact({ system, value: rest, use: coded(kind) });
};

const address = (element: XmlElement, _system: string | undefined, coded: Translate): object | undefined => {
  const type = valueAt(element, 'Type') ?? '';
  const line = [textAt(element, 'StreetAdr'), textAt(element, 'Postbox')].filter((part) => part !== undefined);
  const country = descend(element, ['Country'])?.attributes['V'];
  const found = compact({ line, city: textAt(element, 'City'), postalCode: textAt(element, 'PostalCode'), country });
  return found && compact({ use: coded(type), type: type === 'PST' ? 'postal' : undefined, ...found });
};

const identifier = (element: XmlElement): object | undefined => {
  const value = textAt(element, 'Id');
  const type = valueAt(element, 'TypeId');
  if (value === undefined) return undefined;
  const system = type === undefined ? undefined : identifierSystemOf(type);
  const text = descend(element, ['TypeId'])?.attributes['DN'] ?? type;
  return compact({ system, value, type: system === undefined && text !== undefined ? { text } : undefined });
};

/** Everything below the element as lines for a person, or its own text. */
const readable: Converter = (match) =>
  match.attribute === undefined && match.element.children.length > 0
    ? readableText(match.element) || undefined
    : plainText(match);

/** PQ: `V` the number, `U` the unit as the sender writes it. */
const quantity = (element: XmlElement): object | undefined => {
  const { V: value, U: unit } = element.attributes;
  return value === undefined || !/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(value)
    ? undefined
    : compact({ value: Number(value), unit });
};

/** FamilyName, MiddleName, GivenName of the element; of names with several given names FHIR keeps each. */
export function humanName(element: XmlElement): object | undefined {
  const given = [textAt(element, 'GivenName'), textAt(element, 'MiddleName')].filter((part) => part !== undefined);
  return compact({ family: textAt(element, 'FamilyName'), given });
}

const whenText =
  (read: (text: string) => unknown): Converter =>
  (match) => {
    const text = plainText(match);
    return text === undefined ? undefined : read(text);
  };
const whole =
  (read: (element: XmlElement, system: string | undefined, coded: Translate) => unknown): Converter =>
  (match, system, coded) =>
    read(match.element, system, coded);

const valueOfResult = (element: string): Converter => whole((obx) => hl7.observationValue(obx)?.[element]);

export const converters: Record<ConverterName, Converter> = {
  string: (match) => plainText(match),
  boolean: whenText((text) => ({ true: true, '1': true, false: false, '0': false })[text]),
  integer: whenText((text) => (/^[+-]?\d{1,10}$/.test(text) ? Number(text) : undefined)),
  decimal: whenText((text) => (/^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined)),
  date: whenText(fhirDate),
  dateTime: whenText(fhirDateTime),
  'hl7-date': whenText((text) => fhirDateTimeOfHl7(text)?.slice(0, 10)),
  'hl7-dateTime': whenText(fhirDateTimeOfHl7),
  'hl7-instant': whenText((text) => {
    const time = fhirDateTimeOfHl7(text);
    return time?.includes('T') === true ? time : undefined;
  }),
  'hl7-Coding': whole(hl7.coding),
  'hl7-CodeableConcept': whole(hl7.codeableConcept),
  'hl7-Identifier': whole(hl7.identifier),
  'hl7-HumanName': whole((field, _system, coded) => hl7.humanName(field, coded)),
  'hl7-Address': whole((field, _system, coded) => hl7.address(field, coded)),
  'hl7-ContactPoint': whole(hl7.contactPoint),
  'hl7-professional': whole(hl7.professional),
  'hl7-referenceRange': whole(hl7.referenceRange),
  // The value of an OBX is one of these, by OBX-2 and by what OBX-5 holds.
  'hl7-Quantity': valueOfResult('valueQuantity'),
  'hl7-Range': valueOfResult('valueRange'),
  'hl7-Ratio': valueOfResult('valueRatio'),
  'hl7-valueCode': valueOfResult('valueCodeableConcept'),
  'hl7-valueTime': valueOfResult('valueDateTime'),
  'hl7-valueText': valueOfResult('valueString'),
  code: (match) => (match.attribute === undefined ? match.element.attributes['V'] : textOf(match)) || plainText(match),
  Coding: whole(coding),
  CodeableConcept: whole(codeableConcept),
  Identifier: whole(identifier),
  HumanName: whole(humanName),
  personName: whole(
    (element) =>
      [textAt(element, 'GivenName'), textAt(element, 'MiddleName'), textAt(element, 'FamilyName')]
        .filter(Boolean)
        .join(' ') || undefined,
  ),
  phone: whenText((text) => text.replace(/^tel:/i, '')),
  ContactPoint: whole(contactPoint),
  Address: whole(address),
  Quantity: whole(quantity),
  // Wrapped when the whole text is put together (compile-map.ts).
  narrative: readable,
  readable,
};

/** Converters that read everything below the element. */
export const readsSubtree: ReadonlySet<ConverterName> = new Set([
  'string',
  'Coding',
  'CodeableConcept',
  'Identifier',
  'HumanName',
  'personName',
  'ContactPoint',
  'Address',
  'narrative',
  'readable',
  'Quantity',
  'hl7-Coding',
  'hl7-CodeableConcept',
  'hl7-Identifier',
  'hl7-HumanName',
  'hl7-Address',
  'hl7-ContactPoint',
  'hl7-professional',
]);

/** Converters that read some of the parts of an element: what else it holds still counts as unread. */
export const readsParts: ReadonlySet<ConverterName> = new Set([
  'hl7-referenceRange',
  'hl7-Quantity',
  'hl7-Range',
  'hl7-Ratio',
  'hl7-valueCode',
  'hl7-valueTime',
  'hl7-valueText',
]);

/** Converters that make a data type with a coded use in it: `codes` of their line is for that. */
export const readsUse: ReadonlySet<ConverterName> = new Set([
  'ContactPoint',
  'Address',
  'hl7-Address',
  'hl7-HumanName',
]);
