// https://hl7.org/fhir/uv/bulkdata/export.html
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';

let server: HereServer;
beforeAll(async () => {
  server = await startHere();
});
afterAll(() => server.stop());

// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;
type Client = Parameters<HereServer['request']>[0];
const async = { prefer: 'respond-async' };
const below = (url: string): string => url.slice(url.indexOf('/fhir/') + 6);

/** Asks again until the job is done. */
async function finished(client: Client, kickedOff: HereResponse): Promise<HereResponse> {
  expect([kickedOff.status, kickedOff.text]).toEqual([202, '']);
  const place = below(kickedOff.headers.get('content-location')!);
  for (;;) {
    const answer = await server.request(client, place);
    if (answer.status !== 202) return answer;
    expect(answer.headers.get('x-progress')).toMatch(/\w/);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

interface Output {
  readonly type: string;
  readonly url: string;
  readonly count: number;
}

async function linesIn(client: Client, output: Output): Promise<Json[]> {
  const answer = await server.request(client, below(output.url), { headers: { accept: 'application/fhir+ndjson' } });
  expect(answer.headers.get('content-type')).toBe('application/fhir+ndjson; charset=utf-8');
  const lines = answer.text.trim().split('\n');
  expect(lines).toHaveLength(output.count);
  return lines.map((line) => JSON.parse(line) as unknown);
}

async function exported(client: Client, path: string, init: object = {}): Promise<Record<string, Json[]>> {
  const answer = await finished(client, await server.request(client, path, { headers: async, ...init }));
  expect([answer.status, answer.json.requiresAccessToken, answer.json.error]).toEqual([200, true, []]);
  expect(Date.parse(answer.headers.get('expires')!)).toBeGreaterThan(Date.parse(answer.json.transactionTime));
  const found: Record<string, Json[]> = {};
  for (const output of answer.json.output as Output[])
    found[output.type] = [...(found[output.type] ?? []), ...(await linesIn(client, output))];
  return found;
}

const imported = async (lines: readonly (object | string)[]): Promise<HereResponse> =>
  finished(
    'admin',
    await server.request('admin', '$import', {
      method: 'POST',
      body: lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
      headers: { ...async, 'content-type': 'application/fhir+ndjson' },
    }),
  );

const patient = (id: string): object => ({ resourceType: 'Patient', id, name: [{ family: 'Bulk' }] });
const weight = (id: string, of: string, value: string): string =>
  `{"resourceType":"Observation","id":"${id}","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},"subject":{"reference":"Patient/${of}"},"valueQuantity":{"value":${value},"unit":"kg"}}`;

let begun = '';
beforeAll(async () => {
  const answer = await imported([
    patient('bulk-a'),
    patient('bulk-b'),
    weight('bulk-wa', 'bulk-a', '80.10'),
    weight('bulk-wb', 'bulk-b', '70.0'),
    { resourceType: 'Organization', name: 'Uten id' },
    {
      resourceType: 'Group',
      id: 'bulk-g',
      type: 'person',
      actual: true,
      member: [{ entity: { reference: 'Patient/bulk-a' } }],
    },
  ]);
  expect(answer.json.error).toEqual([]);
  expect(answer.json.output).toEqual([expect.objectContaining({ type: 'OperationOutcome', count: 6 })]);
  begun = answer.json.transactionTime as string;
});

test('what is imported by the line is stored, literals and all; a line without an id is created once', async () => {
  expect((await server.request('admin', 'Observation/bulk-wa')).text).toContain('"value":80.10,');
  expect((await server.request('admin', 'Organization?name:exact=Uten%20id&_summary=count')).json.total).toBe(1);
});

test('a line that is wrong has its outcome, and the others are stored', async () => {
  const answer = await imported([
    patient('bulk-c'),
    'no JSON',
    { resourceType: 'Observation', id: 'bulk-x', status: 'wrong', code: { text: 'x' } },
    { resourceType: 'Cat', id: 'tom' },
    patient('bulk-d'),
    '[]',
  ]);
  const [good, bad] = [answer.json.output[0] as Output, answer.json.error[0] as Output];
  expect((await linesIn('admin', good)).map((one) => one.issue[0].diagnostics)).toEqual([
    'Line 1: Patient/bulk-c is stored.',
    'Line 5: Patient/bulk-d is stored.',
  ]);
  const words = (await linesIn('admin', bad)).map((one) => one.issue[0].diagnostics as string);
  expect(words.map((text) => text.slice(0, 7)).sort()).toEqual(['Line 2:', 'Line 3:', 'Line 4:', 'Line 6:']);
});

test('a system export has every type, by type, as it is stored', async () => {
  const all = await exported('admin', '$export?_type=Patient,Observation');
  expect(Object.keys(all).sort()).toEqual(['Observation', 'Patient']);
  expect(all['Patient']!.map(({ id }) => id as string)).toEqual(expect.arrayContaining(['bulk-a', 'bulk-b']));
});

test('_typeFilter, _elements and POST with Parameters', async () => {
  const parameter = [
    { name: '_typeFilter', valueString: 'Observation?value-quantity=gt75' },
    { name: '_elements', valueString: 'id' },
    { name: '_outputFormat', valueString: 'application/fhir+ndjson' },
  ];
  const all = await exported('admin', '$export', { method: 'POST', body: { resourceType: 'Parameters', parameter } });
  expect(all['Observation']!.map(({ id, valueQuantity }) => [id, valueQuantity])).toEqual([['bulk-wa', undefined]]);
  expect(Object.keys(all)).toEqual(['Observation']);
});

test('a patient export has what concerns patients; one of a Group that of its members', async () => {
  const types = '_type=Patient,Observation,Group';
  const some = await exported('admin', `Patient/$export?${types}&patient=Patient/bulk-b`);
  expect([some['Patient']!.map(({ id }) => id), some['Observation']!.map(({ id }) => id)]).toEqual([
    ['bulk-b'],
    ['bulk-wb'],
  ]);
  const group = await exported('admin', `Group/bulk-g/$export?${types}`);
  expect([group['Patient']!.map(({ id }) => id), group['Observation']!.map(({ id }) => id)]).toEqual([
    ['bulk-a'],
    ['bulk-wa'],
  ]);
  const all = await exported('admin', 'Patient/$export');
  expect(all['Organization']).toBeUndefined();
  expect(all['Patient']!.length).toBeGreaterThanOrEqual(4);
});

test('_elements of one type leaves the others whole', async () => {
  const all = await exported('admin', '$export?_type=Group,Observation&_elements=Observation.status');
  expect(all['Observation']!.every((one) => one.valueQuantity === undefined && one.status === 'final')).toBe(true);
  expect(all['Group']!.find(({ id }) => id === 'bulk-g').member).toHaveLength(1);
});

test('Provenance comes with what it is about where that is asked for: the latest, or all; each once', async () => {
  const recorded = (id: string, time: string, ...about: string[]): Promise<HereResponse> =>
    server.request('admin', `Provenance/${id}`, {
      method: 'PUT',
      body: {
        resourceType: 'Provenance',
        id,
        target: about.map((reference) => ({ reference })),
        recorded: time,
        agent: [{ who: { display: 'somebody' } }],
      },
    });
  const made = [
    await recorded('bulk-p1', '2026-01-01T00:00:00Z', 'Patient/bulk-a', 'Patient/bulk-b'),
    await recorded('bulk-p2', '2026-02-01T00:00:00Z', 'Patient/bulk-b', 'Observation/bulk-wa'),
    await recorded('bulk-p3', '2026-01-15T00:00:00Z', 'Patient/bulk-b/_history/1'),
    await recorded('bulk-p4', '2026-01-15T00:00:00Z', 'Group/bulk-g'),
  ];
  expect(made.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
  const ids = async (query: string): Promise<string[]> => {
    const { Provenance: found = [] } = await exported('admin', `$export?${query}`);
    return found.map(({ id }) => String(id)).sort();
  };
  expect(await ids('_type=Patient')).toEqual([]);
  const latest = '&includeAssociatedData=LatestProvenanceResources';
  expect(await ids(`_type=Patient${latest}`)).toEqual(['bulk-p1', 'bulk-p2']);
  expect(await ids(`_type=Patient,Observation${latest}`)).toEqual(['bulk-p1', 'bulk-p2']);
  const relevant = '&includeAssociatedData=RelevantProvenanceResources';
  expect(await ids(`_type=Patient${relevant}`)).toEqual(['bulk-p1', 'bulk-p2', 'bulk-p3']);
  const all = await ids(`_type=Patient,Provenance${relevant}`);
  expect([all.filter((id) => id.startsWith('bulk-')), new Set(all).size]).toEqual([
    ['bulk-p1', 'bulk-p2', 'bulk-p3', 'bulk-p4'],
    all.length,
  ]);
  const narrowed = await ids(
    `_typeFilter=${encodeURIComponent('Provenance?_id=bulk-p3')}&_type=Patient,Provenance${relevant}`,
  );
  expect(narrowed).toEqual(['bulk-p1', 'bulk-p2', 'bulk-p3']);
});

test('since a time: what was changed, and what was deleted', async () => {
  await server.request('admin', 'Observation/bulk-wb', { method: 'DELETE' });
  const answer = await finished(
    'admin',
    await server.request('admin', `$export?_type=Observation&_since=${encodeURIComponent(begun)}`, { headers: async }),
  );
  const [gone] = answer.json.deleted as Output[];
  expect((await linesIn('admin', gone!)).map((one) => one.entry[0].request)).toContainEqual({
    method: 'DELETE',
    url: 'Observation/bulk-wb',
  });
  const later = await exported('admin', '$export?_type=Observation&_since=2100-01-01T00:00:00Z');
  expect(later).toEqual({});
});

test('a caller gets only what it may see, and nobody else gets its files', async () => {
  const mine = await exported('gp', 'Patient/$export?_type=Patient,Observation');
  expect((await server.request('gp', 'Patient/bulk-a')).status).toBe(404);
  expect(mine['Patient']?.some(({ id }) => String(id).startsWith('bulk-')) ?? false).toBe(false);
  const kickedOff = await server.request('admin', '$export?_type=Patient', { headers: async });
  const done = await finished('admin', kickedOff);
  expect((await server.request('gp', below(kickedOff.headers.get('content-location')!))).status).toBe(404);
  expect((await server.request('gp', below(done.json.output[0].url))).status).toBe(404);
  expect((await server.request('gp', 'Patient/$export?patient=Patient/bulk-a', { headers: async })).status).toBe(404);
});

test('DELETE cancels a job and removes its files', async () => {
  const kickedOff = await server.request('admin', '$export?_type=Patient', { headers: async });
  const place = below(kickedOff.headers.get('content-location')!);
  expect((await server.request('admin', place, { method: 'DELETE' })).status).toBe(202);
  expect((await server.request('admin', place)).status).toBe(404);
});

test.each([
  ['without Prefer: respond-async', '$export', {}, 400],
  ['another format', '$export?_outputFormat=text/csv', async, 400],
  ['an unknown type', '$export?_type=Cat', async, 400],
  ['an element of no type', '$export?_elements=Cat.name', async, 400],
  ['associated data of another kind', '$export?includeAssociatedData=_all', async, 400],
  ['a filter that is no search', '$export?_typeFilter=Observation?shoe=1', async, 400],
  ['a wrong time', '$export?_since=yesterday', async, 400],
  ['a parameter that it does not take', '$export?_foo=1', async, 400],
  ['a Group that is not there', 'Group/none/$export', async, 404],
  ['a job that is not there', '$bulk-status?job=00000000-0000-0000-0000-000000000000', {}, 404],
  ['a job that cannot be', `$bulk-status?job=%27`, {}, 404],
  ['a file of no job', '$bulk-file?job=x&file=1', {}, 404],
])('%s is refused', async (_what, path, headers, status) => {
  const answer = await server.request('admin', path, { headers });
  expect([answer.status, answer.json.resourceType]).toEqual([status, 'OperationOutcome']);
});

test('only an administrator imports, and only lines', async () => {
  const headers = { ...async, 'content-type': 'application/fhir+ndjson' };
  const body = JSON.stringify(patient('bulk-e'));
  expect((await server.request('municipality', '$import', { method: 'POST', body, headers })).status).toBe(403);
  expect((await server.request('admin', '$import', { method: 'POST', body, headers: async })).status).toBe(415);
  expect((await server.request('admin', 'Patient', { method: 'POST', body, headers })).status).toBe(415);
});
