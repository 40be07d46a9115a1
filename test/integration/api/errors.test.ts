import { type HereRequest, type HereServer, startHere } from '../../support/here.js';

let server: HereServer;
beforeAll(async () => {
  server = await startHere({ environment: { MAX_BODY_BYTES: '200000' } });
});
afterAll(() => server.stop());

const json = { 'content-type': 'application/fhir+json' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const patient = { resourceType: 'Patient', active: true };
const basic = { resourceType: 'Basic', code: { text: 'x' } };
const nested = (depth: number): string =>
  `{"resourceType":"Basic","code":{"text":"x"},"extension":${'['.repeat(depth)}${']'.repeat(depth)}}`;
const fnr = '12834812019';

interface Refused {
  readonly what: string;
  readonly at: string;
  readonly with?: HereRequest & { readonly raw?: Uint8Array };
  readonly status: number;
  /** Something the OperationOutcome says. */
  readonly says: RegExp;
  /** FHIRPath of the element that is wrong. */
  readonly names?: string;
}

const refused: readonly Refused[] = [
  {
    what: 'malformed JSON',
    at: 'Patient',
    with: { body: '{"resourceType":"Patient",', headers: json },
    status: 400,
    says: /line 1/,
  },
  {
    what: 'text after the JSON',
    at: 'Patient',
    with: { body: '{"resourceType":"Patient"} x' },
    status: 400,
    says: /more text/,
  },
  {
    what: 'a name given twice',
    at: 'Patient',
    with: { body: '{"resourceType":"Patient","active":true,"active":false}' },
    status: 400,
    says: /twice/,
  },
  { what: 'a JSON list', at: 'Patient', with: { body: '[]' }, status: 400, says: /JSON object/ },
  { what: 'JSON null', at: 'Patient', with: { body: 'null' }, status: 400, says: /JSON object/ },
  { what: 'an empty body', at: 'Patient', with: { method: 'POST' }, status: 400, says: /body must be a Patient/ },
  { what: 'an empty body at the base', at: '', with: { method: 'POST' }, status: 400, says: /empty/ },
  {
    what: 'another resourceType than the URL',
    at: 'Patient',
    with: { body: basic },
    status: 400,
    says: /URL says Patient, the body says Basic/,
    names: 'Resource.resourceType',
  },
  {
    what: 'no resourceType',
    at: 'Patient',
    with: { body: { active: true } },
    status: 400,
    says: /no resourceType/,
    names: 'Resource.resourceType',
  },
  {
    what: 'a member __proto__',
    at: 'Patient',
    with: { body: '{"resourceType":"Patient","__proto__":{"active":true}}' },
    status: 400,
    says: /__proto__/,
  },
  {
    what: 'a member constructor',
    at: 'Patient',
    with: { body: '{"resourceType":"Patient","constructor":{"active":true}}' },
    status: 400,
    says: /constructor/,
  },
  {
    what: 'nesting beyond all measure',
    at: 'Basic',
    with: { body: nested(20_000) },
    status: 400,
    says: /nested deeper/,
  },
  {
    what: 'a body that is not UTF-8',
    at: 'Patient',
    with: { raw: Uint8Array.from([0x7b, 0xff, 0xfe, 0x7d]) },
    status: 400,
    says: /UTF-8/,
  },
  {
    what: 'half of a surrogate pair',
    at: 'Patient',
    with: { body: '{"resourceType":"Patient","name":[{"family":"\\ud800"}]}' },
    status: 400,
    says: /surrogate/,
  },
  {
    what: 'the character NUL',
    at: 'Patient',
    with: { body: '{"resourceType":"Patient","name":[{"family":"a\\u0000b"}]}' },
    status: 400,
    says: /control character/,
  },
  {
    what: 'a body of XML without namespace',
    at: 'Patient',
    with: { body: '<Patient/>', headers: { 'content-type': 'application/fhir+xml', accept: 'application/fhir+json' } },
    status: 400,
    says: /namespace/,
  },
  {
    what: 'a body of another version of FHIR',
    at: 'Patient',
    with: { body: patient, headers: { 'content-type': 'application/fhir+json; fhirVersion=3.0' } },
    status: 415,
    says: /FHIR R4/,
  },
  {
    what: 'a body of plain text',
    at: 'Patient',
    with: { body: 'x', headers: { 'content-type': 'text/plain' } },
    status: 415,
    says: /application\/fhir\+json/,
  },
  {
    what: 'a body without a content type',
    at: 'Patient',
    with: { raw: new TextEncoder().encode('{}'), headers: { 'content-type': '' } },
    status: 415,
    says: /Content-Type/,
  },
  {
    what: 'a form where a resource is due',
    at: 'Patient',
    with: { body: 'active=true', headers: form },
    status: 415,
    says: /application\/fhir\+json/,
  },
  {
    what: 'a resource where a form is due',
    at: 'Patient/_search',
    with: { body: patient },
    status: 415,
    says: /x-www-form-urlencoded/,
  },
  {
    what: 'a body in Latin-1',
    at: 'Patient',
    with: { body: '{}', headers: { 'content-type': 'application/fhir+json; charset=iso-8859-1' } },
    status: 415,
    says: /UTF-8/,
  },
  {
    what: 'an unknown content encoding',
    at: 'Patient',
    with: { body: '{}', headers: { ...json, 'content-encoding': 'zstd-of-mars' } },
    status: 415,
    says: /Content-Encoding/,
  },
  {
    what: 'a broken gzip',
    at: 'Patient',
    with: { body: '{}', headers: { ...json, 'content-encoding': 'gzip' } },
    status: 400,
    says: /could not be read/,
  },
  {
    what: 'Accept of Turtle',
    at: 'metadata',
    with: { headers: { accept: 'text/turtle' } },
    status: 406,
    says: /JSON or XML/,
  },
  {
    what: 'Accept of another version of FHIR',
    at: 'metadata',
    with: { headers: { accept: 'application/fhir+json; fhirVersion=3.0' } },
    status: 406,
    says: /FHIR R4/,
  },
  { what: '_format of Turtle', at: 'metadata?_format=ttl', status: 406, says: /_format=json/ },
  {
    what: 'a body that is too large',
    at: 'Basic',
    with: { body: { ...basic, text: { status: 'generated', div: 'x'.repeat(300_000) } } },
    status: 413,
    says: /larger than 200000 bytes/,
  },
  { what: 'an unknown type', at: 'Pasient', status: 404, says: /resource type/ },
  {
    what: 'an unknown type to write to',
    at: 'Pasient',
    with: { body: { resourceType: 'Pasient' } },
    status: 404,
    says: /resource type/,
  },
  { what: 'a type named like a member of every object', at: 'constructor', status: 404, says: /resource type/ },
  { what: 'the type __proto__', at: '__proto__/1', status: 404, says: /resource type/ },
  { what: 'an abstract type', at: 'DomainResource', status: 404, says: /resource type/ },
  { what: 'a deeper address', at: 'Patient/1/2/3/4', status: 404, says: /nothing at this address/ },
  { what: 'an unknown operation', at: 'Patient/$does-not-exist', status: 404, says: /no operation/ },
  {
    what: 'an unknown operation of the system',
    at: '$does-not-exist',
    with: { method: 'POST' },
    status: 404,
    says: /no operation/,
  },
  { what: 'a resource that is not there', at: 'Patient/no-such', status: 404, says: /Patient/ },
  { what: 'a version that is not there', at: 'Patient/no-such/_history/1', status: 404, says: /Patient/ },
  { what: 'a version that is no number', at: 'Patient/no-such/_history/one', status: 404, says: /Patient/ },
  { what: 'the history of what never was', at: 'Patient/no-such/_history', status: 404, says: /Patient/ },
  { what: 'a NUL in an id', at: 'Patient/a%00b', status: 400, says: /NUL/ },
  { what: 'a NUL in a search', at: 'Patient?name=a%00b', status: 400, says: /NUL/ },
  { what: 'a NUL in the name of a parameter', at: 'Patient?na%00me=x', status: 400, says: /NUL/ },
  { what: 'a search by an unknown parameter', at: 'Patient?shoe-size=42', status: 400, says: /shoe-size/ },
  {
    what: 'a search by a parameter of another type',
    at: 'Patient?clinical-status=active',
    status: 400,
    says: /clinical-status/,
  },
  { what: 'a search with an unknown modifier', at: 'Patient?name:sounds=x', status: 400, says: /sounds/ },
  { what: 'a search for a day that is none', at: 'Patient?birthdate=2026-02-30', status: 400, says: /birthdate/ },
  { what: 'a search with an unknown prefix', at: 'Patient?birthdate=xx2026', status: 400, says: /prefix xx/ },
  { what: 'a page size that is no number', at: 'Patient?_count=many', status: 400, says: /_count/ },
  { what: 'an order by what is not known', at: 'Patient?_sort=shoe-size', status: 400, says: /shoe-size/ },
  { what: 'an include of what is no reference', at: 'Patient?_include=Patient:name', status: 400, says: /_include/ },
  { what: 'a summary of an unknown kind', at: 'Patient?_summary=short', status: 400, says: /_summary/ },
  { what: 'a total of an unknown kind', at: 'Patient?_total=roughly', status: 400, says: /_total/ },
  { what: 'a cursor that is none of ours', at: 'Patient?_cursor=abc', status: 400, says: /_cursor/ },
  { what: 'a sealed page that is none of ours', at: 'Patient?_page=AbCdEf', status: 400, says: /link/ },
  { what: 'a parameter that a read does not take', at: 'Patient/1?shoe-size=42', status: 400, says: /shoe-size/ },
  {
    what: 'a parameter that the history does not take',
    at: 'Patient/1/_history?shoe-size=42',
    status: 400,
    says: /shoe-size/,
  },
  { what: 'a history since no instant', at: 'Patient/1/_history?_since=yesterday', status: 400, says: /_since/ },
  { what: 'a percent sign alone in a path', at: 'Patient/a%zz', status: 400, says: /percent/ },
  { what: 'a percent sign alone in a query', at: 'Patient?name=%E0%A4%A', status: 400, says: /percent/ },
  {
    what: 'PATCH with a resource',
    at: 'Patient/1',
    with: { method: 'PATCH', body: patient },
    status: 415,
    says: /json-patch/,
  },
  { what: 'PUT of a type', at: 'Patient', with: { method: 'PUT', body: patient }, status: 412, says: /criteria/ },
  { what: 'DELETE of a type', at: 'Patient', with: { method: 'DELETE' }, status: 412, says: /criteria/ },
  { what: 'PUT to the base', at: '', with: { method: 'PUT', body: patient }, status: 405, says: /POST/ },
  { what: 'POST of an instance', at: 'Patient/1', with: { body: patient }, status: 405, says: /PUT/ },
  { what: 'GET of _search', at: 'Patient/_search', status: 405, says: /POST/ },
  { what: 'POST to metadata', at: 'metadata', with: { method: 'POST', body: patient }, status: 405, says: /GET/ },
  { what: 'DELETE of an operation', at: 'Observation/$lastn', with: { method: 'DELETE' }, status: 405, says: /POST/ },
  { what: 'GET of an operation that changes something', at: 'CarePlan/1/$approve', status: 405, says: /POST/ },
  {
    what: 'an If-Match that is no version',
    at: 'Patient/1',
    with: { method: 'PUT', body: { ...patient, id: '1' }, headers: { 'if-match': 'yesterday' } },
    status: 400,
    says: /If-Match/,
  },
  {
    what: 'an id in the body other than in the URL',
    at: 'Patient/1',
    with: { method: 'PUT', body: { ...patient, id: '2' } },
    status: 400,
    says: /id/,
    names: 'Patient.id',
  },
  {
    what: 'an update without an id in the body',
    at: 'Patient/1',
    with: { method: 'PUT', body: patient },
    status: 400,
    says: /id/,
    names: 'Patient.id',
  },
  {
    what: 'an id with a letter that ids do not have',
    at: 'Patient/a_b',
    with: { method: 'PUT', body: { ...patient, id: 'a_b' } },
    status: 400,
    says: /id/,
    names: 'Patient.id',
  },
  {
    what: 'an id of 65 letters',
    at: `Patient/${'a'.repeat(65)}`,
    with: { method: 'PUT', body: { ...patient, id: 'a'.repeat(65) } },
    status: 400,
    says: /id/,
    names: 'Patient.id',
  },
  {
    what: 'an unknown element',
    at: 'Patient',
    with: { body: { ...patient, shoeSize: 42 } },
    status: 400,
    says: /shoeSize/,
    names: 'Patient.shoeSize',
  },
  {
    what: 'an element of the wrong type',
    at: 'Patient',
    with: { body: { ...patient, active: 'yes' } },
    status: 400,
    says: /true or false/,
    names: 'Patient.active',
  },
  {
    what: 'one value where a list is due',
    at: 'Patient',
    with: { body: { ...patient, name: { family: 'x' } } },
    status: 400,
    says: /list|array/i,
    names: 'Patient.name',
  },
  {
    what: 'a missing element',
    at: 'Observation',
    with: { body: { resourceType: 'Observation', code: { text: 'x' } } },
    status: 400,
    says: /status/,
    names: 'Observation.status',
  },
  {
    what: 'a code that the binding does not have',
    at: 'Patient',
    with: { body: { ...patient, gender: 'elf' } },
    status: 400,
    says: /elf|gender/,
    names: 'Patient.gender',
  },
  {
    what: 'a status that does not exist',
    at: 'Observation',
    with: { body: { resourceType: 'Observation', status: 'done', code: { text: 'x' } } },
    status: 400,
    says: /status|done/,
    names: 'Observation.status',
  },
  {
    what: 'a reference to the wrong type',
    at: 'Observation',
    with: {
      body: {
        resourceType: 'Observation',
        status: 'final',
        code: { text: 'x' },
        encounter: { reference: 'Patient/1' },
      },
    },
    status: 400,
    says: /Patient/,
    names: 'Observation.encounter.reference',
  },
  {
    what: 'a date that is none',
    at: 'Patient',
    with: { body: { ...patient, birthDate: '2026-02-30' } },
    status: 400,
    says: /does not exist in the calendar/,
    names: 'Patient.birthDate',
  },
  {
    what: 'a broken invariant',
    at: 'Patient',
    with: { body: { ...patient, contact: [{ gender: 'male' }] } },
    status: 400,
    says: /contact|pat-1/,
    names: 'Patient.contact[0]',
  },
  {
    what: 'If-None-Exist without a criterion',
    at: 'Basic',
    with: { body: basic, headers: { 'if-none-exist': 'code=' } },
    status: 412,
    says: /criteria/,
  },
  {
    what: 'If-None-Exist with an unknown parameter',
    at: 'Basic',
    with: { body: basic, headers: { 'if-none-exist': 'shoe-size=42' } },
    status: 400,
    says: /shoe-size/,
  },
  {
    what: 'If-None-Exist of another type',
    at: 'Basic',
    with: { body: basic, headers: { 'if-none-exist': 'Patient?name=x' } },
    status: 400,
    says: /If-None-Exist/,
  },
  {
    what: 'If-None-Exist that is empty',
    at: 'Basic',
    with: { body: basic, headers: { 'if-none-exist': '' } },
    status: 412,
    says: /criteria/,
  },
  {
    what: 'a Bundle of another type at the base',
    at: '',
    with: { body: { resourceType: 'Bundle', type: 'collection' } },
    status: 400,
    says: /batch or transaction/,
    names: 'Bundle.type',
  },
  { what: 'another resource at the base', at: '', with: { body: patient }, status: 400, says: /Bundle/ },
  { what: 'an identity number as an id', at: `Patient/${fnr}`, status: 400, says: /POST \[type\]\/_search/ },
  {
    what: 'an identity number as an id to write',
    at: `Patient/${fnr}`,
    with: { method: 'PUT', body: { ...patient, id: fnr } },
    status: 400,
    says: /must not stand in a URL/,
  },
  {
    what: 'an identity number in a query',
    at: `Patient?identifier=${fnr}`,
    status: 400,
    says: /POST \[type\]\/_search/,
  },
  {
    what: 'an identity number with its system in a query',
    at: 'Patient?identifier=urn:oid:2.16.578.1.12.4.1.4.1|1',
    status: 400,
    says: /must not stand in a URL/,
  },
  {
    what: 'an identity number of a chained parameter',
    at: `Observation?patient.identifier=urn:oid:2.16.578.1.12.4.1.4.1%7C${fnr}`,
    status: 400,
    says: /must not stand in a URL/,
  },
  {
    what: 'an identity number by :identifier',
    at: `Observation?patient:identifier=|${fnr}`,
    status: 400,
    says: /must not stand in a URL/,
  },
  {
    what: 'an identity number by :of-type',
    at: `Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|NI|${fnr}`,
    status: 400,
    says: /must not stand in a URL/,
  },
  {
    what: 'an identity number among others',
    at: `Patient?identifier=a,${fnr}`,
    status: 400,
    says: /must not stand in a URL/,
  },
  {
    what: 'an identity number as the name of a parameter',
    at: `Patient?${fnr}`,
    status: 400,
    says: /must not stand in a URL/,
  },
  {
    what: 'an identity number in two groups',
    at: 'Patient?identifier=128348+12019',
    status: 400,
    says: /must not stand in a URL/,
  },
  {
    what: 'an identity number in the URL of an operation',
    at: `Observation/$lastn?patient.identifier=${fnr}&code=x`,
    status: 400,
    says: /must not stand in a URL/,
  },
];

async function ask({ at, with: init = {} }: Refused) {
  if (init.raw === undefined) return server.request('admin', at, init);
  const headers = { authorization: `Bearer ${await server.token('admin')}`, ...json, ...init.headers };
  const { 'content-type': type, ...rest } = headers;
  // Without a type on the Blob, fetch sends no Content-Type.
  const body = new Blob([init.raw as Uint8Array<ArrayBuffer>], { type });
  const response = await fetch(`${server.base}/${at}`, { method: 'POST', headers: rest, body });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: JSON.parse(text) as { resourceType: string },
  };
}

