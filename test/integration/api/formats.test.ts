// https://hl7.org/fhir/R4/http.html#mime-type, https://hl7.org/fhir/R4/xml.html
import { loadDefinitions } from '../../../src/fhir/definitions.js';
import { readFhirXml } from '../../../src/fhir/xml/read-resource.js';
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';

let server: HereServer;
beforeAll(async () => {
  server = await startHere();
  await server.request('admin', 'Observation/f', {
    method: 'PUT',
    body: '{"resourceType":"Observation","id":"f","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.0}}',
  });
  await server.request('admin', 'Binary/b', {
    method: 'PUT',
    body: { resourceType: 'Binary', id: 'b', contentType: 'text/csv', data: Buffer.from('a;b\n').toString('base64') },
  });
});
afterAll(() => server.stop());

const xml = { 'content-type': 'application/fhir+xml' };
const inFhir = (text: string): string => text.replace(/^<(\w+)/, '<$1 xmlns="http://hl7.org/fhir"');
const observation = (value: string): string =>
  inFhir(
    `<Observation><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>a&#160;b</p></div></text><status id="s1" value="final"/><code><text value="x"/></code><valueQuantity><value value="${value}"/></valueQuantity></Observation>`,
  );
const send = (method: string, at: string, body: string, headers: Record<string, string> = {}): Promise<HereResponse> =>
  server.request('admin', at, { method, body, headers: { ...xml, ...headers } });
const typeOf = (answer: HereResponse): string => (answer.headers.get('content-type') ?? '').split(';')[0]!;
const read = (answer: HereResponse): any => readFhirXml(answer.text, loadDefinitions()); // oxlint-disable-line typescript/no-explicit-any

test.each<[asked: string, at: string, accept: string | undefined, type: string]>([
  ['nothing', 'Observation/f', undefined, 'application/fhir+json'],
  ['anything', 'Observation/f', '*/*', 'application/fhir+json'],
  ['JSON', 'Observation/f', 'application/json', 'application/fhir+json'],
  ['XML', 'Observation/f', 'application/fhir+xml', 'application/fhir+xml'],
  ['XML of R4', 'Observation/f', 'application/fhir+xml; fhirVersion=4.0', 'application/fhir+xml'],
  ['text/xml', 'Observation/f', 'text/xml', 'application/fhir+xml'],
  [
    'XML rather than JSON',
    'Observation/f',
    'application/fhir+json;q=0.5, application/fhir+xml;q=0.9',
    'application/fhir+xml',
  ],
  ['JSON first', 'Observation/f', 'application/fhir+json, application/fhir+xml', 'application/fhir+json'],
  ['_format against Accept', 'Observation/f?_format=xml', 'application/fhir+json', 'application/fhir+xml'],
  ['_format with a plus', 'Observation/f?_format=application/fhir+xml', undefined, 'application/fhir+xml'],
  [
    '_format escaped',
    'Observation/f?_format=application%2Ffhir%2Bjson',
    'application/fhir+xml',
    'application/fhir+json',
  ],
  ['_format=text/xml', 'Observation?_format=text/xml', undefined, 'application/fhir+xml'],
  ['a page', 'Observation/f', 'text/html', 'text/html'],
  ['the statement', 'metadata?_format=xml', undefined, 'application/fhir+xml'],
  ['history', 'Observation/f/_history', 'application/xml', 'application/fhir+xml'],
  ['an operation', 'Observation/f/$meta', 'application/xml', 'application/fhir+xml'],
])('asked for %s, %s comes as that', async (_asked, at, accept, type) => {
  const answer = await server.request('admin', at, { headers: accept === undefined ? {} : { accept } });
  expect([answer.status, typeOf(answer)]).toEqual([200, type]);
  if (type.endsWith('xml')) expect(read(answer).resourceType).toMatch(/^[A-Z]/);
});

test('what is sent in XML is stored with nothing lost, and answered in XML', async () => {
  const created = await send('POST', 'Observation', observation('1.00'));
  expect([created.status, typeOf(created)]).toEqual([201, 'application/fhir+xml']);
  const { id } = read(created);
  const asJson = await server.request('admin', `Observation/${id}`);
  expect(asJson.text).toContain('"value":1.00}');
  expect(asJson.json).toMatchObject({ _status: { id: 's1' }, text: { div: expect.stringContaining('a&#160;b') } });
  const whole = (await server.request('admin', `Observation/${id}`, { headers: { accept: 'application/fhir+xml' } }))
    .text;
  const updated = await send('PUT', `Observation/${id}`, whole.replace('value="1.00"', 'value="2.50"'));
  expect([updated.status, updated.text.includes('<value value="2.50"/>')]).toEqual([200, true]);
});

