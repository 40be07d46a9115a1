// FHIR → HL7 v2 data types, the other way of data-types.ts: https://build.fhir.org/ig/HL7/v2-to-fhir/datatype_maps.html
import { identifierSystems } from '../../fhir/national-identifiers.js';
import type { Coding } from '../../fhir/resource.js';
import type { Concept } from '../concept.js';
import { hl7Time } from '../message-time.js';
import { hl7SystemName } from './data-types.js';
import { hl7Node, type Hl7Node } from './write-hl7.js';

/** Texts of components by their number; a list is the subcomponents of one. */
type Components = Readonly<Record<number, string | readonly (string | undefined)[] | undefined>>;

/** Fills a field with components; one without any stays away. */
export function withComponents(name: string, components: Components): Hl7Node | undefined {
  const field = hl7Node(name);
  for (const [number, value] of Object.entries(components)) {
    if (value === undefined || value === '') continue;
    const node = hl7Node(`${name}.${number}`, typeof value === 'string' ? value : '');
    if (typeof value !== 'string')
      value.forEach((part, index) => {
        if (part) node.children.push(hl7Node(`${node.name}.${index + 1}`, part));
      });
    field.children.push(node);
  }
  return field.children.length === 0 ? undefined : field;
}

interface Quantity {
  readonly value?: unknown;
  readonly comparator?: string;
  readonly unit?: string;
  readonly system?: string;
  readonly code?: string;
}

/** CWE: two codings at most, those of lists that HL7 names (table 0396) first. */
export function concept(name: string, { coding = [], text }: Concept): Hl7Node | undefined {
  const [first, second] = coding
    .filter(({ code }) => code !== undefined)
    .toSorted((a, b) => Number(hl7SystemName(b.system) !== undefined) - Number(hl7SystemName(a.system) !== undefined));
  const shown = (one: Coding | undefined) => one?.display ?? (one === undefined ? undefined : text);
  return withComponents(name, {
    1: first?.code,
    2: shown(first) ?? text,
    3: first && (hl7SystemName(first.system) ?? 'L'),
    4: second?.code,
    5: shown(second),
    6: second && (hl7SystemName(second.system) ?? 'L'),
    9: text === shown(first) ? undefined : text,
  });
}

const numberTypes: Readonly<Record<string, string>> = {
  [identifierSystems.fnr]: 'FNR',
  [identifierSystems.dnr]: 'DNR',
  [identifierSystems.fhn]: 'FHN',
};

/** CX: a national number with its assigner; of another the name of the assigner, where it has one. */
export function identifier(
  name: string,
  { system = '', value, assigner }: { system?: string; value?: string; assigner?: { display?: string } },
): Hl7Node | undefined {
  const type = numberTypes[system];
  const oid = /^urn:oid:(.+)$/.exec(system)?.[1];
  const authority = type === undefined ? [assigner?.display, oid, oid && 'ISO'] : ['NIN', oid, 'ISO'];
  return withComponents(name, { 1: value, 4: authority.some(Boolean) ? authority : undefined, 5: type });
}

/** XPN. */
export const humanName = (
  name: string,
  { family, given = [] }: { family?: string; given?: readonly string[] },
): Hl7Node | undefined => withComponents(name, { 1: family, 2: given[0], 3: given.slice(1).join(' '), 7: 'L' });

/** XCN; nothing for a reference that names no professional. */
export function professional(
  name: string,
  reference: { type?: string; identifier?: { system?: string; value?: string }; display?: string },
): Hl7Node | undefined {
  const hpr = reference.identifier?.system === identifierSystems.hpr ? reference.identifier.value : undefined;
  if (hpr === undefined && reference.type !== 'Practitioner') return undefined;
  const words = (reference.display ?? '').split(' ');
  return withComponents(name, {
    1: hpr,
    2: words.at(-1),
    3: words.slice(0, -1).join(' '),
    9: hpr === undefined ? undefined : ['HPR'],
  });
}

/** CWE of OBX-6. */
const unit = ({ code, unit: words, system }: Quantity): Hl7Node | undefined =>
  system === 'http://unitsofmeasure.org' && code !== undefined
    ? withComponents('OBX.6', { 1: code, 2: words ?? code, 3: 'UCUM' })
    : withComponents('OBX.6', { 1: words ?? code });

const obx = (type: string, value: Hl7Node | undefined, of?: Quantity): readonly Hl7Node[] =>
  value === undefined ? [] : [hl7Node('OBX.2', type), value, ...[of && unit(of)].filter((one) => one !== undefined)];
const figure = (value: unknown): string => String(value);

/** OBX-2, OBX-5 and OBX-6 of a value of each type; by the element of Observation that holds it. */
export const results = {
  quantity: (value: Quantity): readonly Hl7Node[] =>
    value.value === undefined
      ? []
      : value.comparator === undefined
        ? obx('NM', withComponents('OBX.5', { 1: figure(value.value) }), value)
        : obx('SN', withComponents('OBX.5', { 1: value.comparator, 2: figure(value.value) }), value),
  range: ({ low, high }: { low?: Quantity; high?: Quantity }): readonly Hl7Node[] =>
    low?.value === undefined || high?.value === undefined
      ? []
      : obx('SN', withComponents('OBX.5', { 2: figure(low.value), 3: '-', 4: figure(high.value) }), low),
  ratio: ({ numerator, denominator }: { numerator?: Quantity; denominator?: Quantity }): readonly Hl7Node[] =>
    numerator?.value === undefined || denominator?.value === undefined
      ? []
      : obx(
          'SN',
          withComponents('OBX.5', { 2: figure(numerator.value), 3: ':', 4: figure(denominator.value) }),
          denominator,
        ),
  code: (value: Concept): readonly Hl7Node[] => obx('CWE', concept('OBX.5', value)),
  time: (value: string): readonly Hl7Node[] => obx('TS', withComponents('OBX.5', { 1: hl7Time(value) })),
  text: (value: string): readonly Hl7Node[] => obx('TX', withComponents('OBX.5', { 1: value })),
} as const;

/** OBX-7: `3.5-5.0`, `<5`, `>10`, or the words. */
export function referenceRange(range: { low?: Quantity; high?: Quantity; text?: string }): string | undefined {
  const [low, high] = [range.low?.value, range.high?.value];
  if (low !== undefined && high !== undefined) return `${figure(low)}-${figure(high)}`;
  if (range.text !== undefined) return range.text;
  return low !== undefined ? `>=${figure(low)}` : high !== undefined ? `<=${figure(high)}` : undefined;
}