test.each(refused)('$what is refused with $status and an OperationOutcome that says why', async (one) => {
  const answer = await ask(one);
  expect({ status: answer.status, text: answer.text }).toEqual({
    status: one.status,
    text: expect.stringMatching(one.says),
  });
  const outcome = answer.json as {
    resourceType: string;
    issue: { severity: string; code: string; expression?: string[] }[];
  };
  expect(outcome.resourceType).toBe('OperationOutcome');
  expect(server.running.services.validator.validate(outcome)).toEqual([]);
  expect(answer.headers.get('content-type')).toBe('application/fhir+json; charset=utf-8');
  expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(answer.text).not.toContain(fnr);
  if (one.names !== undefined) expect(outcome.issue.flatMap((issue) => issue.expression ?? [])).toContain(one.names);
});

test.each([
  ['POST', 'Patient/1', 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
  ['DELETE', '', 'POST, GET, HEAD, OPTIONS'],
  ['DELETE', 'metadata', 'GET, HEAD, OPTIONS'],
  ['GET', 'Patient/_search', 'POST, OPTIONS'],
  ['PUT', 'Patient/1/_history', 'GET, HEAD, OPTIONS'],
  ['GET', 'CarePlan/1/$approve', 'POST, OPTIONS'],
  ['DELETE', 'Observation/$lastn', 'POST, GET, OPTIONS'],
])('%s %s answers 405 and allows %s', async (method, at, allowed) => {
  const answer = await server.request('admin', at, { method });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, allowed]);
});

