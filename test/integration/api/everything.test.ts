// https://hl7.org/fhir/R4/patient-operation-everything.html
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';
import { NamedResources } from './named-resources.js';

let server: HereServer;
let patient: string;
let practitioner: string;
let named: NamedResources;

interface Entry {
  readonly resource: { readonly resourceType: string; readonly id: string };
  readonly search: { readonly mode: string };
}

const observation = (more: object): Record<string, unknown> => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'x' },
  ...more,
});

beforeAll(async () => {
  server = await startHere();
  named = new NamedResources(server);
  const { make } = named;
  const identifier = { system: 'urn:oid:2.16.578.1.12.4.1.4.1', value: '12834812019' };
  practitioner = await make('practitioner', { resourceType: 'Practitioner', name: [{ family: 'Test' }] });
  patient = await make('patient', { resourceType: 'Patient', identifier: [identifier] });
  const other = await make('other patient', { resourceType: 'Patient' });
  const subject = { reference: patient };
  await make(
    'old reading',
    observation({ subject, effectiveDateTime: '2026-01-10T08:00:00Z', performer: [{ reference: practitioner }] }),
  );
  await make('new reading', observation({ subject: { identifier }, effectiveDateTime: '2026-03-10T08:00:00Z' }));
  await make('condition', { resourceType: 'Condition', subject });
  await make("another's reading", observation({ subject: { reference: other } }));
  await make('nobody', observation({ performer: [{ reference: practitioner }] }));
});
afterAll(() => server.stop());

const entries = ({ json }: HereResponse): readonly Entry[] => (json.entry ?? []) as readonly Entry[];
const nameOf = ({ resource }: Entry): string => named.nameOf(resource);
const everything = (query = '', client: 'admin' | 'gp' = 'admin'): Promise<HereResponse> =>
  server.request(client, `${patient}/$everything${query}`);
const matches = (answer: HereResponse): string[] =>
  entries(answer)
    .filter(({ search }) => search.mode === 'match')
    .map(nameOf)
    .sort();
const included = (answer: HereResponse): string[] =>
  entries(answer)
    .filter(({ search }) => search.mode === 'include')
    .map(nameOf);

test('gives the patient, what names it literally or by identifier, and whom that refers to', async () => {
  const answer = await everything();
  expect([answer.status, answer.json.type]).toEqual([200, 'searchset']);
  expect(matches(answer)).toEqual(['condition', 'new reading', 'old reading', 'patient']);
  expect(included(answer)).toEqual(['practitioner']);
  expect(server.running.services.validator.validate(answer.json)).toEqual([]);
});

test.each([
  ['?_type=Observation', ['new reading', 'old reading'], []],
  ['?_type=Observation,Practitioner', ['new reading', 'old reading'], ['practitioner']],
  ['?start=2026-02-01', ['condition', 'new reading', 'patient'], []],
  ['?end=2026-02-01', ['condition', 'old reading', 'patient'], ['practitioner']],
  ['?start=2026-01-10&end=2026-01-10', ['condition', 'old reading', 'patient'], ['practitioner']],
  ['?_since=2999-01-01', [], []],
])('%s narrows it', async (query, expected, others) => {
  const answer = await everything(query);
  expect([matches(answer), included(answer)]).toEqual([expected, others]);
});

test('takes its parameters from a body as well', async () => {
  const body = {
    resourceType: 'Parameters',
    parameter: [
      { name: '_type', valueCode: 'Observation' },
      { name: 'start', valueDate: '2026-02-01' },
      { name: '_count', valueInteger: 10 },
    ],
  };
  expect(matches(await server.request('admin', `${patient}/$everything`, { body }))).toEqual(['new reading']);
});

test('pages lead through all of it once, in the order in which it came', async () => {
  const found: string[] = [];
  for (let next: string | undefined = `${patient}/$everything?_count=1`; next !== undefined; ) {
    const answer: HereResponse = await server.request('admin', next);
    found.push(...matches(answer));
    const links = answer.json.link as { relation: string; url: string }[];
    next = links.find(({ relation }) => relation === 'next')?.url.slice(server.base.length + 1);
  }
  expect(found).toEqual(['patient', 'old reading', 'new reading', 'condition']);
});

test('is not for who has no relation to the patient', async () => {
  expect((await everything('', 'gp')).status).toBe(404);
});

test.each([
  ['?shoe-size=42', 400],
  ['?start=soon', 400],
  ['?_since=x', 400],
  ['?_count=-1', 400],
  ['?_after=x', 400],
  ['?_after=999999999999999', 200],
  ['?_type=Pasient', 400],
  ['?_count=0', 200],
  ['?start=2026-03-01&end=2026-01-01', 200],
])('%s answers %s', async (query, status) => {
  expect((await everything(query)).status).toBe(status);
});

test('a patient who is not there has nothing', async () => {
  expect((await server.request('admin', 'Patient/never/$everything')).status).toBe(404);
  expect((await server.request('admin', 'Observation/x/$everything')).status).toBe(404);
});
