// Bad input never gives a 5xx, and never hangs (decision 7). FUZZ_RUNS multiplies the runs, FUZZ_SEED gives other ones.
import fc from 'fast-check';
import { parseJson } from '../../../../src/fhir/json.js';
import { loadDefinitions } from '../../../../src/fhir/definitions.js';
import type { HereResponse, HereServer } from '../../../support/here.js';
import { validResources } from '../../../unit/validation/valid-resources.js';
import { patience, runsWithin, startFuzzed } from './fuzz-runs.js';
import { randomResource, textOf } from './random-resource.js';

let server: HereServer;
beforeAll(async () => {
  server = await startFuzzed('2000000');
});
afterAll(() => server.stop());

const runs = runsWithin(25_000);
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '?');
const types = fc.constantFrom(...loadDefinitions().resourceTypes);

function understood(answer: HereResponse, what: () => string): void {
  const type = answer.headers.get('content-type') ?? '';
  const isOther = /^(application\/fhir\+xml|text\/html)/.test(type);
  const isJson = answer.text === '' || answer.json !== undefined || isOther;
  const isOutcome = isOther
    ? answer.text.includes('OperationOutcome')
    : answer.json?.resourceType === 'OperationOutcome';
  const isRefusal = answer.status < 400 || isOutcome;
  if (answer.status >= 500 || !isJson || !isRefusal)
    throw new Error(`${answer.status} ${answer.text.slice(0, 300)}\n${what().slice(0, 3000)}`);
}

const odd = fc.oneof(
  fc.constantFrom(
    '',
    '*',
    '0',
    '-1',
    '1e999',
    '99999999999999999999',
    'true',
    'null',
    '__proto__',
    'constructor',
    "' or 1=1 --",
    '\u0000',
    '\\',
    '|',
    '||',
    'a|',
    '|a',
    'a|b|c|d',
    ',',
    ',,',
    '$',
    'a$b',
    'x'.repeat(3000),
    '2026-02-30',
    '0000',
    '10000',
    '9999-12-31T23:59:60Z',
    'ge2026',
    'gtgt1',
    'ap0',
    'sa-0',
    '5||',
    '5|http://unitsofmeasure.org|[bad',
    'Patient/',
    'Patient/a/b',
    '/',
    '#',
    'http://',
    'urn:',
    'æøå',
    '𝒳',
    '%',
    '%25',
    '(',
    '[',
    ':',
  ),
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 10 }),
);

test(
  'random resources of every type are taken or refused, and what was taken comes back as it was',
  async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(types, fc.gen(), async (type, g) => {
        const text = randomResource(g, type);
        const answer = await server.request('admin', type, { body: text });
        understood(answer, () => text);
        if (answer.status !== 201) return;
        taken += 1;
        const { id, meta } = answer.json as { id: string; meta: object };
        const read = await server.request('admin', `${type}/${id}`);
        expect(read.text).toBe(answer.text);
        expect({ ...JSON.parse(text), id, meta: { ...(JSON.parse(text) as { meta?: object }).meta, ...meta } }).toEqual(
          JSON.parse(read.text),
        );
      }),
      runs(400),
    );
    // The generator is worth nothing if nothing passes the validator.
    expect(taken).toBeGreaterThan(40);
  },
  patience,
);

test(
  'valid resources with one value replaced by any other are taken or refused',
  async () => {
    const names = Object.keys(validResources) as (keyof typeof validResources)[];
    const value = fc.oneof(
      odd,
      fc.constantFrom<unknown>(
        null,
        true,
        0,
        -1,
        {},
        [],
        [[]],
        [null],
        { resourceType: 'Patient' },
        { reference: 'Patient/fuzz' },
        { url: 'x' },
        '@@1e999999@@',
        '@@-0@@',
        '@@1e-999999@@',
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.nat(),
        value,
        fc.boolean(),
        async (name, place, replacement, remove) => {
          const resource = structuredClone(validResources[name]) as unknown as Record<string, unknown> & {
            resourceType: string;
          };
          const spots: [Record<string, unknown>, string][] = [];
          const visit = (holder: Record<string, unknown>): void => {
            for (const key of Object.keys(holder)) {
              spots.push([holder, key]);
              if (typeof holder[key] === 'object' && holder[key] !== null)
                visit(holder[key] as Record<string, unknown>);
            }
          };
          visit(resource);
          const [holder, key] = spots[place % spots.length]!;
          const type = resource.resourceType;
          if (remove) delete holder[key];
          else holder[key] = replacement;
          const text = textOf(resource);
          understood(await server.request('admin', type, { body: text }), () => text);
        },
      ),
      runs(300),
    );
  },
  patience,
);

