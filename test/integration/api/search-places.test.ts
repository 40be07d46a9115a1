// Searches of a compartment and of all types: https://hl7.org/fhir/R4/http.html#search
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';
import { NamedResources } from './named-resources.js';

let server: HereServer;
let patient: string;
let other: string;
let named: NamedResources;

const observation = (more: object): Record<string, unknown> => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'x' },
  meta: { tag: [{ code: 'p' }] },
  ...more,
});

beforeAll(async () => {
  server = await startHere();
  named = new NamedResources(server);
  const { make } = named;
  const identifier = { system: 'urn:oid:2.16.578.1.12.4.1.4.1', value: '12834812019' };
  patient = await make('patient', {
    resourceType: 'Patient',
    identifier: [identifier],
    meta: { tag: [{ code: 'p' }] },
  });
  other = await make('other', { resourceType: 'Patient' });
  await make('literal', observation({ subject: { reference: patient } }));
  await make('logical', observation({ subject: { identifier }, status: 'amended' }));
  await make('performed', observation({ performer: [{ reference: patient }], subject: { reference: other } }));
  await make('elsewhere', observation({ subject: { reference: other } }));
  await make('goal', {
    resourceType: 'Goal',
    lifecycleStatus: 'active',
    description: { text: 'x' },
    subject: { reference: patient },
  });
});
afterAll(() => server.stop());

const found = ({ json }: HereResponse): string[] =>
  ((json.entry ?? []) as { resource: { resourceType: string; id: string } }[])
    .map(({ resource }) => named.nameOf(resource))
    .sort();
const link = ({ json }: HereResponse, relation: string): string | undefined =>
  (json.link as { relation: string; url: string }[])
    .find((one) => one.relation === relation)
    ?.url.slice(server.base.length);
const form = { 'content-type': 'application/x-www-form-urlencoded' };

async function walk(start: string): Promise<string[]> {
  const all: string[] = [];
  for (let next: string | undefined = start; next !== undefined; ) {
    const answer = await server.request('admin', `/fhir${next}`);
    expect([next, answer.status]).toEqual([next, 200]);
    all.push(...found(answer));
    next = link(answer, 'next');
  }
  return all.sort();
}

describe('a compartment search', () => {
  test('finds what refers to the patient in any of the ways of its type', async () => {
    const answer = await server.request('admin', `${patient}/Observation`);
    expect([answer.status, found(answer)]).toEqual([200, ['literal', 'logical', 'performed']]);
    expect(link(answer, 'self')).toBe(`/${patient}/Observation`);
    expect(found(await server.request('admin', `${patient}/Goal`))).toEqual(['goal']);
    expect(found(await server.request('admin', `${patient}/Patient`))).toEqual(['patient']);
    expect(found(await server.request('admin', 'Patient/never/Observation'))).toEqual([]);
  });

  test('takes the parameters of the type, by POST as well', async () => {
    expect(found(await server.request('admin', `${patient}/Observation?status=amended`))).toEqual(['logical']);
    expect((await server.request('admin', `${patient}/Observation?_summary=count`)).json.total).toBe(3);
    const posted = await server.request('admin', `${patient}/Observation/_search`, {
      body: 'status=final',
      headers: form,
    });
    expect(found(posted)).toEqual(['literal', 'performed']);
  });

  test('its pages lead to the end', async () => {
    expect(await walk(`/${patient}/Observation?_count=1`)).toEqual(['literal', 'logical', 'performed']);
    const posted = await server.request('admin', `${patient}/Observation/_search`, { body: '_count=2', headers: form });
    expect(await walk(link(posted, 'next')!)).toHaveLength(1);
  });

  test('shows nobody what a search would not show', async () => {
    expect(found(await server.request('gp', `${patient}/Observation`))).toEqual([]);
    expect((await server.request('gp', `${patient}/AuditEvent`)).status).toBe(403);
  });

  test.each([
    ['Patient/x/Medication', 404],
    ['Patient/x/Pasient', 404],
    ['Observation/x/Patient', 404],
    ['Patient/a,b/Observation', 404],
    ['Patient/x/observation', 404],
    ['Patient/x/Observation?shoe-size=42', 400],
    ['Patient/12834812019/Observation', 400],
  ])('%s answers %s', async (path, status) => {
    expect((await server.request('admin', path)).status).toBe(status);
  });
});

describe('a search over all types', () => {
  test('finds resources of the types that are named', async () => {
    expect(found(await server.request('admin', '?_type=Patient,Goal'))).toEqual(['goal', 'other', 'patient']);
    expect(found(await server.request('admin', '?_tag=p&_type=Patient'))).toEqual(['patient']);
    const all = await server.request('admin', '?_tag=p');
    expect(found(all)).toEqual(['elsewhere', 'literal', 'logical', 'patient', 'performed']);
    expect(link(all, 'self')).toBe('?_tag=p');
    expect((await server.request('admin', '?_tag=p&_summary=count')).json.total).toBe(5);
  });

  test('by POST, in pages and in Bundles', async () => {
    const posted = await server.request('admin', '_search', { body: '_tag=p&_count=2', headers: form });
    expect(found(posted)).toHaveLength(2);
    expect(await walk(link(posted, 'next')!)).toHaveLength(3);
    expect(await walk('?_tag=p&_count=1&_sort=_lastUpdated')).toHaveLength(5);
    for (const type of ['batch', 'transaction']) {
      const answer = await server.request('admin', '', {
        body: { resourceType: 'Bundle', type, entry: [{ request: { method: 'GET', url: '?_type=Goal' } }] },
      });
      expect(answer.json.entry[0].resource.entry).toHaveLength(1);
    }
  });

  test('shows nobody what a search of the type would not show', async () => {
    expect(found(await server.request('gp', '?_type=Patient,Observation,Goal'))).toEqual([]);
    expect(found(await server.request('gp', '?_tag=p'))).toEqual([]);
    expect((await server.request('gp', '?_type=AuditEvent')).status).toBe(403);
  });

  test.each([
    ['?_type=Pasient', 400],
    ['?status=final', 400],
    ['?_page=x', 400],
    ['?_count=1', 200],
    ['_search', 405],
  ])('%s answers %s', async (path, status) => {
    expect((await server.request('admin', path)).status).toBe(status);
  });
});
