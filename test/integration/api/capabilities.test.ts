// The CapabilityStatement is made from the tables that requests are answered from; this test asks whether it is true.
// https://hl7.org/fhir/R4/capabilitystatement.html
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../architecture/source-files.js';
import { operations } from '../../../src/interactions/operations/index.js';
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';

interface Statement {
  readonly date: string;
  readonly software: { readonly version: string };
  readonly implementation: { readonly url: string };
  readonly rest: readonly [
    { readonly resource: readonly Offered[]; readonly interaction: readonly { readonly code: string }[] },
  ];
}
interface Offered {
  readonly type: string;
  readonly interaction: readonly { readonly code: string }[];
  readonly searchParam: readonly { readonly name: string; readonly type: string; readonly documentation?: string }[];
  readonly searchInclude: readonly string[];
  readonly operation?: readonly { readonly name: string; readonly definition: string }[];
  readonly extension?: readonly { readonly valueCanonical: string }[];
  readonly supportedProfile?: readonly string[];
}

let server: HereServer;
let statement: Statement;
let text: string;
beforeAll(async () => {
  server = await startHere();
  const answer = await server.request('admin', 'metadata');
  statement = answer.json as Statement;
  text = answer.text;
});
afterAll(() => server.stop());

const offered = (): readonly Offered[] => statement.rest[0].resource;
const values: Readonly<Record<string, string>> = {
  token: 'x',
  string: 'x',
  uri: 'http://example.org/x',
  date: '2026-03',
  number: '5',
  quantity: '5',
  reference: 'Basic/x',
  composite: 'x$x',
  special: '59|10',
};

/** Sends many at a time, so that the whole statement is walked in seconds. */
async function all<T>(list: readonly T[], ask: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...list];
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await ask(one);
    }),
  );
}

test('the statement is valid, and says where the server is and what FHIR it speaks', () => {
  expect(server.running.services.validator.validate(JSON.parse(text))).toEqual([]);
  expect(statement).toMatchObject({
    resourceType: 'CapabilityStatement',
    fhirVersion: '4.0.1',
    kind: 'instance',
    status: 'active',
    implementation: { url: server.base },
  });
  expect(Date.parse(statement.date)).toBeGreaterThan(Date.parse('2026-01-01'));
});

test.each<[mode: string, types: number]>([
  ['full', 146],
  ['normative', 11],
])('in mode %s it has %i types', async (mode, types) => {
  const { json } = await server.request('admin', `metadata?mode=${mode}`);
  expect(server.running.services.validator.validate(json)).toEqual([]);
  expect(json.rest[0].resource).toHaveLength(types);
});

test('an unknown mode is refused, or without effect where that is asked for; a part of the statement can be had', async () => {
  expect((await server.request('admin', 'metadata?mode=most')).status).toBe(400);
  const lenient = await server.request('admin', 'metadata?mode=most', { headers: { prefer: 'handling=lenient' } });
  expect(lenient.json.rest[0].resource).toHaveLength(146);
  const part = (await server.request('admin', 'metadata?_elements=software')).json;
  expect([part.software, part.rest, part.meta.tag[0].code]).toEqual([statement.software, undefined, 'SUBSETTED']);
});

test('as a terminology server it names the code systems that it can answer for, and how it expands', async () => {
  const url = 'http://example.no/listed';
  for (const [id, version] of [
    ['listed-1', '1'],
    ['listed-2', '2'],
  ]) {
    const body = {
      resourceType: 'CodeSystem',
      id,
      url,
      version,
      status: 'active',
      content: 'complete',
      concept: [{ code: 'a' }],
    };
    expect((await server.request('admin', `CodeSystem/${id}`, { method: 'PUT', body })).status).toBe(201);
  }
  const { json } = await server.request('admin', 'metadata?mode=terminology');
  expect(server.running.services.validator.validate(json)).toEqual([]);
  expect([json.resourceType, json.kind]).toEqual(['TerminologyCapabilities', 'instance']);
  const systems = json.codeSystem as { uri: string; version?: { code: string; isDefault: boolean }[] }[];
  const uris = systems.map(({ uri }) => uri);
  expect([systems.length > 1000, new Set(uris).size === uris.length]).toEqual([true, true]);
  expect(uris).not.toContain('http://snomed.info/sct');
  const own = systems.find(({ uri }) => uri === url)!.version!;
  expect(own.map(({ code }) => code).sort()).toEqual(['1', '2']);
  const chosen = own.find(({ isDefault }) => isDefault)!.code;
  const looked = await server.request('admin', `CodeSystem/$lookup?system=${url}&code=a`);
  expect(looked.json.parameter.find(({ name }: { name: string }) => name === 'version').valueString).toBe(chosen);
  const values: Record<string, string> = {
    url: 'http://hl7.org/fhir/ValueSet/observation-status',
    offset: '1',
    count: '1',
    includeDesignations: 'true',
    includeDefinition: 'true',
    activeOnly: 'true',
  };
  for (const { name } of json.expansion.parameter as { name: string }[]) {
    if (name === 'valueSet' || name === 'url') continue;
    const value = name === 'valueSetVersion' ? '4.0.1' : (values[name] ?? 'final');
    const answer = await server.request('admin', `ValueSet/$expand?url=${values['url']}&${name}=${value}`);
    expect([name, answer.status]).toEqual([name, 200]);
  }
  // A few of R4's own, each answered for.
  for (const { uri } of systems.filter((_, index) => index % 150 === 75)) {
    const body = {
      resourceType: 'Parameters',
      parameter: [
        { name: 'url', valueUri: uri },
        { name: 'code', valueCode: 'no-such' },
      ],
    };
    const answer = await server.request('admin', 'CodeSystem/$validate-code', { body });
    expect([uri, answer.status]).toEqual([uri, 200]);
  }
});

