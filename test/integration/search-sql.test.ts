import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RowScope } from '../../src/access/row-scope.js';
import { packageRoot } from '../../src/fhir/package-root.js';
import { loadSearchRegistry } from '../../src/search/load-registry.js';
import { parseSearch } from '../../src/search/parse/parse-search.js';
import { parseQuery } from '../../src/search/parse/query-pairs.js';
import { Dictionary } from '../../src/storage/dictionary.js';
import { pageSql } from '../../src/storage/search/page-sql.js';
import { SearchContext } from '../../src/storage/search/search-context.js';
import { searchIds } from '../../src/storage/search/search-ids.js';
import { searchPage } from '../../src/storage/search/search-page.js';
import { seriesPageSql, seriesSearch } from '../../src/storage/search/series-page.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

// The statements that searches become, as a golden file for people to read in a change. UPDATE_GOLDEN=1 writes it anew.

const golden = path.join(packageRoot(), 'test', 'golden', 'search-statements.sql');
const queries: readonly (readonly [type: string | undefined, query: string])[] = [
  ['Patient', ''],
  ['Patient', '_id=a,b&_lastUpdated=ge2026-01-01'],
  ['Patient', 'identifier=http://example.org/known|1&name=ås'],
  ['Patient', 'birthdate=gt1950&_sort=birthdate,-family'],
  ['Observation', 'patient=Patient/1&category=http://loinc.org|1'],
  ['Observation', 'patient=Patient/1&code=http://loinc.org|1&date=ge2026-03-01&_sort=-date'],
  ['Observation', 'code=http://loinc.org|1&value-quantity=gt5.4|http://unitsofmeasure.org|kg'],
  ['Observation', 'code:not=http://loinc.org|1&method:missing=true'],
  ['Observation', 'combo-code-value-quantity=http://loinc.org|1$gt5.4'],
  ['Location', 'near=69.65|18.96|10|km'],
  ['Observation', '_filter=code%20eq%20http://loinc.org|1%20and%20not%20(value-quantity%20gt%205.4)'],
  ['Observation', 'subject:Patient.name=berg'],
  ['Patient', '_has:Observation:patient:code=http://loinc.org|1'],
  [undefined, '_type=Patient,Practitioner&_tag=http://loinc.org|1'],
];
const related: RowScope = {
  parties: ['org:910000020'],
  controllers: ['910000012'],
  visibility: (type) => (type === 'Practitioner' ? 'all' : 'related'),
};
const everything: RowScope = { parties: [], controllers: '*', visibility: () => 'all' };
const registry = loadSearchRegistry();

describe('statements', () => {
  let database: TestDatabase;
  let dictionary: Dictionary;
  beforeAll(async () => {
    database = await createTestDatabase();
    dictionary = await Dictionary.load(database.pool, {
      types: registry.types,
      params: registry.rowParams(),
      parties: ['org:910000020'],
      controllers: ['910000012'],
      systems: ['http://example.org/known'],
      codes: [
        { system: 'http://loinc.org', code: '1' },
        { system: 'http://unitsofmeasure.org', code: 'g' },
      ],
    });
  });
  afterAll(() => database.drop());

  const statement = async (
    type: string | undefined,
    query: string,
    scope = related,
  ): Promise<{ text: string; values: unknown[] }> => {
    const request = parseSearch(type, parseQuery(query), registry, { strict: true });
    const context = new SearchContext(
      { dictionary, registry },
      await searchIds(database.pool, request.conditions, dictionary),
      scope,
    );
    const series = seriesSearch(request);
    const page = { after: undefined, limit: 51 };
    const text = series
      ? seriesPageSql(series, { ...page, patient: undefined, presumed: scope === related }, context)
      : pageSql(request, { ...page, segment: 'valued' }, context);
    return context.statement(text ?? '');
  };

  /** Ids of types and parameters by name, so that the file does not change with the order they were added in. */
  const named = (text: string): string => {
    const params = new Map(
      registry.rowParams().map(({ type, code }) => [dictionary.paramId(type, code), `${type}.${code}`]),
    );
    return text
      .replace(/param = (\d+)/g, (_, id) => `param = <${params.get(Number(id))}>`)
      .replace(/type (= |in \()(\d+)/g, (_, operator, id) => `type ${operator}<${dictionary.typeName(Number(id))}>`);
  };

  test('are those of the golden file', async () => {
    const parts: string[] = [];
    for (const [type, query] of queries) {
      const { text } = await statement(type, query, everything);
      parts.push(
        `-- ${type ?? ''}?${query}\n${named(text).replace(/ (from resource r|join resource r|where|order by|union all) /g, '\n  $1 ')};\n`,
      );
    }
    const all = parts.join('\n');
    if (process.env['UPDATE_GOLDEN'] || !existsSync(golden)) writeFileSync(golden, all);
    expect(all).toBe(readFileSync(golden, 'utf8'));
  });

  test.each(queries)('%s?%s runs, and no value stands in its text', async (type, query) => {
    const { text, values } = await statement(type, query);
    await expect(database.pool.query(text, values)).resolves.toBeDefined();
    expect(text).not.toMatch(/berg|loinc|example\.org|5\.4|910000012/);
  });

  test('a series is read from its own index in its order, without sorting', async () => {
    await database.pool.query(`insert into observation_point (patient, code, low, high, rid, component, controller)
      select 1 + g % 50, 1 + g % 4, g, g + 1, 100 + g, false, 1 from generate_series(1, 20000) g`);
    await database.pool.query(`insert into resource (rid, type, id, version, updated, controller, patients, content)
      select 100 + g, ${dictionary.typeId('Observation')}, 'o' || g, 1, now(), 1, array[1 + g % 50]::bigint[], '{}' from generate_series(1, 20000) g
      union all select g, ${dictionary.typeId('Patient')}, g::text, 1, now(), 1, array[g]::bigint[], '{}' from generate_series(1, 50) g`);
    await database.pool.query('analyze');
    const { text, values } = await statement('Observation', 'patient=Patient/1&code=http://loinc.org|1&_sort=-date');
    const plan = (await database.pool.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values)).rows
      .map((row) => row['QUERY PLAN'])
      .join('\n');
    expect(plan).toMatch(/observation_point_series/);
    expect(plan).not.toMatch(/Sort|Seq Scan on (observation|resource)/);
  });

  test('a statement that takes too long is refused as too costly', async () => {
    const slow = {
      query: () => Promise.reject(Object.assign(new Error('canceling statement'), { code: '57014' })),
    } as unknown as typeof database.pool;
    const request = parseSearch('Patient', [['name', 'a']], registry, { strict: true });
    await expect(searchPage(slow, request, related, { dictionary, registry })).rejects.toMatchObject({
      category: 'too-costly',
    });
  });
});
