// Bad input in XML and in patches of every kind never gives a 5xx (decision 7). FUZZ_RUNS multiplies the runs, FUZZ_SEED gives others.
import fc from 'fast-check';
import { loadDefinitions } from '../../../../src/fhir/definitions.js';
import { parseJson } from '../../../../src/fhir/json.js';
import type { Resource } from '../../../../src/fhir/resource.js';
import { readFhirXml } from '../../../../src/fhir/xml/read-resource.js';
import { writeFhirXml } from '../../../../src/fhir/xml/write-resource.js';
import type { HereResponse, HereServer } from '../../../support/here.js';
import { validResources } from '../../../unit/validation/valid-resources.js';
import { patience, runsWithin, startFuzzed } from './fuzz-runs.js';
import { randomResource } from './random-resource.js';

const definitions = loadDefinitions();
let server: HereServer;
beforeAll(async () => {
  server = await startFuzzed('3000000');
});
afterAll(() => server.stop());

const runs = runsWithin(20_000);
const xml = 'application/fhir+xml';

function understood(answer: HereResponse, what: string): void {
  const isRefusal = answer.status < 400 || answer.text.includes('OperationOutcome');
  if (answer.status >= 500 || !isRefusal)
    throw new Error(`${answer.status} ${answer.text.slice(0, 300)}\n${what.slice(0, 3000)}`);
}

test(
  'random resources are taken in XML exactly where they are in JSON, and come back as they were',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...definitions.resourceTypes), fc.gen(), async (type, g) => {
        const text = randomResource(g, type);
        const inXml = writeFhirXml(parseJson(text) as Resource, definitions);
        const [first, second] = await Promise.all([
          server.request('admin', type, { body: text }),
          server.request('admin', type, { body: inXml, headers: { 'content-type': xml } }),
        ]);
        understood(second, inXml);
        expect([first.status, second.status]).toEqual([first.status, first.status]);
        if (second.status !== 201) return;
        const { id, meta } = readFhirXml(second.text, definitions);
        const read = await server.request('admin', `${type}/${id}`, { headers: { accept: xml } });
        expect(read.text).toBe(second.text);
        expect(readFhirXml(read.text, definitions)).toEqual({ ...readFhirXml(inXml, definitions), id, meta });
      }),
      runs(150),
    );
  },
  patience,
);

test(
  'XML with pieces cut out, doubled or put in is taken or refused',
  async () => {
    const resources = Object.values(validResources).map((resource) => writeFhirXml(resource, definitions));
    const piece = fc.constantFrom(
      '<',
      '>',
      '/>',
      '"',
      '&',
      '&#0;',
      '&nbsp;',
      '<!DOCTYPE a [<!ENTITY b "c">]>',
      '<![CDATA[',
      ']]>',
      '<!--',
      '-->',
      '<?xml version="1.1"?>',
      '\0',
      '\ud800',
      ' xmlns=""',
      ' xmlns:a="b"',
      ' value="x"',
      '<__proto__ value="1"/>',
      '<contained><Basic/></contained>',
      '<div>',
      '</div>',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...resources),
        fc.nat(4000),
        fc.nat(60),
        piece,
        async (text, at, length, more) => {
          const start = at % text.length;
          const type = /<(\w+) xmlns/.exec(text)![1]!;
          for (const changed of [
            text.slice(0, start) + text.slice(start + length),
            text.slice(0, start) + more + text.slice(start),
            text.slice(0, start + length) + text.slice(start),
          ])
            understood(
              await server.request('admin', type, {
                body: changed.replace(/\p{Surrogate}/gu, '?'),
                headers: { 'content-type': xml },
              }),
              changed,
            );
        },
      ),
      runs(80),
    );
  },
  patience,
);

test(
  'random FHIRPath and XML Patches are applied or refused',
  async () => {
    const path = fc.oneof(
      fc
        .array(
          fc.constantFrom(
            'Patient',
            '.name',
            '[0]',
            '[9]',
            '.where(',
            "use='x'",
            ')',
            '.given',
            '.first()',
            '.deceased',
            '.extension',
            '.id',
            ' | ',
            '%resource',
            '$this',
            '.all(true)',
            "'",
            '-1',
            '.birthDate',
            '.contact',
          ),
          { maxLength: 6 },
        )
        .map((parts) => parts.join('')),
      fc.string({ maxLength: 12 }),
    );
    const value = fc.constantFrom<object>(
      { valueString: 'x' },
      { valueCode: 'male' },
      { valueDate: '2026' },
      { valueBoolean: true },
      { valueHumanName: { family: 'x' } },
      { valueInteger: 0 },
      { part: [{ name: 'name', valueHumanName: { text: 'x' } }] },
      { valueExtension: { url: 'x', valueString: 'y' } },
      {},
    );
    const operation = fc
      .tuple(
        fc.constantFrom('add', 'insert', 'delete', 'replace', 'move', 'x'),
        path,
        fc.constantFrom('name', 'given', 'deceased', '__proto__', 'id', 'extension'),
        value,
        fc.nat(3),
        fc.nat(3),
      )
      .map(([type, where, name, content, one, two]) => ({
        name: 'operation',
        part: [
          { name: 'type', valueCode: type },
          { name: 'path', valueString: where === '' ? 'x' : where },
          { name: 'name', valueString: name },
          { name: 'value', ...content },
          { name: 'index', valueInteger: one },
          { name: 'source', valueInteger: one },
          { name: 'destination', valueInteger: two },
        ],
      }));
    const sel = fc
      .array(
        fc.constantFrom(
          'f:Patient',
          '/',
          '*',
          '[1]',
          '[f:given/@value="x"]',
          '@value',
          '@id',
          'f:name',
          'f:text',
          'h:div',
          '//',
          'text()',
          '.',
          '..',
          '[',
          "'",
        ),
        { maxLength: 7 },
      )
      .map((parts) => parts.join(''));
    const change = fc
      .tuple(
        fc.constantFrom('add', 'replace', 'remove'),
        sel,
        fc.constantFrom('', ' pos="before"', ' type="@id"', ' type="namespace::x"'),
        fc.constantFrom('', 'x', '<f:gender value="male"/>', '<f:id value="y"/>', '<h:div>x</h:div>', '<x/>'),
      )
      .map(
        ([name, where, more, content]) =>
          `<${name} sel="${where.replaceAll('"', '&quot;')}"${more}>${content}</${name}>`,
      );
    const headers = (type: string): Record<string, string> => ({
      'content-type': type,
      accept: 'application/fhir+json',
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { minLength: 1, maxLength: 3 }),
        fc.array(change, { maxLength: 3 }),
        async (operations, changes) => {
          const body = JSON.stringify({ resourceType: 'Parameters', parameter: operations });
          understood(
            await server.request('admin', 'Patient/fuzz', {
              method: 'PATCH',
              body,
              headers: headers('application/fhir+json'),
            }),
            body,
          );
          const diff = `<diff xmlns:f="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml">${changes.join('')}</diff>`;
          understood(
            await server.request('admin', 'Patient/fuzz', {
              method: 'PATCH',
              body: diff,
              headers: headers('application/xml-patch+xml'),
            }),
            diff,
          );
        },
      ),
      runs(100),
    );
    const left = await server.request('admin', 'Patient/fuzz');
    expect(server.running.services.validator.validate(left.json)).toEqual([]);
  },
  patience,
);