test(
  'random searches of every type are answered or refused',
  async () => {
    const { registry } = server.running.services;
    const modifier = fc.oneof(
      { weight: 5, arbitrary: fc.constant('') },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          ':missing',
          ':not',
          ':exact',
          ':contains',
          ':identifier',
          ':above',
          ':below',
          ':of-type',
          ':text',
          ':in',
          ':Patient',
          ':Patient.name',
          '.name',
          '.identifier',
          ':x',
          ':',
        ),
      },
    );
    const result = fc.constantFrom(
      '_sort',
      '_count',
      '_include',
      '_revinclude',
      '_include:iterate',
      '_total',
      '_summary',
      '_elements',
      '_cursor',
      '_page',
      '_type',
      '_contained',
      '_has:Observation:patient:code',
      '_has:Patient',
      '_has',
      '_filter',
      '_query',
      '_text',
      '_content',
      '_list',
      '_id',
      '_lastUpdated',
    );
    await fc.assert(
      fc.asyncProperty(
        types,
        fc.gen(),
        fc.array(fc.tuple(modifier, odd, fc.integer({ min: 0, max: 9 })), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (type, g, wanted, isPost) => {
          const known = registry.all(type).map(({ code }) => code);
          const pairs = wanted.map(([suffix, value, kind]) => {
            if (kind === 0) return [g(() => odd), value];
            if (kind < 3)
              return [
                g(() => result),
                g(fc.boolean)
                  ? value
                  : g(fc.constantFrom, ...known.flatMap((code) => [code, `-${code}`, `${type}:${code}`])),
              ];
            return [g(fc.constantFrom, ...known) + suffix, value];
          }) as [string, string][];
          const query = pairs
            .map(([name, value]) => `${encodeURIComponent(wellFormed(name))}=${encodeURIComponent(wellFormed(value))}`)
            .join('&');
          const answer = isPost
            ? await server.request('admin', `${type}/_search`, {
                method: 'POST',
                body: query,
                headers: { 'content-type': 'application/x-www-form-urlencoded' },
              })
            : await server.request('admin', `${type}?${query}`);
          understood(answer, () => `${type}?${query}`);
        },
      ),
      runs(500),
    );
  },
  patience,
);

test(
  'cursors that somebody made are answered or refused',
  async () => {
    const sorts = [
      'date',
      '-date',
      'code',
      '_id',
      '-_lastUpdated',
      'value-quantity',
      'identifier',
      'date,code',
      'patient',
      'combo-value-quantity',
      'value-string',
    ];
    const key = fc.oneof(odd, fc.constantFrom<unknown>(null, 0, -1, 1e300, 1.5, true, {}, [], Number.MAX_SAFE_INTEGER));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...sorts),
        fc.constantFrom<unknown>(0, 1, 2, null),
        key,
        fc.array(key, { maxLength: 3 }),
        async (sort, segment, rid, keys) => {
          const cursor = Buffer.from(
            JSON.stringify([sort, segment, typeof rid === 'string' ? 5 : rid, ...keys]),
          ).toString('base64url');
          understood(
            await server.request('admin', `Observation?_sort=${sort}&_cursor=${cursor}`),
            () => `${sort} ${JSON.stringify([segment, rid, ...keys])}`,
          );
        },
      ),
      runs(200),
    );
  },
  patience,
);

