import { readFileSync } from 'node:fs';
import { askErasure, confirmErasure } from '../../../src/storage/erasure.js';
import { openPool, type Pool } from '../../../src/storage/pool.js';
import { expectStatus, fnrSystem, reading } from '../follow-up/stage.js';
import { openWorld, type World } from './world.js';

let world: World;
let pool: Pool;
beforeAll(async () => {
  world = await openWorld();
  const { rows } = await world.stage.server.running.services.pool.query(
    'select current_database() as database, current_user as user, host(inet_server_addr()) as host, inet_server_port() as port',
  );
  const place = JSON.parse(process.env['TEST_DATABASE']!) as { host: string };
  pool = openPool(
    { ...place, ...(rows[0]!['database'] ? { database: rows[0]!['database'] as string } : {}) } as never,
    { size: 2 },
  );
});
afterAll(async () => {
  await pool.end();
  await world.stage.stop();
});

test('a person is erased by two others, and nothing of the person is left but what the log says', async () => {
  const { stage, listed, stranger } = world;
  const now = stage.clock.now();
  const patient = { identifier: { system: fnrSystem, value: listed.fnr } };
  await stage.created('device', reading('spo2', 82, { patient, at: '2026-03-02T07:00:00Z' }));
  const message = readFileSync('test/fixtures/messages/log-innlagt.xml', 'utf8').replace(
    /(?<!\d)\d{11}(?!\d)/g,
    listed.fnr,
  );
  expectStatus(
    await stage.as('admin', '/messages/plo', {
      method: 'POST',
      body: message,
      headers: { 'content-type': 'application/xml' },
    }),
    200,
  );
  const { rows: before } = await pool.query(
    'select r.rid, r.id from resource r join resource p on p.rid = any (r.patients) where p.id = $1',
    [listed.id],
  );
  expect(before.length).toBeGreaterThan(5);
  const rid = before.find((row) => row['id'] === listed.id)!['rid'] as number;

  await expect(askErasure(pool, { id: 'nobody', by: 'Kari', reason: 'x', now })).rejects.toMatchObject({
    category: 'not-found',
  });
  const number = await askErasure(pool, { id: listed.id, by: 'Kari', reason: 'Vedtak 12/26', now });
  await expect(confirmErasure(pool, { number, by: ' kari', now })).rejects.toMatchObject({ category: 'forbidden' });
  const shared = await stage.created('municipality', {
    resourceType: 'Group',
    type: 'person',
    actual: true,
    member: [{ entity: { reference: listed.reference } }, { entity: { reference: stranger.reference } }],
  });
  await expect(confirmErasure(pool, { number, by: 'Per', now })).rejects.toMatchObject({ category: 'conflict' });
  expectStatus(
    await stage.as('municipality', `Group/${shared.id}`, {
      method: 'PUT',
      body: { ...shared, member: [{ entity: { reference: stranger.reference } }] },
    }),
    200,
  );
  const erased = await confirmErasure(pool, { number, by: 'Per', now });
  expect(erased.rows['resource']).toBeGreaterThanOrEqual(before.length);
  await expect(confirmErasure(pool, { number, by: 'Per', now })).rejects.toMatchObject({ category: 'not-found' });

  const { rows: tables } = await pool.query(
    "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
  );
  for (const { name } of tables as { name: string }[]) {
    const own = ['audit', 'erasure'].includes(name);
    const { rows } = await pool.query(
      `select count(*)::integer as n from ${name} t where t::text like '%' || $1 || '%' or (t::text like '%' || $2 || '%' and not $3)`,
      [listed.fnr, listed.id, own],
    );
    expect({ name, n: rows[0]!['n'] }).toEqual({ name, n: 0 });
  }
  for (const table of [
    'relation',
    'followup_state',
    'followup_alert',
    'observation_point',
    'patient_identifier',
    'record_block',
  ]) {
    const { rows } = await pool.query(`select 1 from ${table} where patient = $1`, [rid]);
    expect({ table, rows: rows.length }).toEqual({ table, rows: 0 });
  }
  expect((await stage.as('municipality', listed.reference)).status).toBe(404);
  expectStatus(await stage.as('municipality', stranger.reference), 200);
  const { rows: log } = await pool.query(
    "select action, detail from audit where client = 'hjemmebro-erase' order by xid, seq",
  );
  expect(log).toEqual([
    { action: 'erase asked', detail: `erasure ${number}: Vedtak 12/26` },
    { action: 'erase', detail: `erasure ${number}, asked for by Kari, confirmed by Per: Vedtak 12/26` },
  ]);
});