const bytes = (text: string, ...more: number[]): Buffer =>
  Buffer.concat([Buffer.from(text), Buffer.from(more), Buffer.from('"}')]);
const patientXml = (inside: string): string => `<Patient xmlns="http://hl7.org/fhir">${inside}</Patient>`;
const entries = (count: number): string =>
  JSON.stringify({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: Array.from({ length: count }, (_, n) => ({
      resource: { resourceType: 'Basic', code: n === count - 1 ? 7 : { text: 'x' } },
      request: { method: 'POST', url: 'Basic' },
    })),
  });

test.each<[what: string, at: string, type: string, body: () => string | Buffer, status: number]>([
  [
    'JSON nested deep',
    'Basic',
    'application/fhir+json',
    () => `{"resourceType":"Basic","extension":${'['.repeat(200_000)}`,
    400,
  ],
  ['objects nested deep', 'Basic', 'application/fhir+json', () => '{"a":'.repeat(200_000), 400],
  ['XML nested deep', 'Patient', xml, () => patientXml('<extension>'.repeat(100_000)), 400],
  [
    'XML nested deep, and closed',
    'Patient',
    xml,
    () => patientXml('<extension>'.repeat(200) + '</extension>'.repeat(200)),
    400,
  ],
  [
    'a narrative nested deep',
    'Patient',
    xml,
    () => patientXml(`<text><div xmlns="http://www.w3.org/1999/xhtml">${'<b>'.repeat(5000)}`),
    400,
  ],
  [
    'entities that grow',
    'Patient',
    xml,
    () => `<!DOCTYPE a [<!ENTITY b "${'c'.repeat(1000)}"><!ENTITY d "${'&b;'.repeat(1000)}">]>${patientXml('')}`,
    400,
  ],
  [
    'a file of the server',
    'Patient',
    xml,
    () => `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>${patientXml('<name><text value="&b;"/></name>')}`,
    400,
  ],
  [
    'an attribute of a megabyte and more',
    'Patient',
    xml,
    () => patientXml(`<name><text value="${'x'.repeat(2_000_000)}"/></name>`),
    400,
  ],
  [
    'blanks in a tag',
    'Patient',
    xml,
    () => `<Patient xmlns="http://hl7.org/fhir"${' '.repeat(2_000_000)}></Patient>`,
    201,
  ],
  [
    'invalid UTF-8 in JSON',
    'Patient',
    'application/fhir+json',
    () => bytes('{"resourceType":"Patient","id":"', 0xc3, 0x28),
    400,
  ],
  ['invalid UTF-8 in XML', 'Patient', xml, () => bytes('<Patient xmlns="http://hl7.org/fhir', 0xff, 0xfe), 400],
  [
    'a prototype in JSON',
    'Patient',
    'application/fhir+json',
    () => '{"resourceType":"Patient","__proto__":{"active":true}}',
    400,
  ],
  [
    'a constructor in JSON',
    'Patient',
    'application/fhir+json',
    () => '{"resourceType":"Patient","constructor":{"prototype":{"a":1}}}',
    400,
  ],
  ['a constructor in XML', 'Patient', xml, () => patientXml('<constructor value="x"/>'), 400],
  ['fifty megabytes', 'Patient', 'application/fhir+json', () => Buffer.alloc(50_000_000, 0x20), 413],
  ['fifty megabytes of XML', 'Patient', xml, () => Buffer.alloc(50_000_000, 0x20), 413],
  ['ten thousand entries of which one is wrong', '', 'application/fhir+json', () => entries(10_000), 400],
  ['more entries than are taken', '', 'application/fhir+json', () => entries(20_001), 400],
])('%s', async (_what, at, type, body, status) => {
  const answer = await fetch(`${server.base}/${at}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await server.token('admin')}`,
      'content-type': type,
      accept: 'application/fhir+json',
    },
    body: body(),
  });
  expect(answer.status).toBe(status);
  if (status >= 400) expect(await answer.json()).toMatchObject({ resourceType: 'OperationOutcome' });
});
