import { Failure, silentLog } from '../../../src/kernel/index.js';
import { migrate } from '../../../src/storage/migrate.js';
import type { TestDatabase } from '../../support/database.js';
import { createTestDatabase } from '../../support/database.js';

describe('migrate', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase({ empty: true });
  });
  afterEach(() => database.drop());

  const tables = async (): Promise<number> => {
    const { rows } = await database.pool.query<{ n: number }>(
      `select count(*) as n from information_schema.tables where table_schema = 'public'`,
    );
    return rows[0]!.n;
  };

  test('lays the schema in an empty database, and does nothing the second time', async () => {
    await migrate(database.connection, silentLog);
    const first = await tables();
    await migrate(database.connection, silentLog);
    expect(first).toBeGreaterThan(20);
    expect(await tables()).toBe(first);
  });

  test('starts at the same time wait for each other', async () => {
    await Promise.all([1, 2, 3].map(() => migrate(database.url, silentLog)));
    const { rows } = await database.pool.query(
      'select name, count(*) from schema_migration group by name having count(*) > 1',
    );
    expect(rows).toEqual([]);
  });

  test('a schema newer than the code is refused, and left as it is', async () => {
    await migrate(database.connection, silentLog);
    await database.pool.query(`insert into schema_migration (name, run_on) values ('9999_later', now())`);
    const refusal = await migrate(database.connection, silentLog).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Failure);
    expect(refusal).toMatchObject({ category: 'conflict', message: expect.stringContaining('9999_later') });
  });
});
