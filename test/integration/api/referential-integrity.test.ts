// https://hl7.org/fhir/R4/http.html#integrity
import { type HereServer, startHere } from '../../support/here.js';

let server: HereServer;
beforeAll(async () => {
  server = await startHere({ environment: { REFERENTIAL_INTEGRITY: 'on' } });
});
afterAll(() => server.stop());

const condition = (subject: object, more: object = {}) => ({ resourceType: 'Condition', subject, ...more });
const post = (body: { readonly resourceType: string }) => server.request('admin', body.resourceType, { body });

test('a reference into this server leads to what is there; elsewhere, and by identifier, it may lead anywhere', async () => {
  const { json } = await post({ resourceType: 'Patient' });
  const there = `Patient/${json.id as string}`;
  expect((await post(condition({ reference: there }))).status).toBe(201);
  expect((await post(condition({ reference: `${server.base}/${there}` }))).status).toBe(201);
  expect((await post(condition({ reference: 'https://elsewhere.example/fhir/Patient/1' }))).status).toBe(201);
  expect((await post(condition({ identifier: { system: 'urn:x', value: '1' } }))).status).toBe(201);
  const refused = await post(
    condition({ reference: there }, { evidence: [{ detail: [{ reference: 'Observation/never' }] }] }),
  );
  expect([refused.status, refused.json.issue]).toEqual([
    400,
    [expect.objectContaining({ code: 'not-found', expression: ['Condition.evidence[0].detail[0].reference'] })],
  ]);
});

test('what a transaction makes is there for the rest of it', async () => {
  const fullUrl = 'urn:uuid:7b0b5a5e-0000-4000-8000-000000000001';
  const entry = [
    { resource: condition({ reference: fullUrl }), request: { method: 'POST', url: 'Condition' } },
    { fullUrl, resource: { resourceType: 'Patient' }, request: { method: 'POST', url: 'Patient' } },
  ];
  const { status } = await server.request('admin', '', {
    body: { resourceType: 'Bundle', type: 'transaction', entry },
  });
  expect(status).toBe(200);
});

test('what is referred to is not deleted, unless what refers goes with it', async () => {
  const patient = (await post({ resourceType: 'Patient' })).json.id as string;
  const holder = (await post(condition({ reference: `Patient/${patient}` }))).json.id as string;
  const refused = await server.request('admin', `Patient/${patient}`, { method: 'DELETE' });
  expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('Condition')]);
  const entry = [`Patient/${patient}`, `Condition/${holder}`].map((url) => ({ request: { method: 'DELETE', url } }));
  const both = await server.request('admin', '', { body: { resourceType: 'Bundle', type: 'transaction', entry } });
  expect(both.status).toBe(200);
  expect((await post(condition({ reference: `Patient/${patient}` }))).status).toBe(400);
});

test('the CapabilityStatement says so', async () => {
  const { json } = await server.request('admin', 'metadata');
  expect(json.rest[0].resource[0].referencePolicy).toContain('enforced');
});