test(
  'random Bundles are carried out or refused',
  async () => {
    const url = fc.oneof(
      types,
      types.map((type) => `${type}/fuzz`),
      fc.constantFrom(
        'Patient/fuzz',
        'Patient?name=x',
        'Observation/$lastn?patient=fuzz&code=x',
        'metadata',
        '',
        '/',
        'Patient/_search',
        'Patient/fuzz/_history',
        '__proto__',
        'Patient/%00',
        'Patient/fuzz?_elements=id',
        '$x',
        'http://elsewhere.example/Patient/1',
        'CarePlan/fuzz/$approve',
      ),
      odd,
    );
    const entry = fc.record(
      {
        fullUrl: fc.oneof(
          fc.constantFrom(
            'urn:uuid:00000000-0000-4000-8000-000000000001',
            'urn:uuid:00000000-0000-4000-8000-000000000002',
            'http://example.org/fhir/Patient/1',
          ),
          odd,
        ),
        kind: types,
        request: fc.record(
          {
            method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'BREW'),
            url,
            ifMatch: odd,
            ifNoneExist: fc.oneof(odd, fc.constant('identifier=x')),
            ifNoneMatch: odd,
            ifModifiedSince: odd,
          },
          { requiredKeys: ['method', 'url'] },
        ),
      },
      { requiredKeys: ['request', 'kind'] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('batch', 'transaction', 'transaction'),
        fc.array(entry, { maxLength: 5 }),
        fc.gen(),
        async (type, entries, g) => {
          const body = entries.map(({ kind, ...rest }) => {
            const fitting = /^[A-Z]\w+/.exec(rest.request.url)?.[0];
            const resource = g(fc.boolean)
              ? randomResource(
                  g,
                  fitting !== undefined && g(fc.boolean) && loadDefinitions().isResourceType(fitting) ? fitting : kind,
                  g(fc.boolean) ? { id: 'fuzz' } : {},
                )
              : '{"resourceType":"Basic","id":"fuzz","code":{"text":"x"},"subject":{"reference":"urn:uuid:00000000-0000-4000-8000-000000000001"}}';
            return `{${JSON.stringify(rest).slice(1, -1)},"resource":${resource}}`;
          });
          const text = `{"resourceType":"Bundle","type":"${type}","entry":[${body.join()}]}`;
          const answer = await server.request('admin', '', { body: text });
          understood(answer, () => text);
          for (const one of (answer.json?.entry ?? []) as { response?: { status: string } }[])
            if (Number(one.response?.status) >= 500) throw new Error(`${JSON.stringify(one)}\n${text.slice(0, 3000)}`);
        },
      ),
      runs(250),
    );
  },
  patience,
);

