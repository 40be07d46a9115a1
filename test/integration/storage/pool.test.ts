import { openPool } from '../../../src/storage/pool.js';
import type { TestDatabase } from '../../support/database.js';
import { createTestDatabase } from '../../support/database.js';

describe('pool', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase({ statementTimeout: 200 });
  });
  afterAll(() => database.drop());

  test('bigint is a number, numeric stays the text it was', async () => {
    const { rows } = await database.pool.query(
      `select 9007199254740991::bigint as key, array[1, 2]::bigint[] as keys, 0.10::numeric as value, array[1.0, 20]::numeric[] as vals`,
    );
    expect(rows).toEqual([{ key: 9007199254740991, keys: [1, 2], value: '0.10', vals: ['1.0', '20'] }]);
  });

  test('where it is asked for, a varchar comes as bytes, and nothing else changes', async () => {
    const pool = openPool(database.connection, { size: 1, varcharAsBytes: true });
    try {
      // Longer than what the network brings at once, and beyond Latin-1.
      const long = 'SpO₂ 88 %, målt i ro. '.repeat(20_000);
      const { rows } = await pool.query(
        `select $1::varchar as bytes, 'blåbær' as text, 7 as number, 9007199254740991::bigint as key, true as yes, null::varchar as nothing,
           array[1.0, 20]::numeric[] as vals, timestamptz '2026-03-29T01:00:00Z' as time, '' as empty from generate_series(1, 3)`,
        [long],
      );
      const row = {
        bytes: Buffer.from(long),
        text: 'blåbær',
        number: 7,
        key: 9007199254740991,
        yes: true,
        nothing: null,
        vals: ['1.0', '20'],
        time: new Date('2026-03-29T01:00:00Z'),
        empty: '',
      };
      expect(rows).toEqual([row, row, row]);
      await expect(pool.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
      expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    } finally {
      await pool.end();
    }
  });

  test('a statement that takes too long is cancelled', async () => {
    await expect(database.pool.query('select pg_sleep(5)')).rejects.toMatchObject({ code: '57014' });
  });

  test('a connection that the database closed is replaced', async () => {
    await database.pool.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
    );
    const { rows } = await database.pool.query('select 1 as one');
    expect(rows).toEqual([{ one: 1 }]);
  });
});
