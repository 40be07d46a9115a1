// https://hl7.org/fhir/R4/observation-operation-lastn.html
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';

const fnrSystem = 'urn:oid:2.16.578.1.12.4.1.4.1';
const fnr = '12834812019';
const spo2 = 'http://loinc.org|59408-5';
const spo2Snomed = 'http://snomed.info/sct|431314004';
const pulse = 'http://loinc.org|8867-4';
const weight = 'http://loinc.org|29463-7';
let server: HereServer;

const coding = (token: string): object => ({
  system: token.slice(0, token.indexOf('|')),
  code: token.slice(token.indexOf('|') + 1),
});
const put = async (
  resource: { resourceType: string; id: string; [element: string]: unknown },
  client: 'admin' | 'municipality' = 'admin',
): Promise<void> => {
  const answer = await server.request(client, `${resource.resourceType}/${resource.id}`, {
    method: 'PUT',
    body: resource,
  });
  if (answer.status !== 201) throw new Error(`${resource.resourceType}/${resource.id}: ${answer.text}`);
};
const observe = (id: string, codes: readonly string[], time: string | undefined, more: object = {}): Promise<void> =>
  put({
    resourceType: 'Observation',
    id,
    status: 'final',
    category: [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] },
    ],
    code: { coding: codes.map(coding) },
    subject: { reference: 'Patient/ola' },
    ...(time === undefined ? {} : { effectiveDateTime: time }),
    ...more,
  });

beforeAll(async () => {
  server = await startHere();
  await put({ resourceType: 'Patient', id: 'ola', identifier: [{ system: fnrSystem, value: fnr }] }, 'municipality');
  await put({ resourceType: 'Patient', id: 'other' });
  await put(
    {
      resourceType: 'EpisodeOfCare',
      id: 'episode',
      status: 'active',
      patient: { reference: 'Patient/ola' },
      managingOrganization: { identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.101', value: '310000019' } },
    },
    'municipality',
  );
  await observe('s1', [spo2], '2026-03-01T08:00:00Z');
  await observe('s2', [spo2Snomed], '2026-03-02T08:00:00Z', {
    subject: { identifier: { system: fnrSystem, value: fnr } },
  });
  await observe('s3', [spo2, spo2Snomed], '2026-03-03T08:00:00+01:00');
  await observe('p1', [pulse], '2026-03-01T08:00:00Z');
  await observe('p2', [pulse], '2026-03-04T08:00:00Z');
  await observe('p3', [pulse], '2026-03-04T08:00:00Z');
  await observe('p4', [pulse], '2026-03-05T08:00:00Z', { status: 'entered-in-error' });
  await observe('w1', [weight, 'http://example.org|own'], '2026-03-01');
  await observe('w2', ['http://example.org|own'], '2026-03-02');
  await observe('g1', ['http://example.org|a', 'http://example.org|b'], '2026-01-01');
  await observe('g2', ['http://example.org|a'], '2026-01-02');
  await observe('g3', ['http://example.org|b'], '2026-01-03');
  await observe('w3', [weight], '2026-03-03', { subject: { reference: 'Patient/other' } });
});
afterAll(() => server.stop());

const form = (
  body: string,
  client: 'admin' | 'municipality' | 'hospital' | 'gp' | 'device' = 'admin',
): Promise<HereResponse> =>
  server.request(client, 'Observation/$lastn', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
const ids = ({ json }: HereResponse): string[] =>
  ((json.entry ?? []) as { resource: { id: string } }[]).map(({ resource }) => resource.id).sort();
const code = (...tokens: string[]): string => `code=${encodeURIComponent(tokens.join())}`;

test.each<[string, string, string[]]>([
  ['the newest of one code', code(spo2), ['s3']],
  ['the newest two, other spellings of the measurement among them', `${code(spo2, spo2Snomed)}&max=2`, ['s2', 's3']],
  ['as many as there are', `${code(spo2, spo2Snomed)}&max=10`, ['s1', 's2', 's3']],
  ['all that tie for the last place', `${code(pulse)}&max=1`, ['p2', 'p3']],
  ['what was entered in error only where it is asked for', `${code(pulse)}&status=entered-in-error`, ['p4']],
  ['codings that stand together as one measurement', `${code(weight, 'http://example.org|own')}`, ['w2']],
  ['codings that stood together once as one measurement', code('http://example.org|a', 'http://example.org|b'), ['g3']],
  ['each measurement of a category by itself', 'category=vital-signs', ['g3', 'p2', 'p3', 's3', 'w2']],
  ['the newest within a time', `${code(pulse, spo2)}&date=lt2026-03-02`, ['p1', 's1']],
  ['nothing for a code that is not there', code('http://loinc.org|0000-0'), []],
])('gives %s', async (_what, query, expected) => {
  expect(ids(await server.request('admin', `Observation/$lastn?patient=ola&${query}`))).toEqual(expected);
  expect(ids(await form(`patient=Patient/ola&${query}`))).toEqual(expected);
});

test('takes the patient by an identity number in a form or in Parameters, and by subject', async () => {
  const number = encodeURIComponent(`${fnrSystem}|${fnr}`);
  expect(ids(await form(`patient.identifier=${number}&${code(spo2)}`))).toEqual(['s3']);
  const parameter = [
    { name: 'patient.identifier', valueString: `${fnrSystem}|${fnr}` },
    { name: 'code', valueString: spo2 },
    { name: 'max', valueInteger: 2 },
  ];
  const byBody = await server.request('admin', 'Observation/$lastn', {
    body: { resourceType: 'Parameters', parameter },
  });
  expect(ids(byBody)).toEqual(['s1', 's3']);
  expect(byBody.text.split(fnr)).toHaveLength(1);
  expect(ids(await server.request('admin', `Observation/$lastn?subject=Patient/other&${code(weight)}`))).toEqual([
    'w3',
  ]);
});

test('shows each client only what it may see', async () => {
  const query = `patient=ola&${code(spo2, pulse)}`;
  expect(ids(await form(query, 'municipality'))).toEqual(['p2', 'p3', 's3']);
  for (const client of ['hospital', 'gp', 'device'] as const)
    expect([client, ids(await form(query, client))]).toEqual([client, []]);
});

test.each([
  ['no patient', code(spo2), /patient/],
  ['neither code nor category', 'patient=ola', /code or category/],
  ['a max that is no number', `patient=ola&${code(spo2)}&max=many`, /max/],
  ['a max of none', `patient=ola&${code(spo2)}&max=0`, /max/],
  ['an unknown parameter', `patient=ola&${code(spo2)}&shoe-size=42`, /shoe-size/],
])('with %s is refused with 400', async (_what, query, says) => {
  const answer = await form(query);
  expect([answer.status, answer.text]).toEqual([400, expect.stringMatching(says)]);
});