test('without a token nothing but health is open, and the answer names the scheme', async () => {
  for (const at of ['Patient', 'metadata', 'Patient/1', '', '/metrics', '/messages/plo']) {
    const answer = await server.request(
      undefined,
      at,
      at === '/messages/plo' || at === '' ? { method: 'POST', body: '{}' } : {},
    );
    expect([at, answer.status, answer.headers.get('www-authenticate'), answer.json?.resourceType]).toEqual([
      at,
      401,
      'Bearer realm="hjemmebro"',
      'OperationOutcome',
    ]);
  }
  expect((await server.request(undefined, '/health/live')).status).toBe(200);
});

test('without a token a body is not even read', async () => {
  const answer = await server.request(undefined, 'Basic', { body: 'x'.repeat(300_000) });
  expect(answer.status).toBe(401);
});

test('an address outside of FHIR is a 404 with an OperationOutcome', async () => {
  const answer = await server.request('admin', '/fhi/Patient');
  expect([answer.status, answer.json?.resourceType]).toEqual([404, 'OperationOutcome']);
});

test('lenient handling leaves out what is not understood, and says so', async () => {
  const answer = await server.request('admin', 'Basic?shoe-size=42&_count=1', {
    headers: { prefer: 'handling=lenient' },
  });
  expect(answer.status).toBe(200);
  const outcome = answer.json.entry.at(-1);
  expect([outcome.search.mode, outcome.resource.issue[0].severity, outcome.resource.issue[0].diagnostics]).toEqual([
    'outcome',
    'warning',
    expect.stringContaining('shoe-size'),
  ]);
  expect(answer.json.link[0].url).not.toContain('shoe-size');
});

test('a URL longer than any server reads is refused with an OperationOutcome, and the server goes on', async () => {
  const answer = await server.request('admin', `Basic?_id=${'a'.repeat(200_000)}`);
  expect([answer.status, answer.json?.resourceType]).toEqual([431, 'OperationOutcome']);
  expect((await server.request('admin', 'Basic')).status).toBe(200);
});
