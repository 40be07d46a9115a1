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
