import { tenantPools, type TenantPools } from '../../../src/storage/tenant-pools.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

let db: TestDatabase;
let tenants: TenantPools;
const ids = { shared: 0, one: 0, other: 0 };

beforeAll(async () => {
  db = await createTestDatabase();
  tenants = (await tenantPools(db.pool, db.connection, { size: 2 }))!;
  const { rows } = await db.pool.query<{ id: number; orgnr: string }>(
    "insert into dict_controller (orgnr) values ('310000019'), ('310000094') on conflict do nothing returning id, orgnr",
  );
  ids.one = rows[0]!.id;
  ids.other = rows[1]!.id;
  ids.shared = (await db.pool.query<{ id: number }>("select id from dict_controller where orgnr = ''")).rows[0]!.id;
  await db.pool.query("insert into resource_type (name) values ('Observation')");
  let rid = 0;
  for (const [name, controller] of Object.entries(ids)) {
    rid += 1;
    await db.pool.query(
      "insert into resource (rid, type, id, version, updated, controller, content) select $1, id, $2, 1, now(), $3, '{}' from resource_type",
      [rid, name, controller],
    );
    await db.pool.query(
      "insert into resource_history (rid, version, type, id, updated, controller, patients, content) select $1, 0, id, $2, now(), $3, '{}', '{}' from resource_type",
      [rid, name, controller],
    );
    await db.pool.query(
      'insert into observation_point (patient, code, low, high, rid, component, controller) values (1, 1, 0, 1, $1, false, $2)',
      [rid, controller],
    );
    await db.pool.query(
      "insert into change_log (kind, type, rid, version, controller, patients) values ('c', 1, $1, 1, $2, '{}')",
      [rid, controller],
    );
    await db.pool.query('insert into patient_identifier (controller, system, value, patient) values ($1, 1, $2, $3)', [
      controller,
      name,
      rid,
    ]);
    await db.pool.query(
      "insert into followup_state (patient, controller, state, updated) values ($1, $2, '{}', now())",
      [rid, controller],
    );
  }
});
afterAll(async () => {
  await tenants.stop();
  await db.drop();
});

const tables = [
  'resource',
  'resource_history',
  'observation_point',
  'change_log',
  'patient_identifier',
  'followup_state',
];

describe('a query that forgets whose data it may see', () => {
  test.each(tables)('finds of %s the rows of its own controller and of none', async (table) => {
    const seen = async (controller: number): Promise<number[]> => {
      const { pool, planned } = tenants.of([ids.shared, controller]);
      const [plain, prepared] = await Promise.all([
        pool.query(`select controller from ${table} order by controller`),
        planned.query({ name: `all-${table}`, text: `select controller from ${table} order by controller` }),
      ]);
      expect(prepared.rows).toEqual(plain.rows);
      return plain.rows.map((row) => row['controller'] as number);
    };
    expect(await seen(ids.one)).toEqual([ids.shared, ids.one].sort((a, b) => a - b));
    expect(await seen(ids.other)).toEqual([ids.shared, ids.other].sort((a, b) => a - b));
    expect((await db.pool.query(`select 1 from ${table}`)).rows.length).toBe(3);
  });

  test('counts and joins no others either', async () => {
    const { pool } = tenants.of([ids.shared, ids.one]);
    const { rows } = await pool.query(
      'select count(*)::integer as n from resource r join resource_history h on h.rid = r.rid join observation_point o on o.rid = r.rid',
    );
    expect(rows).toEqual([{ n: 2 }]);
  });

  test.each([
    ["insert into resource (rid, type, id, version, updated, controller) values (9, 1, 'x', 1, now(), 1)"],
    ["update resource set content = 'x'"],
    ['delete from resource_history'],
    ['delete from audit'],
    ["update audit set client = 'x'"],
    ["insert into relation (party, patient, kind, source, starts) values (1, 1, 'episode', 1, now())"],
    ['delete from record_block'],
    ['alter table resource disable row level security'],
  ])('may not: %s', async (statement) => {
    const { pool } = tenants.of([ids.shared, ids.one]);
    await expect(pool.query(statement)).rejects.toMatchObject({ code: '42501' });
  });
});
