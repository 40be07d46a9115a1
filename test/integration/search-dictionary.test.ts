import { extractRows } from '../../src/search/extract/extract-rows.js';
import { loadSearchRegistry } from '../../src/search/load-registry.js';
import { Dictionary } from '../../src/storage/dictionary.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const registry = loadSearchRegistry();

describe('the dictionary', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  const load = () => Dictionary.load(database.pool, { types: registry.types, params: registry.rowParams() });

  test('gives the same ids to servers that add the same entries at once', async () => {
    const servers = await Promise.all([load(), load(), load()]);
    const codes = Array.from({ length: 200 }, (_, index) => ({
      system: `http://example.org/${index % 7}`,
      code: `code ${index}`,
    }));
    await Promise.all(
      servers.map((server, index) =>
        server.ensure({
          codes: index === 1 ? [...codes].reverse() : codes,
          parties: ['org:1', 'org:2'],
          controllers: ['910000012'],
        }),
      ),
    );
    for (const { system, code } of codes) {
      const ids = servers.map((server) => server.codeId(system, code));
      expect(ids[0]).toBeGreaterThan(0);
      expect(new Set(ids).size).toBe(1);
    }
    expect(new Set(servers.map((server) => server.partyId('org:2'))).size).toBe(1);
    expect(servers[0]!.typeName(servers[1]!.typeId('Patient')!)).toBe('Patient');
  });

  test('uses up no ids for what is there already', async () => {
    const used = async () =>
      (
        await database.pool.query<{ last: number }>(
          "select last_value as last from pg_sequences where sequencename = 'resource_type_id_seq'",
        )
      ).rows[0]!.last;
    await load();
    const before = await used();
    await load();
    await load();
    expect(await used()).toBe(before);
  });

  test('answers at once when it knows every entry, and adds the others first', async () => {
    const dictionary = await load();
    const resource = {
      resourceType: 'Observation',
      id: 'x',
      status: 'final',
      code: { coding: [{ system: 'http://new.example.org', code: 'new' }] },
      valueQuantity: { value: 5, system: 'http://unitsofmeasure.org', code: 'mg/L' },
      subject: { reference: 'Patient/1' },
    };
    const rows = extractRows(resource, registry);
    const first = dictionary.resolveRows(rows, 'Observation');
    expect(first).toBeInstanceOf(Promise);
    await first;
    const again = dictionary.resolveRows(rows, 'Observation');
    expect(again).not.toBeInstanceOf(Promise);
    expect(again).toEqual(await first);
    const resolved = await again;
    expect(resolved.token.code).toContain(dictionary.codeId('http://new.example.org', 'new'));
    expect(resolved.quantity).toMatchObject({
      low: ['5'],
      canonLow: ['5'],
      code: [dictionary.codeId('http://unitsofmeasure.org', 'mg/L')],
    });
    expect(resolved.reference).toMatchObject({ type: [dictionary.typeId('Patient')], id: ['1'], url: [null] });
  });

  test('another server finds what one has added', async () => {
    const [one, other] = [await load(), await load()];
    await one.ensure({ codes: [{ system: 's', code: 'only one' }] });
    expect(other.codeId('s', 'only one')).toBeUndefined();
    await other.ensure({ codes: [{ system: 's', code: 'only one' }] });
    expect(other.codeId('s', 'only one')).toBe(one.codeId('s', 'only one'));
    expect((await load()).codeId('s', 'only one')).toBe(one.codeId('s', 'only one'));
  });

  test('a reference to a type that does not exist points nowhere', async () => {
    const dictionary = await load();
    const rows = await dictionary.resolveRows(
      [{ kind: 'reference', param: 'subject', targetType: 'Pasient', targetId: '1' }],
      'Observation',
    );
    expect(rows.reference).toMatchObject({ type: [null], id: ['1'] });
  });
});