test(
  'random patches are applied or refused, and never leave anything that is not valid',
  async () => {
    const step = fc.constantFrom(
      '',
      '/',
      '/name',
      '/name/0',
      '/name/0/family',
      '/name/-',
      '/name/1',
      '/name/01',
      '/active',
      '/id',
      '/meta',
      '/meta/versionId',
      '/resourceType',
      '/identifier/0/value',
      '/__proto__/x',
      '/constructor/prototype/x',
      '/a~1b',
      '/a~2',
      '/text/div',
      '/contact/0',
      'name',
      '/birthDate',
    );
    const value = fc.oneof(
      odd,
      fc.constantFrom<unknown>(
        null,
        true,
        1,
        {},
        [],
        [{ family: 'x' }],
        { resourceType: 'Patient', id: 'patched' },
        '@@1.0@@',
        '@@1e999@@',
      ),
    );
    const operation = fc.record(
      {
        op: fc.oneof(
          { weight: 9, arbitrary: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test') },
          { weight: 1, arbitrary: odd },
        ),
        path: fc.oneof({ weight: 5, arbitrary: step }, { weight: 1, arbitrary: odd }),
        from: step,
        value,
      },
      { requiredKeys: ['op'] },
    );
    await server.request('admin', 'Patient/patched', {
      method: 'PUT',
      body: { resourceType: 'Patient', id: 'patched', active: true, name: [{ family: 'a' }] },
    });
    const places = [
      'Patient/patched',
      'Patient/fuzz',
      'Patient?name=a',
      'Patient?_id=patched',
      'Patient/none',
      'Patient',
    ];
    const body: fc.Arbitrary<unknown> = fc.oneof(
      { weight: 9, arbitrary: fc.array(operation, { maxLength: 4 }) },
      { weight: 1, arbitrary: value },
    );
    await fc.assert(
      fc.asyncProperty(body, fc.constantFrom(...places), async (patch, at) => {
        const text = textOf(patch);
        const answer = await server.request('admin', at, {
          method: 'PATCH',
          body: text,
          headers: { 'content-type': 'application/json-patch+json' },
        });
        understood(answer, () => `${at} ${text}`);
        if (answer.status === 200)
          expect(server.running.services.validator.validate(parseJson(answer.text))).toEqual([]);
      }),
      runs(250),
    );
  },
  patience,
);

test(
  'random headers are understood or refused',
  async () => {
    const visible = fc
      .oneof(
        odd,
        fc.constantFrom(
          'W/"1"',
          '"1"',
          'W/"99999999999"',
          'return=minimal',
          'handling=lenient',
          'application/fhir+json',
          'application/json;q=0.1',
          '*/*;q=x',
          'text/html, */*',
          'application/fhir+xml',
          'text/xml; q=0.5, application/json; q=0.4',
          'Sat, 31 Feb 2026 25:00:00 GMT',
          'Patient?identifier=x',
          'gzip',
          'identity',
          'chunked-ish',
        ),
      )
      .map((text) => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 500));
    const headers = fc.dictionary(
      fc.constantFrom(
        'if-match',
        'if-none-match',
        'if-none-exist',
        'if-modified-since',
        'prefer',
        'accept',
        'content-type',
        'accept-charset',
        'content-encoding',
        'x-forwarded-for',
        'range',
        'origin',
        'cookie',
      ),
      visible,
      { maxKeys: 4, noNullPrototype: true },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS'),
        headers,
        async (method, own) => {
          const at = method === 'POST' ? 'Basic' : 'Basic/headers';
          const body =
            method === 'PUT' || method === 'POST'
              ? { body: { resourceType: 'Basic', id: 'headers', code: { text: 'x' } } }
              : {};
          const answer = await server.request('admin', at, { method, headers: own, ...body });
          if (method !== 'HEAD') understood(answer, () => `${method} ${JSON.stringify(own)}`);
          else expect(answer.status).toBeLessThan(500);
        },
      ),
      runs(200),
    );
  },
  patience,
);

test(
  'random addresses and bodies are understood or refused',
  async () => {
    const segment = fc.oneof(
      odd,
      types,
      fc.constantFrom(
        '_history',
        '_search',
        '$lastn',
        '$x',
        '..',
        '.',
        'fuzz',
        'metadata',
        '1',
        '$apply',
        '$approve',
        '$dho-status',
      ),
    );
    const body = fc.oneof(
      odd,
      fc.json({ maxDepth: 3 }),
      fc.integer({ min: 1, max: 5000 }).map((depth) => `{"resourceType":"Basic","a":${'['.repeat(depth)}`),
      fc.integer({ min: 1, max: 5000 }).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
      fc.constantFrom(
        '{"resourceType":"Parameters","parameter":[null]}',
        '{"resourceType":"Parameters","parameter":{"a":1}}',
        '{"resourceType":"Parameters","parameter":[{"name":"patient","valueString":5},{"name":"max","valueInteger":1e9}]}',
        '{"resourceType":"__proto__"}',
        '{"resourceType":{"a":1}}',
        '{"resourceType":"Patient","id":{"a":1}}',
        '{"resourceType":"Patient","meta":null}',
        '{"resourceType":"Patient","meta":{"tag":{}}}',
        `{"resourceType":"Basic","code":{"text":"${'x'.repeat(1_100_000)}"}}`,
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(segment, { maxLength: 5 }),
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
        body,
        fc.boolean(),
        async (segments, method, text, encoded) => {
          const at = segments
            .map((one) => (encoded ? encodeURIComponent(wellFormed(one)) : wellFormed(one).replace(/[#\\]/g, '')))
            .join('/');
          const answer = await server.request('admin', at, {
            method,
            ...(method === 'GET' ? {} : { body: wellFormed(text) }),
          });
          // A path with dots may lead out of /fhir.
          understood(answer, () => `${method} ${at}\n${text.slice(0, 500)}`);
        },
      ),
      runs(300),
    );
  },
  patience,
);