test('every R4 resource type is offered', () => {
  const types = offered().map(({ type }) => type);
  expect(types).toHaveLength(146);
  expect(types).toEqual(
    expect.arrayContaining(['Patient', 'Observation', 'CarePlan', 'Binary', 'Bundle', 'Parameters']),
  );
});

test('every interaction of every type is answered', async () => {
  const requests: Readonly<Record<string, (type: string) => Promise<HereResponse>>> = {
    read: (type) => server.request('admin', `${type}/none`),
    vread: (type) => server.request('admin', `${type}/none/_history/1`),
    'history-type': (type) => server.request('admin', `${type}/_history?_count=1`),
    'history-instance': (type) => server.request('admin', `${type}/none/_history`),
    'search-type': (type) => server.request('admin', `${type}?_count=1`),
    create: (type) => server.request('admin', type, { body: { resourceType: type, unknownElement: 1 } }),
    update: (type) =>
      server.request('admin', `${type}/none`, {
        method: 'PUT',
        body: { resourceType: type, id: 'none', unknownElement: 1 },
      }),
    patch: (type) =>
      server.request('admin', `${type}/none`, {
        method: 'PATCH',
        body: [],
        headers: { 'content-type': 'application/json-patch+json' },
      }),
    delete: (type) => server.request('admin', `${type}/none`, { method: 'DELETE' }),
  };
  const expected: Readonly<Record<string, number>> = {
    read: 404,
    vread: 404,
    'history-type': 200,
    'history-instance': 404,
    'search-type': 200,
    create: 400,
    update: 400,
    patch: 404,
    delete: 204,
  };
  const asked = offered().flatMap(({ type, interaction }) => interaction.map(({ code }) => ({ type, code })));
  const wrong: string[] = [];
  await all(asked, async ({ type, code }) => {
    const answer = await requests[code]!(type);
    // A 404 speaks of the resource, not of the address.
    const known = answer.status === expected[code] && answer.json?.issue?.[0].code !== 'not-supported';
    if (!known) wrong.push(`${code} ${type}: ${answer.status} ${answer.text.slice(0, 200)}`);
  });
  expect(wrong).toEqual([]);
  expect(new Set(asked.map(({ code }) => code))).toEqual(new Set(Object.keys(requests)));
});

test('every search parameter of every type is understood, and those of one value can order the matches', async () => {
  const asked = offered().flatMap(({ type, searchParam }) =>
    searchParam.map(({ name, type: kind }) => ({ type, name, kind })),
  );
  expect(asked.length).toBeGreaterThan(1500);
  const wrong: string[] = [];
  await all(asked, async ({ type, name, kind }) => {
    const query = `${type}?${name}=${encodeURIComponent(values[kind]!)}&_count=1${kind === 'composite' || kind === 'special' ? '' : `&_sort=${name}`}`;
    const answer = await server.request('admin', query);
    // What a composite takes depends on its parts; it must be known, not match.
    const known =
      answer.status === 200 ||
      (kind === 'composite' && answer.status === 400 && !/not known|not supported/.test(answer.text));
    if (!known) wrong.push(`${query}: ${answer.status} ${answer.text.slice(0, 200)}`);
  });
  expect(wrong).toEqual([]);
}, 60_000);

