// Search: https://hl7.org/fhir/R4/search.html
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';

const system = 'http://example.org/codes';
const fnrSystem = 'urn:oid:2.16.578.1.12.4.1.4.1';
const fnr = '12834812019';
let server: HereServer;

interface Entry {
  readonly fullUrl: string;
  readonly resource: { readonly resourceType: string; readonly id: string; readonly [element: string]: unknown };
  readonly search: { readonly mode: string };
}

beforeAll(async () => {
  server = await startHere();
  const put = async (resource: { resourceType: string; id: string; [element: string]: unknown }): Promise<void> => {
    const answer = await server.request('admin', `${resource.resourceType}/${resource.id}`, {
      method: 'PUT',
      body: resource,
    });
    if (answer.status !== 201) throw new Error(answer.text);
  };
  await put({ resourceType: 'Organization', id: 'org', name: 'Legesenteret' });
  await put({ resourceType: 'Practitioner', id: 'doc', name: [{ family: 'Lege' }] });
  await put({
    resourceType: 'Patient',
    id: 'pat',
    active: true,
    birthDate: '1948-03-12',
    name: [{ family: 'Prøvepasient', given: ['Ola'] }],
    gender: 'male',
    identifier: [{ system: fnrSystem, value: fnr }],
    generalPractitioner: [{ reference: 'Practitioner/doc' }],
    managingOrganization: { reference: 'Organization/org' },
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Ola</div>' },
  });
  for (let day = 1; day <= 9; day += 1) {
    await put({
      resourceType: 'Observation',
      id: `o${day}`,
      status: day === 9 ? 'preliminary' : 'final',
      code: { coding: [{ system, code: day % 2 === 0 ? 'even' : 'odd' }] },
      // Three share a time, two have none.
      ...(day > 7 ? {} : { effectiveDateTime: `2026-03-0${day < 4 ? 1 : day}T08:00:00Z` }),
      subject: day === 1 ? { identifier: { system: fnrSystem, value: fnr } } : { reference: 'Patient/pat' },
      valueQuantity: { value: day, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
      note: [{ text: 'n' }],
    });
  }
});
afterAll(() => server.stop());

const search = (query: string): Promise<HereResponse> => server.request('admin', query);
const post = (type: string, form: string): Promise<HereResponse> =>
  server.request('admin', `${type}/_search`, {
    method: 'POST',
    body: form,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
const entries = ({ json }: HereResponse): readonly Entry[] => (json.entry ?? []) as Entry[];
const ids = (answer: HereResponse): string[] => entries(answer).map(({ resource }) => resource.id);
const link = ({ json }: HereResponse, relation: string): string | undefined =>
  (json.link as { relation: string; url: string }[]).find((one) => one.relation === relation)?.url;

/** From the first page to the last along the `next` links: the pages' ids, and every link seen. */
async function walk(first: HereResponse): Promise<{ pages: string[][]; links: string[] }> {
  const pages: string[][] = [];
  const links: string[] = [];
  for (let page: HereResponse | undefined = first; page !== undefined; ) {
    expect([page.status, page.json.type]).toEqual([200, 'searchset']);
    pages.push(ids(page));
    links.push(...(page.json.link as { url: string }[]).map(({ url }) => url));
    const next: string | undefined = link(page, 'next');
    if (pages.length > 20) throw new Error('the links go round in a circle');
    page = next === undefined ? undefined : await search(next.slice(server.base.length + 1));
  }
  return { pages, links };
}

test.each<[string, string[]]>([
  ['Observation?code=even', ['o8', 'o6', 'o4', 'o2']],
  [`Observation?code=${system}|even&_sort=date`, ['o2', 'o4', 'o6', 'o8']],
  ['Observation?code=even,odd&status=preliminary', ['o9']],
  ['Observation?code:not=even&date=ge2026-03-05&_sort=-date', ['o7', 'o5']],
  ['Observation?date=2026-03-01&_sort=_id', ['o1', 'o2', 'o3']],
  ['Observation?date:missing=true&_sort=_id', ['o8', 'o9']],
  ['Observation?value-quantity=gt6500|http://unitsofmeasure.org|g&_sort=value-quantity', ['o7', 'o8', 'o9']],
  // o1 names the patient by an identifier.
  ['Observation?patient=pat&_id=o1,o2', ['o2', 'o1']],
  ['Observation?subject=Patient/pat&_id=o3', ['o3']],
  ['Observation?subject:Patient.name=prøve&_id=o4', ['o4']],
  ['Observation?patient.birthdate=1948-03-12&_id=o4', ['o4']],
  ['Patient?_has:Observation:patient:code=odd', ['pat']],
  ['Patient?family:exact=Prøvepasient', ['pat']],
  ['Patient?name:contains=vepas', ['pat']],
  ['Patient?general-practitioner=Practitioner/doc&gender=male', ['pat']],
  ['Patient?_lastUpdated=gt2999', []],
  ['Patient?_id=nobody', []],
  ['Observation?code=', ['o9', 'o8', 'o7', 'o6', 'o5', 'o4', 'o3', 'o2', 'o1']],
])('%s finds %j', async (query, expected) => {
  expect(ids(await search(query))).toEqual(expected);
});

test('a search by POST finds what the same search by GET finds; parameters of URL and body add up', async () => {
  expect(ids(await post('Observation', 'code=even&_sort=-date'))).toEqual(
    ids(await search('Observation?code=even&_sort=-date')),
  );
  const both = await server.request('admin', 'Observation/_search?code=even', {
    method: 'POST',
    body: '_id=o2,o3',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expect(ids(both)).toEqual(['o2']);
  expect(ids(await server.request('admin', 'Patient/_search', { method: 'POST' }))).toEqual(['pat']);
});

test('an identity number in a body finds the patient and what is about the patient, and stands in no link', async () => {
  const found = await post('Patient', `identifier=${encodeURIComponent(`${fnrSystem}|${fnr}`)}`);
  expect(ids(found)).toEqual(['pat']);
  const { pages, links } = await walk(
    await post('Observation', `patient.identifier=${encodeURIComponent(`${fnrSystem}|${fnr}`)}&_sort=date&_count=2`),
  );
  expect(pages.flat()).toEqual(['o1', 'o2', 'o3', 'o4', 'o5', 'o6', 'o7', 'o8', 'o9']);
  const logical = await post('Observation', `subject:identifier=${encodeURIComponent(`${fnrSystem}|${fnr}`)}`);
  expect(ids(logical)).toEqual(['o1']);
  for (const url of [...links, link(found, 'self')!, link(logical, 'self')!]) {
    expect(url).not.toContain(fnr);
    expect(Buffer.from(/_page=([^&]+)/.exec(url)![1]!, 'base64url').toString('latin1')).not.toContain(fnr);
  }
});

describe('pages', () => {
  const orders = [
    '',
    '&_sort=date',
    '&_sort=-date',
    '&_sort=code,-date',
    '&_sort=_id',
    '&_sort=-_lastUpdated',
    '&_sort=value-quantity',
    '&_sort=status,code,_id',
  ];

  test.each(orders)(
    'with "%s" hold every match once, in one order, by GET and by POST, whatever their size',
    async (sort) => {
      const whole = ids(await search(`Observation?_count=1000${sort}`));
      expect([...whole].sort()).toEqual(['o1', 'o2', 'o3', 'o4', 'o5', 'o6', 'o7', 'o8', 'o9']);
      for (const count of [1, 2, 4, 9]) {
        const byGet = await walk(await search(`Observation?_count=${count}${sort}`));
        const byPost = await walk(await post('Observation', `_count=${count}${sort}`));
        expect([count, byGet.pages.flat(), byPost.pages.flat()]).toEqual([count, whole, whole]);
        expect(byGet.pages).toHaveLength(Math.ceil(9 / count));
      }
    },
  );

  test('follow each other while others write, and no resource that was there is lost or given twice', async () => {
    const first = await search('Observation?code=even&_count=2');
    await server.request('admin', 'Observation/o100', {
      method: 'PUT',
      body: { resourceType: 'Observation', id: 'o100', status: 'final', code: { coding: [{ system, code: 'even' }] } },
    });
    expect((await walk(first)).pages.flat()).toEqual(['o8', 'o6', 'o4', 'o2']);
    await server.request('admin', 'Observation/o100', { method: 'DELETE' });
  });

  test('in the order of an identifier carry no identifier in their links', async () => {
    await server.request('admin', 'Patient/pat2', { method: 'PUT', body: { resourceType: 'Patient', id: 'pat2' } });
    const { pages, links } = await walk(await search('Patient?_sort=identifier&_count=1'));
    expect(pages).toEqual([['pat'], ['pat2']]);
    for (const url of links)
      for (const part of url.split(/[=&]/))
        expect(Buffer.from(part, 'base64url').toString('latin1')).not.toContain(fnr);
    await server.request('admin', 'Patient/pat2', { method: 'DELETE' });
  });

  test('that are sealed open for their type only, in a batch too, and show each client only what it may see', async () => {
    const next = link(await post('Observation', '_count=2&_sort=date'), 'next')!.slice(server.base.length + 1);
    expect(ids(await search(next))).toHaveLength(2);
    expect((await search(next.replace('Observation', 'Encounter'))).status).toBe(400);
    const batch = { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'GET', url: next } }] };
    const [answer] = (await server.request('admin', '', { body: batch })).json.entry as [
      { resource: { entry: object[] } },
    ];
    expect(answer.resource.entry).toHaveLength(2);
    const elsewhere = await server.request('hospital', next);
    expect([elsewhere.status, ids(elsewhere)]).toEqual([200, []]);
  });

  test('of a long list sent by POST lead on as far as a URL can hold it', async () => {
    const list = Array.from({ length: 200 }, (_, index) => `no-such-resource-${index}`)
      .concat('o1', 'o2', 'o3')
      .join();
    expect((await walk(await post('Observation', `_id=${list}&_count=1`))).pages.flat()).toEqual(['o3', 'o2', 'o1']);
    const longer = Array.from({ length: 1900 }, (_, index) => `no-such-resource-${index}`)
      .concat('o1', 'o2', 'o3')
      .join();
    expect(ids(await post('Observation', `_id=${longer}`))).toEqual(['o3', 'o2', 'o1']);
    expect((await post('Observation', `_id=${longer}&_count=1`)).status).toBe(400);
  });
});

describe('results', () => {
  test('have a total only on request', async () => {
    expect((await search('Observation')).json.total).toBeUndefined();
    expect((await search('Observation?_total=none')).json.total).toBeUndefined();
    expect((await search('Observation?_total=accurate&_count=2')).json.total).toBe(9);
    expect((await search('Observation?code=odd&_total=accurate&_count=1')).json.total).toBe(5);
    for (const query of ['_summary=count', '_count=0']) {
      const { json } = await search(`Observation?code=odd&${query}`);
      expect([query, json.total, json.entry]).toEqual([query, 5, undefined]);
    }
  });

  test.each<[string, string[]]>([
    [
      '_summary=false',
      ['code', 'effectiveDateTime', 'id', 'meta', 'note', 'resourceType', 'status', 'subject', 'valueQuantity'],
    ],
    [
      '_summary=true',
      ['code', 'effectiveDateTime', 'id', 'meta', 'resourceType', 'status', 'subject', 'valueQuantity'],
    ],
    [
      '_summary=data',
      ['code', 'effectiveDateTime', 'id', 'meta', 'note', 'resourceType', 'status', 'subject', 'valueQuantity'],
    ],
    ['_summary=text', ['code', 'id', 'meta', 'resourceType', 'status']],
    ['_elements=subject', ['code', 'id', 'meta', 'resourceType', 'status', 'subject']],
    ['_elements=effective,note', ['code', 'effectiveDateTime', 'id', 'meta', 'note', 'resourceType', 'status']],
  ])('with %s show %j, marked where something is left out', async (query, expected) => {
    const [entry] = entries(await search(`Observation?_id=o2&${query}`));
    expect(Object.keys(entry!.resource).sort()).toEqual(expected);
    const tags = (entry!.resource['meta'] as { tag?: { code: string }[] }).tag?.map(({ code }) => code) ?? [];
    expect(tags).toEqual(query === '_summary=false' ? [] : ['SUBSETTED']);
  });

  test('the narrative is in the summary of kind text, and in no other part', async () => {
    const keys = async (kind: string): Promise<boolean> =>
      'text' in entries(await search(`Patient?_summary=${kind}`))[0]!.resource;
    expect([await keys('text'), await keys('true'), await keys('data'), await keys('false')]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  test.each<[string, string[]]>([
    ['Observation?_id=o2&_include=Observation:patient', ['match Observation/o2', 'include Patient/pat']],
    [
      'Observation?_id=o2,o3&_include=Observation:subject',
      ['match Observation/o3', 'match Observation/o2', 'include Patient/pat'],
    ],
    ['Observation?_id=o2&_include=Observation:subject:Group', ['match Observation/o2']],
    [
      'Observation?_id=o2&_include=Observation:patient&_include:iterate=Patient:general-practitioner',
      ['match Observation/o2', 'include Patient/pat', 'include Practitioner/doc'],
    ],
    ['Patient?_include=Patient:*', ['match Patient/pat', 'include Organization/org', 'include Practitioner/doc']],
    [
      'Practitioner?_id=doc&_revinclude=Patient:general-practitioner',
      ['match Practitioner/doc', 'include Patient/pat'],
    ],
    [
      'Patient?_revinclude=Observation:subject&_revinclude=Provenance:target',
      [
        'match Patient/pat',
        ...['o1', 'o2', 'o3', 'o4', 'o5', 'o6', 'o7', 'o8', 'o9'].map((id) => `include Observation/${id}`),
      ],
    ],
  ])('%s gives %j', async (query, expected) => {
    const answer = await search(query);
    const shown = entries(answer).map(
      ({ search: { mode }, resource: { resourceType, id } }) => `${mode} ${resourceType}/${id}`,
    );
    expect([
      shown.filter((one) => one.startsWith('match')),
      shown.filter((one) => one.startsWith('include')).sort(),
    ]).toEqual([
      expected.filter((one) => one.startsWith('match')),
      expected.filter((one) => one.startsWith('include')).sort(),
    ]);
    for (const { fullUrl, resource } of entries(answer))
      expect(fullUrl).toBe(`${server.base}/${resource.resourceType}/${resource.id}`);
    expect(server.running.services.validator.validate(answer.json)).toEqual([]);
  });

  test('say with the self link what was searched for', async () => {
    expect(link(await search('Observation?code=even&_count=2&status=&_format=json'), 'self')).toBe(
      `${server.base}/Observation?code=even&_count=2`,
    );
    expect(link(await search(`Observation?code=${encodeURIComponent(`${system}|even`)}&_sort=-date`), 'self')).toBe(
      `${server.base}/Observation?code=http://example.org/codes%7Ceven&_sort=-date`,
    );
  });
});
