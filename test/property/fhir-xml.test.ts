import fc from 'fast-check';
import { loadDefinitions } from '../../src/fhir/definitions.js';
import { parseJson, stringifyJson } from '../../src/fhir/json.js';
import type { Resource } from '../../src/fhir/resource.js';
import { readFhirXml } from '../../src/fhir/xml/read-resource.js';
import { writeFhirXml } from '../../src/fhir/xml/write-resource.js';
import { Failure } from '../../src/kernel/failure.js';
import { randomResource } from '../integration/api/fuzz/random-resource.js';

const definitions = loadDefinitions();
const types = fc.constantFrom(...definitions.resourceTypes);

/** Names in one order, so that only the content is compared; without empty objects, which FHIR has not. Literals stay. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted).filter((one) => one !== undefined);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const members = Object.entries(value)
    .map(([name, one]) => [name, sorted(one)] as const)
    .filter(([, one]) => one !== undefined && !(Array.isArray(one) && one.length === 0))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

test('any resource goes to XML and back with nothing lost, indented or not', () => {
  fc.assert(
    fc.property(fc.gen(), types, fc.constantFrom(undefined, 2), (g, type, indent) => {
      const resource = sorted(parseJson(randomResource(g, type))) as Resource;
      const back = readFhirXml(writeFhirXml(resource, definitions, indent), definitions);
      expect(stringifyJson(sorted(back))).toBe(stringifyJson(resource));
    }),
    { numRuns: 150 },
  );
});

test('any text of XML is read or refused', () => {
  const piece = fc.constantFrom(
    '<Patient xmlns="http://hl7.org/fhir">',
    '</Patient>',
    '<active value="true"/>',
    '<name>',
    '</name>',
    '<given value="',
    '"/>',
    '<div xmlns="http://www.w3.org/1999/xhtml">',
    '</div>',
    '<![CDATA[',
    ']]>',
    '<!--',
    '-->',
    '<?x',
    '?>',
    '&amp;',
    '&#0;',
    '&#x1F600;',
    "'",
    '<a:b xmlns:a="http://hl7.org/fhir"/>',
    'x',
    '\u0001',
    '<!DOCTYPE a>',
    '<contained>',
    '</contained>',
    '<text>',
    '</text>',
    ' ',
    '>',
    '/',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), fc.boolean(), (pieces, whole) => {
      const text = whole ? `<Patient xmlns="http://hl7.org/fhir">${pieces.join('')}</Patient>` : pieces.join('');
      try {
        expect(readFhirXml(text, definitions).resourceType).toBe('Patient');
      } catch (error) {
        expect(error).toBeInstanceOf(Failure);
        expect((error as Failure).category).toBe('invalid');
      }
    }),
    { numRuns: 1500 },
  );
});
