import fc from 'fast-check';
import { choiceName, loadDefinitions } from '../../../../src/fhir/definitions.js';
import type { ElementNode } from '../../../../src/fhir/structure.js';

type Gen = fc.GeneratorValue;

const definitions = loadDefinitions();

/** Written into JSON as the bare literal: numbers that JSON.stringify could not write. */
const literal = (text: string): string => `@@${text}@@`;
const decimals = [
  '1.0',
  '0',
  '-0.00',
  '99999999999999999999999.99',
  '1E+308',
  '1e400',
  '-1e-400',
  '0.000000000000000000000000001',
  '38.5',
].map(literal);
const years = ['0001', '1900-02', '2024-02-29', '9999-12-31'];
const times = [
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999+14:00',
  '2016-12-31T23:59:60Z',
  '2026-03-29T02:30:00+01:00',
  '1850-06-01T12:00:00-12:00',
];
const texts = [
  'x',
  'Ærlig Ågot',
  '𝒳𝒴 🫁',
  "'; drop table resource; --",
  'a|b,c$d\\e',
  '%00%',
  '12834812019',
  'x'.repeat(6000),
  'æ'.repeat(3000),
  '\u202e\u0301x',
  '{"a":1}',
  'null',
];
const uris = [
  'http://example.org/x',
  'urn:uuid:00000000-0000-4000-8000-000000000001',
  'urn:oid:2.16.578.1.12.4.1.4.1',
  `http://example.org/${'y'.repeat(4000)}`,
  'x',
  'http://example.org/æ?a=b|c#d',
];
const units = ['kg', '%', 'mm[Hg]', '10*3/uL', '[degF]', 'no-such-unit', '{score}', '1', ''];

/** Values that the format of a primitive type allows, the outermost among them. */
const primitives: Readonly<Record<string, readonly unknown[]>> = {
  boolean: [true, false],
  integer: [0, 1, -2147483648, 2147483647],
  positiveInt: [1, 2147483647],
  unsignedInt: [0, 2147483647],
  decimal: decimals,
  string: texts,
  markdown: texts,
  code: ['x', 'a-b.c', 'kg', 'final'],
  id: ['x', 'a.b-c', 'A'.repeat(64)],
  uri: uris,
  url: uris,
  canonical: [...uris, 'http://example.org/x|1.0', 'http://example.org/x|1.0#y'],
  oid: ['urn:oid:1.2.3', 'urn:oid:2.16.578.1.12.4.1.4.1'],
  uuid: ['urn:uuid:00000000-0000-4000-8000-000000000001'],
  date: years,
  dateTime: [...years, ...times],
  instant: times,
  time: ['00:00:00', '23:59:60', '12:30:00.123456789'],
  base64Binary: ['AAAA', 'eA=='],
  xhtml: ['<div xmlns="http://www.w3.org/1999/xhtml">x</div>'],
};

const references = [
  'Patient/fuzz',
  'Patient/none',
  'Organization/fuzz',
  'http://elsewhere.example/fhir/Patient/1',
  'urn:uuid:00000000-0000-4000-8000-000000000002',
  'Patient?identifier=x',
  '#',
  '#nothing',
  'Patient/fuzz/_history/1',
  'Encounter/fuzz',
  '',
];

/** A resource of the type as JSON text, nearly always of the right shape, with values at the edges of what is allowed. */
export function randomResource(g: Gen, type: string, more: object = {}): string {
  const resource = { resourceType: type, ...element(g, type, 0), ...more };
  return textOf(resource);
}

/** JSON text, with the bare number literals in their places. */
export const textOf = (value: unknown): string => JSON.stringify(value).replace(/"@@([^"@]*)@@"/g, '$1');

const skipped = new Set(['id', 'meta', 'contained', 'text', 'implicitRules', 'language', 'modifierExtension']);

function element(g: Gen, path: string, depth: number): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const node of definitions.childrenOf(path)?.nodes ?? []) {
    const wanted =
      (node.min ?? 0) > 0 ||
      (!skipped.has(node.name) && depth < 4 && g(fc.integer, { min: 0, max: 99 }) < (depth === 0 ? 45 : 22));
    if (!wanted || (node.name === 'extension' && depth > 0)) continue;
    const [name, value] = oneValue(g, node, path, depth);
    if (value === undefined) continue;
    result[name] =
      node.list === true
        ? [value, ...(g(fc.boolean) ? [oneValue(g, node, path, depth, name)[1]] : [])].filter(
            (one) => one !== undefined,
          )
        : value;
  }
  return result;
}

function oneValue(g: Gen, node: ElementNode, path: string, depth: number, fixed?: string): [string, unknown] {
  const types = node.types ?? [];
  const codes = types.map(({ code }) => code);
  const type =
    fixed !== undefined && node.choice === true
      ? codes.find((code) => choiceName(node, code) === fixed)!
      : codes.length === 0
        ? undefined
        : g(fc.constantFrom, ...codes);
  const name = node.choice === true && type !== undefined ? choiceName(node, type) : node.name;
  if (type === undefined || type === 'BackboneElement' || type === 'Element')
    return [name, element(g, `${path}.${node.name}`, depth + 1)];
  return [name, typed(g, type, node, depth)];
}

function typed(g: Gen, type: string, node: ElementNode, depth: number): unknown {
  const bound = node.binding === undefined ? undefined : definitions.valueSet(node.binding.valueSet);
  if (type === 'code' && bound !== undefined && bound.codes.size > 0) return g(fc.constantFrom, ...bound.codes);
  const values = primitives[type];
  if (values !== undefined) return g(fc.constantFrom, ...values);
  switch (type) {
    case 'Reference': {
      const target = node.types?.find(({ code }) => code === 'Reference')?.targets?.[0] ?? 'Patient';
      if (g(fc.boolean)) return { reference: `${target}/fuzz` };
      if (g(fc.boolean))
        return { identifier: { system: g(fc.constantFrom, ...uris), value: g(fc.constantFrom, ...texts) } };
      return { reference: g(fc.constantFrom, ...references) };
    }
    case 'Quantity':
    case 'Age':
    case 'Duration':
      return {
        value: g(fc.constantFrom, ...decimals),
        system: 'http://unitsofmeasure.org',
        code: g(fc.constantFrom, ...units),
      };
    case 'CodeableConcept':
    case 'Coding': {
      const system = bound?.systems.find((one) => bound.codesOf(one).size > 0);
      const coding =
        system === undefined
          ? { system: g(fc.constantFrom, ...uris), code: 'x' }
          : { system, code: g(fc.constantFrom, ...bound!.codesOf(system)) };
      return type === 'Coding' ? coding : { coding: [coding], text: g(fc.constantFrom, ...texts) };
    }
    case 'Extension':
      return { url: 'http://example.org/e', valueString: g(fc.constantFrom, ...texts) };
    case 'Resource':
      return { resourceType: 'Basic', code: { text: 'x' } };
    default:
      return element(g, type, depth + 1);
  }
}
