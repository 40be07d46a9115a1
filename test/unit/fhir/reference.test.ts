import { parseCanonical, parseReference, visitReferences } from '../../../src/fhir/reference.js';
import { rewriteReferences } from '../../../src/fhir/rewrite-references.js';

const base = 'https://hjemmebro.example/fhir';

test.each([
  ['Patient/1', { kind: 'local', type: 'Patient', id: '1' }],
  ['Patient/1/_history/2', { kind: 'local', type: 'Patient', id: '1', version: '2' }],
  [`${base}/Patient/1`, { kind: 'local', type: 'Patient', id: '1' }],
  [`${base}/Patient/1/_history/3`, { kind: 'local', type: 'Patient', id: '1', version: '3' }],
  [
    'https://elsewhere.example/fhir/Patient/1',
    { kind: 'absolute', url: 'https://elsewhere.example/fhir/Patient/1', type: 'Patient', id: '1' },
  ],
  ['https://elsewhere.example/x?y=1', { kind: 'absolute', url: 'https://elsewhere.example/x?y=1' }],
  [
    'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0',
    { kind: 'urn', urn: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0' },
  ],
  ['urn:oid:1.2.3', { kind: 'urn', urn: 'urn:oid:1.2.3' }],
  ['#p1', { kind: 'contained', id: 'p1' }],
  ['#', { kind: 'contained', id: '' }],
  ['Patient?identifier=a|b', { kind: 'conditional', type: 'Patient', query: 'identifier=a|b' }],
  ['Patient', { kind: 'invalid' }],
  ['Patient/', { kind: 'invalid' }],
  ['Patient/a b', { kind: 'invalid' }],
  ['patient/1', { kind: 'invalid' }],
  ['', { kind: 'invalid' }],
  ['#a b', { kind: 'invalid' }],
])('the reference %j is understood', (text, expected) => {
  expect(parseReference(text, base)).toEqual(expected);
  expect(parseReference(text, `${base}/`)).toEqual(expected);
});

test('a canonical has a version and a fragment', () => {
  expect(parseCanonical('http://x.example/Q|1.0#a')).toEqual({
    url: 'http://x.example/Q',
    version: '1.0',
    fragment: 'a',
  });
  expect(parseCanonical('http://x.example/Q')).toEqual({ url: 'http://x.example/Q' });
});

const observation = {
  resourceType: 'Observation',
  contained: [{ resourceType: 'Device', id: 'd', patient: { reference: 'urn:uuid:1' } }],
  text: {
    status: 'generated',
    div: '<div xmlns="http://www.w3.org/1999/xhtml"><a href="urn:uuid:1#x">p</a><img alt="" src=\'urn:uuid:9\'/></div>',
  },
  extension: [{ url: 'http://x.example/e', valueUri: 'urn:uuid:1' }],
  identifier: [{ system: 'urn:ietf:rfc:3986', value: 'urn:uuid:1' }],
  subject: { reference: 'urn:uuid:1', display: 'urn:uuid:1' },
  performer: [{ identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: '1' } }, { reference: 'urn:uuid:2' }],
};

test('references are rewritten where they are references, links or uris, and nowhere else', () => {
  const before = JSON.stringify(observation);
  const rewritten = rewriteReferences(observation, (reference) =>
    reference === 'urn:uuid:1' ? 'Patient/7' : undefined,
  );
  expect(rewritten).toEqual({
    ...observation,
    contained: [{ resourceType: 'Device', id: 'd', patient: { reference: 'Patient/7' } }],
    text: {
      status: 'generated',
      div: '<div xmlns="http://www.w3.org/1999/xhtml"><a href="Patient/7#x">p</a><img alt="" src=\'urn:uuid:9\'/></div>',
    },
    extension: [{ url: 'http://x.example/e', valueUri: 'Patient/7' }],
    subject: { reference: 'Patient/7', display: 'urn:uuid:1' },
  });
  expect(JSON.stringify(observation)).toBe(before);
  expect(rewritten.performer).toBe(observation.performer);
});

test('the references of a Bundle inside stay', () => {
  const parameters = {
    resourceType: 'Parameters',
    parameter: [{ name: 'b', resource: { resourceType: 'Bundle', entry: [{ fullUrl: 'urn:uuid:1' }] } }],
  };
  expect(rewriteReferences(parameters, () => 'Patient/7')).toBe(parameters);
});

test('every reference is visited, literal and logical, with its path', () => {
  const seen: string[] = [];
  visitReferences(observation, (reference, where) =>
    seen.push(`${where()} ${reference.reference ?? reference.identifier?.value}`),
  );
  expect(seen).toEqual([
    'Observation.contained[0].patient urn:uuid:1',
    'Observation.subject urn:uuid:1',
    'Observation.performer[0] 1',
    'Observation.performer[1] urn:uuid:2',
  ]);
});

test('what only looks like a reference is not visited', () => {
  const seen: string[] = [];
  const visit = (resource: { resourceType: string; [element: string]: unknown }): void =>
    visitReferences(resource, (_, where) => seen.push(where()));
  visit({ resourceType: 'Immunization', education: [{ reference: 'http://x.example/leaflet' }] });
  visit({ resourceType: 'DetectedIssue', reference: 'http://x.example/about' });
  visit({
    resourceType: 'PlanDefinition',
    action: [
      { condition: [{ kind: 'start', expression: { language: 'text/fhirpath', reference: 'http://x.example' } }] },
    ],
  });
  expect(seen).toEqual([]);
});

test('a narrative of a million broken links takes no time', () => {
  const div = '<a href'.repeat(200_000);
  const start = process.cpuUsage().user;
  rewriteReferences({ resourceType: 'Basic', text: { div } }, () => undefined);
  expect(process.cpuUsage().user - start).toBeLessThan(1_000_000);
});