test('every parameter of the whole system, and every modifier that is documented, is understood', async () => {
  const system = server.running.services.capabilities() as { rest: { searchParam: { name: string }[] }[] };
  expect(system.rest[0]!.searchParam.map(({ name }) => name)).toEqual([
    '_text',
    '_content',
    '_list',
    '_has',
    '_filter',
  ]);
  for (const query of ['_text=x', '_content=x', '_list=x', '_has:Observation:subject:code=x', '_filter=name%20eq%20x'])
    expect((await server.request('admin', `Patient?${query}`)).status).toBe(200);
  const of: Record<string, string> = {
    missing: 'true',
    in: 'http://hl7.org/fhir/ValueSet/observation-status',
    'not-in': 'http://hl7.org/fhir/ValueSet/observation-status',
    'of-type': 'a|b|c',
    above: 'http://example.org/a',
    below: 'http://example.org/a',
  };
  const wrong: string[] = [];
  const asked = ['Observation', 'Patient', 'Encounter', 'ValueSet'].flatMap((type) =>
    offered()
      .find((one) => one.type === type)!
      .searchParam.flatMap(({ name, type: kind, documentation = '' }) =>
        [...documentation.matchAll(/:([a-z-]+)(?=\s|$)/g)].map(([, modifier]) => ({ type, name, kind, modifier })),
      ),
  );
  await all(asked, async ({ type, name, kind, modifier }) => {
    const hierarchy = modifier === 'above' || modifier === 'below';
    const ofHierarchy: Record<string, string> = { token: 'http://example.org/s|x', reference: 'Location/x' };
    const value = (hierarchy ? ofHierarchy[kind] : undefined) ?? of[modifier!] ?? 'x';
    const answer = await server.request('admin', `${type}?${name}:${modifier}=${encodeURIComponent(value)}&_count=1`);
    const unknownSystem = kind === 'token' && hierarchy && /code system .* is not known here/.test(answer.text);
    if (answer.status !== 200 && !unknownSystem)
      wrong.push(`${type}?${name}:${modifier}: ${answer.text.slice(0, 200)}`);
  });
  expect(wrong).toEqual([]);
});

test('every include is understood', async () => {
  const asked = offered().flatMap(({ type, searchInclude }) => searchInclude.map((include) => ({ type, include })));
  const wrong: string[] = [];
  await all(
    asked.filter((_, index) => index % 5 === 0),
    async ({ type, include }) => {
      const answer = await server.request('admin', `${type}?_id=none&_include=${include}`);
      if (answer.status !== 200) wrong.push(`${type}: ${include}: ${answer.status}`);
    },
  );
  expect(wrong).toEqual([]);
});

test('every operation is there, under the level and the definition that are named', async () => {
  const asked = offered().flatMap(({ type, operation = [] }) => operation.map((one) => ({ type, ...one })));
  expect(asked.length).toBeGreaterThan(10);
  const wrong: string[] = [];
  for (const { type, name, definition } of asked) {
    const places = [`${type}/$${name}`, `${type}/none/$${name}`];
    const found = await Promise.all(
      places.map((place) => server.request('admin', place, { body: { resourceType: 'Parameters' } })),
    );
    const known = found.filter((answer) => answer.json?.issue?.[0].code !== 'not-supported');
    if (known.length === 0 || known.some(({ status }) => status >= 500 || status === 405))
      wrong.push(`${type} ${name}: ${found.map(({ status }) => status).join()}`);
    if (definition.startsWith('http://hl7.org/')) continue;
    const { json } = await server.request('admin', `OperationDefinition?url=${definition}`);
    if (json.entry?.length !== 1) wrong.push(`${definition} is not among the OperationDefinitions`);
  }
  expect(wrong).toEqual([]);
});

