// A walk along the pages while others change things. https://hl7.org/fhir/R4/search.html#sort, http.html#paging
import fc from 'fast-check';
import { type HereServer, startHere } from '../../support/here.js';

let server: HereServer;
beforeAll(async () => {
  server = await startHere();
});
afterAll(() => server.stop());

/** What a resource is sorted by; undefined: it has no value. */
interface Keys {
  readonly day: number | undefined;
  readonly value: number | undefined;
  readonly word: string | undefined;
  readonly code: string | undefined;
  readonly subject: string | undefined;
  readonly profile: string | undefined;
}
type Change =
  | { readonly kind: 'touch' | 'delete'; readonly at: number }
  | { readonly kind: 'move' | 'create'; readonly at: number; readonly keys: Keys };

const option = <T>(...values: T[]): fc.Arbitrary<T | undefined> => fc.constantFrom(undefined, ...values);
const keys: fc.Arbitrary<Keys> = fc.record({
  day: option(1, 2, 3),
  value: option(1, 2.5, 10),
  word: option('ås', 'Ase', 'b', 'B c'),
  code: option('x', 'y', 'z'),
  subject: option('Patient/a', 'Patient/b'),
  profile: option('http://a.example/1', 'http://a.example/2'),
});
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constantFrom('touch' as const, 'delete' as const), at: fc.nat(9) }),
  fc.record({ kind: fc.constantFrom('move' as const, 'create' as const), at: fc.nat(9), keys }),
);
const walk = fc.record({
  present: fc.array(keys, { minLength: 6, maxLength: 10 }),
  between: fc.array(fc.array(change, { maxLength: 2 }), { maxLength: 6 }),
  count: fc.constantFrom(1, 2, 3),
});

const body = (id: string, run: string, of: Keys, note: number) => ({
  resourceType: 'Observation',
  id,
  meta: {
    tag: [{ system: 'http://example.org/run', code: run }],
    ...(of.profile && { profile: [of.profile] }),
  },
  status: 'final',
  code: of.code === undefined ? { text: 'none' } : { coding: [{ system: 'http://example.org/c', code: of.code }] },
  ...(of.day && { effectiveDateTime: `2026-03-0${of.day}` }),
  ...(of.subject && { subject: { reference: of.subject } }),
  ...(of.word ? { valueString: of.word } : of.value && { valueQuantity: { value: of.value, unit: 'kg' } }),
  note: [{ text: String(note) }],
});

let runs = 0;

async function put(id: string, run: string, of: Keys, note: number): Promise<void> {
  const answer = await server.request('admin', `Observation/${id}`, { method: 'PUT', body: body(id, run, of, note) });
  if (answer.status >= 300) throw new Error(answer.text);
}

test.each([
  '',
  '_id',
  '-_id',
  'date',
  '-date',
  'value-quantity',
  '-value-quantity',
  'value-string',
  'code',
  '-code',
  'subject',
  '_profile',
  '-_tag',
  'code,-date',
  '-date,value-quantity,_id',
  'value-string,-_profile',
  '_lastUpdated',
  '-_lastUpdated',
])(
  'sorted by «%s», what keeps its place is met exactly once while others come, go and move',
  async (sort) => {
    await fc.assert(
      fc.asyncProperty(walk, async ({ present, between, count }) => {
        runs += 1;
        const run = `r${runs}`;
        const byTime = sort.includes('_lastUpdated');
        for (const [at, of] of present.entries()) await put(`${run}-${at}`, run, of, 0);
        const moved = new Set<string>();
        const met: string[] = [];
        let next: string | undefined = `Observation?_tag=${run}&_count=${count}${sort === '' ? '' : `&_sort=${sort}`}`;
        for (let page = 0; next !== undefined; page += 1) {
          const { status, json, text } = await server.request('admin', next);
          if (status !== 200) throw new Error(text);
          for (const { resource } of json.entry ?? []) met.push(resource.id);
          const link = json.link.find((one: { relation: string }) => one.relation === 'next')?.url as
            | string
            | undefined;
          next = link?.slice(server.base.length + 1);
          for (const one of between[page] ?? []) {
            const id = `${run}-${one.at}`;
            const own = present[one.at];
            if (one.kind === 'create') await put(`${run}-new-${page}-${one.at}`, run, one.keys, page);
            else if (own === undefined || (one.kind === 'touch' && moved.has(id))) continue;
            else if (one.kind === 'delete') await server.request('admin', `Observation/${id}`, { method: 'DELETE' });
            else await put(id, run, one.kind === 'move' ? one.keys : own, page + 1);
            if (one.kind !== 'touch' || byTime) moved.add(id);
          }
        }
        const stable = present.map((_, at) => `${run}-${at}`).filter((id) => !moved.has(id));
        expect(met.filter((id) => stable.includes(id)).sort()).toEqual([...stable].sort());
      }),
      { numRuns: 3, endOnFailure: true },
    );
  },
  60_000,
);