test('a transaction, a search by form and an operation speak XML', async () => {
  const bundle = inFhir(
    `<Bundle><type value="transaction"/><entry><fullUrl value="urn:uuid:00000000-0000-4000-8000-00000000000a"/><resource>${observation('3.0')}</resource><request><method value="POST"/><url value="Observation"/></request></entry></Bundle>`,
  );
  const answer = await send('POST', '', bundle, { prefer: 'return=representation' });
  expect([answer.status, read(answer).entry[0].response.status]).toEqual([200, '201']);
  expect(answer.text).toContain('<value value="3.0"/>');
  const found = await send('POST', 'Observation/_search', '_id=f&_format=xml&_pretty=true', {
    'content-type': 'application/x-www-form-urlencoded',
  });
  expect([typeOf(found), read(found).entry.length, found.text.includes('\n  <type')]).toEqual([
    'application/fhir+xml',
    1,
    true,
  ]);
  const judged = await send(
    'POST',
    'Observation/$validate',
    inFhir(
      `<Parameters><parameter><name value="resource"/><resource>${observation('1')}</resource></parameter></Parameters>`,
    ),
  );
  expect([judged.status, read(judged).resourceType]).toEqual([200, 'OperationOutcome']);
});

test.each<[what: string, method: string, at: string, body: string, status: number, expression: string | undefined]>([
  ['XML that is not well-formed', 'POST', 'Observation', '<Observation', 400, undefined],
  [
    'an unknown element',
    'POST',
    'Observation',
    inFhir('<Observation><x value="1"/></Observation>'),
    400,
    'Observation',
  ],
  [
    'a missing element',
    'POST',
    'Observation',
    inFhir('<Observation><status value="final"/></Observation>'),
    400,
    'Observation.code',
  ],
  ['another type', 'POST', 'Patient', observation('1'), 400, 'Resource.resourceType'],
  ['an id that is not there', 'DELETE', 'Observation/none/x', '', 404, undefined],
])('%s is refused in XML', async (_what, method, at, body, status, expression) => {
  const answer = await send(method, at, body);
  expect([answer.status, typeOf(answer)]).toEqual([status, 'application/fhir+xml']);
  const { issue } = read(answer);
  expect(issue[0].severity).toBe('error');
  if (expression !== undefined)
    expect(issue.map((one: { expression?: string[] }) => one.expression?.[0])).toContain(expression);
});

test('even who has no token is told so in the format asked for', async () => {
  const answer = await server.request(undefined, 'Patient/x', { headers: { accept: 'application/fhir+xml' } });
  expect([answer.status, typeOf(answer), read(answer).issue[0].code]).toEqual([401, 'application/fhir+xml', 'login']);
});

test('a page for people has nothing alive on it', async () => {
  const created = await send('POST', 'Basic', '{"resourceType":"Basic","code":{"text":"<script>x</script>"}}', {
    'content-type': 'application/fhir+json',
    accept: 'text/html',
  });
  expect(created.text).toContain('&lt;script&gt;');
  expect(created.text).not.toContain('<script>');
  expect(created.headers.get('content-security-policy')).toContain("default-src 'none'");
});

test.each<[accept: string | undefined, type: string]>([
  ['text/csv', 'text/csv'],
  ['image/png', 'text/csv'],
  ['*/*', 'text/csv'],
  ['application/fhir+json', 'application/fhir+json'],
  ['application/fhir+xml', 'application/fhir+xml'],
  ['application/json', 'application/fhir+json'],
])('a Binary asked for as %s comes as %s', async (accept, type) => {
  const answer = await server.request('admin', 'Binary/b', { headers: accept === undefined ? {} : { accept } });
  expect([answer.status, typeOf(answer), answer.headers.get('etag')]).toEqual([200, type, 'W/"1"']);
  if (type === 'text/csv')
    expect([answer.text, answer.headers.get('content-disposition')]).toEqual(['a;b\n', 'attachment']);
});