test('every operation has an OperationDefinition that says where it is, and every OperationDefinition an operation', async () => {
  interface Definition {
    readonly url: string;
    readonly base?: string;
    readonly code: string;
    readonly affectsState: boolean;
    readonly resource?: readonly string[];
    readonly system: boolean;
    readonly type: boolean;
    readonly instance: boolean;
  }
  const { json } = await server.request('admin', 'OperationDefinition?_count=1000');
  const definitions = (json.entry as { resource: Definition }[]).map(({ resource }) => resource);
  const described = definitions.flatMap(({ url, base, code, affectsState, resource = [], ...levels }) =>
    (['system', 'type', 'instance'] as const)
      .filter((level) => levels[level])
      .map((level) => {
        const [on = '*'] = level === 'system' ? [] : resource;
        return `${level} ${on === 'Resource' ? '*' : on} $${code} ${affectsState} ${standard(base) ?? url}`;
      }),
  );
  const real = operations.map(
    ({ level, type, name, affectsState, definition }) =>
      `${level} ${level === 'system' ? '*' : type} $${name} ${affectsState} ${ownFor(definition, definitions)}`,
  );
  expect(described.sort()).toEqual([...real].sort());
  const atSystem = (statement.rest[0] as unknown as { operation: { name: string; definition: string }[] }).operation;
  expect(atSystem.map(({ name }) => name).sort()).toEqual(
    operations
      .filter(({ level }) => level === 'system')
      .map(({ name }) => name)
      .sort(),
  );
  for (const { name } of atSystem) {
    const answer = await server.request('admin', `$${name}`, { body: { resourceType: 'Parameters' } });
    const known = answer.json?.issue?.[0].code !== 'not-supported' || answer.status === 405;
    expect([name, known, answer.status < 500]).toEqual([name, true, true]);
  }
});

/** An operation of HL7's is named by HL7's definition; ours of it has that as its base. */
const standard = (base: string | undefined): string | undefined =>
  base !== undefined && operations.some(({ definition }) => definition === base) ? base : undefined;
const ownFor = (definition: string, all: readonly { readonly url: string; readonly base?: string }[]): string =>
  all.find(({ url, base }) => url === definition || base === definition) === undefined ? 'undefined' : definition;

test('the interactions of the whole system are there', async () => {
  expect(statement.rest[0].interaction.map(({ code }) => code)).toEqual([
    'transaction',
    'batch',
    'history-system',
    'search-system',
  ]);
  for (const path of ['_history?_count=1', '?_type=Patient'])
    expect((await server.request('admin', path)).status).toBe(200);
  expect(server.running.services.capabilities()).toMatchObject({
    rest: [{ compartment: expect.arrayContaining([expect.any(String)]) }],
  });
  for (const type of ['transaction', 'batch'])
    expect((await server.request('admin', '', { body: { resourceType: 'Bundle', type } })).status).toBe(200);
});

/** What a client relies on, one line per type; `UPDATE_GOLDEN=1` writes it anew. */
test('the shape of the statement is the agreed one', () => {
  const { date: _date, rest: _rest, ...head } = statement;
  const common = new Set(
    offered()[0]!
      .searchParam.filter(({ name }) => name.startsWith('_'))
      .map(({ name }) => name),
  );
  const counts = new Map<string, number>();
  for (const { operation = [] } of offered())
    for (const { definition } of operation) counts.set(definition, (counts.get(definition) ?? 0) + 1);
  const everywhere = new Set([...counts].filter(([, count]) => count === offered().length).map(([one]) => one));
  const named = (list: readonly { readonly name: string; readonly definition: string }[]): string =>
    list.map(({ name, definition }) => `$${name} ${definition}`).join(' ');
  const params = (list: Offered['searchParam'], wanted: (name: string) => boolean): string =>
    list
      .filter(({ name }) => wanted(name))
      .map(({ name, type }) => `${name}:${type}`)
      .join(' ');
  const forAll = ({
    type: _type,
    interaction,
    searchParam,
    searchInclude: _includes,
    operation = [],
    extension: _topics,
    supportedProfile: _profiles,
    ...more
  }: Offered): string =>
    [
      interaction.map(({ code }) => code).join(' '),
      params(searchParam, (name) => common.has(name)),
      named(operation.filter(({ definition }) => everywhere.has(definition))),
      JSON.stringify({ ...more, profile: undefined }),
    ].join(' | ');
  const own = ({ type, searchParam, searchInclude, operation = [], extension, supportedProfile }: Offered): string =>
    [
      type,
      params(searchParam, (name) => !common.has(name)),
      `${searchInclude.length} includes`,
      named(operation.filter(({ definition }) => !everywhere.has(definition))),
      ...(supportedProfile === undefined ? [] : [supportedProfile.join(' ')]),
      ...(extension === undefined ? [] : [extension.map(({ valueCanonical }) => valueCanonical).join(' ')]),
    ].join(' | ');
  expect(new Set(offered().map(forAll)).size).toBe(1);
  const shape = [
    JSON.stringify({ ...head, software: { ...head.software, version: '<version>' } }).replaceAll(
      String(head.implementation.url),
      '<base>',
    ),
    `every type | ${forAll(offered()[0]!)}`,
    ...offered().map(own),
  ].join('\n');
  const file = path.join(root, 'test/golden/capability-statement.txt');
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, `${shape}\n`);
  expect(`${shape}\n`).toBe(readFileSync(file, 'utf8'));
});
