import {
  adoptForeignLog,
  type LogPosition,
  movePosition,
  readLog,
  readPosition,
} from '../../../src/storage/change-log.js';
import { inTransaction } from '../../../src/storage/transaction.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { addTypes, task, write } from '../delivery/stage.js';

let database: TestDatabase;
const start: LogPosition = { xid: '0', seq: 0 };
const read = (after: LogPosition = start, limit = 100) => readLog(database.pool, { after, limit, types: ['Task'] });

/** Read when nothing holds rows back any more: transactions of other databases of the cluster, too, hold them for a moment. */
async function settled(after?: LogPosition, limit?: number): ReturnType<typeof readLog> {
  for (let waited = 0; ; waited += 10) {
    const batch = await read(after, limit);
    if (!batch.held || waited > 10_000) return batch;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

beforeEach(async () => {
  database = await createTestDatabase();
  await addTypes(database.pool);
});
afterEach(() => database.drop());

test('a row whose transaction began early and commits late is not skipped', async () => {
  const slow = await database.pool.connect();
  try {
    await slow.query('begin');
    await write(slow, task('early'));
    await inTransaction(database.pool, (tx) => write(tx, task('late')));
    const waiting = await read();
    expect(waiting.rows).toEqual([]);
    expect(waiting.held).toBe(true);
    expect(waiting.next).toEqual(start);
    await slow.query('commit');
    const batch = await settled();
    expect(batch.rows.map((row) => row.id)).toEqual(['early', 'late']);
    expect(batch.held).toBe(false);
    expect((await settled(batch.next)).rows).toEqual([]);
  } finally {
    slow.release();
  }
});

test('a transaction that is rolled back lets the rows behind it go', async () => {
  const slow = await database.pool.connect();
  try {
    await slow.query('begin');
    await write(slow, task('never'));
    await inTransaction(database.pool, (tx) => write(tx, task('there')));
    expect((await read()).rows).toEqual([]);
    await slow.query('rollback');
    expect((await settled()).rows.map((row) => row.id)).toEqual(['there']);
  } finally {
    slow.release();
  }
});

test('versions of one resource are in order even where the later version was made by the earlier transaction', async () => {
  await inTransaction(database.pool, (tx) => write(tx, task('x')));
  const { next } = await settled();
  const early = await database.pool.connect();
  try {
    await early.query('begin');
    await early.query('select pg_current_xact_id()');
    await inTransaction(database.pool, (tx) => write(tx, task('x', 'two'), 'u'));
    await write(early, task('x', 'three'), 'u');
    await early.query('commit');
    expect((await settled(next)).rows.map((row) => row.version)).toEqual([2, 3]);
  } finally {
    early.release();
  }
});

test('the text is that of exactly the version, and only for the types asked for', async () => {
  await inTransaction(database.pool, (tx) => write(tx, task('x', 'one')));
  await inTransaction(database.pool, (tx) => write(tx, task('x', 'two'), 'u'));
  await inTransaction(database.pool, (tx) => write(tx, task('x', 'two'), 'd'));
  const { rows } = await settled();
  expect(
    rows.map((row) => [row.kind, row.version, row.text === undefined ? undefined : JSON.parse(row.text).code]),
  ).toEqual([
    ['c', 1, 'one'],
    ['u', 2, 'two'],
    ['d', 3, undefined],
  ]);
  const without = await readLog(database.pool, { after: start, limit: 100, types: [] });
  expect(without.rows.every((row) => row.text === undefined)).toBe(true);
});

test('reading in small batches while many write concurrently gives every row exactly once', async () => {
  const seen: string[] = [];
  let position = start;
  let writing = true;
  const reading = (async () => {
    for (;;) {
      const stillWriting = writing;
      const batch = await settled(position, 7);
      seen.push(...batch.rows.map((row) => `${row.id}/${row.version}`));
      position = batch.next;
      if (!stillWriting && batch.rows.length === 0) return;
    }
  })();
  const written: string[] = [];
  await Promise.all(
    Array.from({ length: 5 }, async (_, writer) => {
      for (let at = 0; at < 40; at++) {
        const id = `w${writer}-${at}`;
        await inTransaction(database.pool, async (tx) => {
          await write(tx, task(id));
          if (at % 3 === 0) await tx.query('select pg_sleep(0.004)');
          if (at % 7 === 0) await write(tx, task(id, 'b'), 'u');
        });
        written.push(`${id}/1`);
        if (at % 7 === 0) written.push(`${id}/2`);
      }
    }),
  );
  writing = false;
  await reading;
  expect([...seen].sort()).toEqual([...written].sort());
  for (const id of new Set(seen.map((one) => one.split('/')[0]))) {
    const versions = seen.filter((one) => one.startsWith(`${id}/`));
    expect(versions).toEqual([...versions].sort());
  }
});

test('only the one who knows the position can move it', async () => {
  const from = await readPosition(database.pool, 'r');
  expect(from).toEqual(start);
  expect(await movePosition(database.pool, 'r', { from, to: { xid: '10', seq: 3 } })).toBe(true);
  expect(await movePosition(database.pool, 'r', { from, to: { xid: '11', seq: 4 } })).toBe(false);
  expect(await readPosition(database.pool, 'r')).toEqual({ xid: '10', seq: 3 });
});

test('a log restored into another cluster is read on from where reading stopped', async () => {
  for (const id of ['read', 'unread1', 'unread2']) await inTransaction(database.pool, (tx) => write(tx, task(id)));
  expect(await inTransaction(database.pool, adoptForeignLog)).toBe(false);
  await database.pool.query(`update change_log set xid = (xid::text::bigint + 1000000000)::text::xid8`);
  await readPosition(database.pool, 'r');
  await database.pool.query(
    `update log_position set (xid, seq) = (select xid, seq from change_log order by seq limit 1)`,
  );
  expect(await inTransaction(database.pool, adoptForeignLog)).toBe(true);
  await inTransaction(database.pool, (tx) => write(tx, task('new')));
  const { rows } = await settled(await readPosition(database.pool, 'r'));
  expect(rows.map((row) => row.id)).toEqual(['unread1', 'unread2', 'new']);
});