test('bytes of any other type become a Binary with its security context', async () => {
  await server.request('admin', 'Patient/bp', { method: 'PUT', body: { resourceType: 'Patient', id: 'bp' } });
  const made = await send('POST', 'Binary', 'x;y', {
    'content-type': 'text/csv',
    'x-security-context': 'Patient/bp',
    accept: 'application/fhir+json',
  });
  expect([made.status, made.json]).toEqual([
    201,
    expect.objectContaining({
      contentType: 'text/csv',
      data: Buffer.from('x;y').toString('base64'),
      securityContext: { reference: 'Patient/bp' },
    }),
  ]);
  const put = await send('PUT', `Binary/${made.json.id}`, '{"a":1}', {
    'content-type': 'application/json',
    accept: 'application/fhir+json',
  });
  expect([put.status, put.json.contentType, put.json.meta.versionId]).toEqual([200, 'application/json', '2']);
  const back = await server.request('admin', `Binary/${made.json.id}`, { headers: { accept: 'application/json' } });
  expect([typeOf(back), back.text]).toEqual(['application/json', '{"a":1}']);
});

const parameters = (...parts: string[]): string =>
  `{"resourceType":"Parameters","parameter":[{"name":"operation","part":[${parts.join(',')}]}]}`;
const replaceStatus = parameters(
  '{"name":"type","valueCode":"replace"}',
  '{"name":"path","valueString":"Observation.status"}',
  '{"name":"value","valueCode":"amended"}',
);
const diff =
  '<diff xmlns:f="http://hl7.org/fhir"><replace sel="f:Observation/f:status/@value">corrected</replace></diff>';

test.each<[what: string, body: string, type: string, status: string]>([
  ['FHIRPath Patch in JSON', replaceStatus, 'application/fhir+json', 'amended'],
  [
    'FHIRPath Patch in XML',
    inFhir(
      '<Parameters><parameter><name value="operation"/><part><name value="type"/><valueCode value="replace"/></part><part><name value="path"/><valueString value="Observation.status"/></part><part><name value="value"/><valueCode value="final"/></part></parameter></Parameters>',
    ),
    'application/fhir+xml',
    'final',
  ],
  ['XML Patch', diff, 'application/xml-patch+xml', 'corrected'],
])('%s changes a resource, by id and by criteria', async (_what, body, type, status) => {
  const headers = { 'content-type': type, accept: 'application/fhir+json' };
  for (const at of ['Observation/f', 'Observation?_id=f']) {
    const answer = await send('PATCH', at, body, headers);
    expect([answer.status, answer.json.status]).toEqual([200, status]);
    expect(answer.text).toContain('"value":1.0}');
  }
});

test.each(['batch', 'transaction'])('in a %s a FHIRPath Patch is a Parameters, an XML Patch a Binary', async (type) => {
  for (const [resource, status] of [
    [JSON.parse(replaceStatus), 'amended'],
    [
      { resourceType: 'Binary', contentType: 'application/xml-patch+xml', data: Buffer.from(diff).toString('base64') },
      'corrected',
    ],
  ]) {
    const entry = [{ resource, request: { method: 'PATCH', url: 'Observation/f' } }];
    const answer = await server.request('admin', '', { body: { resourceType: 'Bundle', type, entry } });
    expect([answer.status, answer.json.entry[0].response.status]).toEqual([200, '200']);
    expect((await server.request('admin', 'Observation/f')).json.status).toBe(status);
  }
});

test.each<[what: string, body: string, type: string, status: number]>([
  [
    'a path to nothing',
    replaceStatus.replace('Observation.status', 'Observation.issued'),
    'application/fhir+json',
    422,
  ],
  ['a result that is not valid', replaceStatus.replace('amended', 'no-such-status'), 'application/fhir+json', 422],
  ['Parameters that are not valid', replaceStatus.replace('valueCode', 'valueShoeSize'), 'application/fhir+json', 400],
  ['another resource', '{"resourceType":"Patient"}', 'application/fhir+json', 415],
  ['no XML Patch', '<x/>', 'application/xml-patch+xml', 400],
  ['an XML Patch of the id', diff.replace('f:status', 'f:id'), 'application/xml-patch+xml', 422],
])('a patch with %s is refused', async (_what, body, type, status) => {
  const answer = await send('PATCH', 'Observation/f', body, { 'content-type': type, accept: 'application/fhir+json' });
  expect([answer.status, answer.json.resourceType]).toEqual([status, 'OperationOutcome']);
});
