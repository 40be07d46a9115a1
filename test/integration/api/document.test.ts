// https://hl7.org/fhir/R4/composition-operation-document.html
import { type HereServer, startHere } from '../../support/here.js';

let server: HereServer;
beforeAll(async () => {
  server = await startHere();
  for (const resource of [patient, author, list, reading, composition])
    await server.request('admin', `${resource.resourceType}/${resource.id}`, { method: 'PUT', body: resource });
});
afterAll(() => server.stop());

const patient = { resourceType: 'Patient', id: 'doc-p' };
const author = { resourceType: 'Organization', id: 'doc-o', name: 'Senter' };
const reading = {
  resourceType: 'Observation',
  id: 'doc-r',
  status: 'final',
  code: { text: 'x' },
  subject: { reference: 'Patient/doc-p' },
};
const list = {
  resourceType: 'List',
  id: 'doc-l',
  status: 'current',
  mode: 'snapshot',
  subject: { reference: 'Patient/doc-p' },
  entry: [{ item: { reference: 'Observation/doc-r' } }],
};
const composition = {
  resourceType: 'Composition',
  id: 'doc-c',
  status: 'final',
  type: { text: 'Sammendrag' },
  subject: { reference: 'Patient/doc-p' },
  date: '2026-11-01',
  author: [{ reference: 'Organization/doc-o' }, { reference: 'Practitioner/none' }],
  title: 'Sammendrag',
  section: [{ title: 'Målinger', entry: [{ reference: 'List/doc-l' }] }],
};
const idsIn = (bundle: { entry: readonly { resource: { id: string } }[] }): string[] =>
  bundle.entry.map(({ resource }) => resource.id);

test('a document has the Composition first, then what it leads to, each once', async () => {
  const { status, json } = await server.request('admin', 'Composition/doc-c/$document');
  expect([status, json.type, idsIn(json)]).toEqual([200, 'document', ['doc-c', 'doc-p', 'doc-o', 'doc-l', 'doc-r']]);
  expect(json.identifier.value).toMatch(/^urn:uuid:/);
  expect(json.entry[1].fullUrl).toBe(`${server.base}/Patient/doc-p`);
  const checked = await server.request('admin', 'Bundle/$validate', { method: 'POST', body: json });
  expect((checked.json.issue as { severity: string }[]).filter(({ severity }) => severity === 'error')).toEqual([]);
});

test('with persist it is stored', async () => {
  const answer = await server.request('admin', 'Composition/doc-c/$document?persist=true', { method: 'POST' });
  expect(answer.status).toBe(201);
  const stored = await server.request('admin', `Bundle/${answer.json.id}`);
  expect(idsIn(stored.json)).toContain('doc-r');
});

test.each([
  ['admin', 'Composition/none/$document', 404],
  ['gp', 'Composition/doc-c/$document', 404],
  ['admin', 'Composition/doc-c/$document?graph=http://x', 400],
  ['admin', 'Composition/doc-c/$document?persist=true', 405],
  ['admin', 'Composition/doc-c/$document?persist=maybe', 400],
] as const)('%s %s is answered with %i', async (client, path, status) => {
  expect((await server.request(client, path)).status).toBe(status);
});
