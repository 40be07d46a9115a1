import { AuditBatcher, type AuditEntry, insertAudit } from '../../../src/storage/audit.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(() => db.drop());

const entry = (change: Partial<AuditEntry> = {}): AuditEntry => ({
  at: Date.UTC(2026, 2, 2, 9, 0, 0, 123),
  request: 'q1',
  client: 'gp',
  subject: 'gp-1',
  action: 'read',
  outcome: 0,
  ...change,
});

const stored = async (): Promise<Record<string, unknown>[]> =>
  (await db.pool.query('select * from audit order by seq')).rows;

describe('the audit log', () => {
  test('keeps who did what, to what, when and how it went', async () => {
    const full = entry({
      organisation: '310000035',
      type: 'Patient',
      ids: ['a', 'b'],
      patients: [1, 2],
      detail: 'x',
      outcome: 4,
    });
    await insertAudit(db.pool, [full, entry()]);
    const [first, second] = await stored();
    expect(first).toMatchObject({ ...full, at: new Date(full.at) });
    expect(second).toMatchObject({ organisation: null, type: null, ids: [], patients: [], detail: null });
  });

  test('holds no identity number, whatever was asked', async () => {
    await insertAudit(db.pool, [
      entry({
        detail: 'identifier=urn:oid:2.16.578.1.12.4.1.4.1|12834812019&_count=1',
        ids: ['12834812019'],
        subject: '12834812019',
      }),
    ]);
    expect(JSON.stringify(await stored())).not.toContain('12834812019');
  });

  test('takes what a client sent without failing: NUL, quotes, half characters, length', async () => {
    await insertAudit(db.pool, [entry({ detail: `a\0b'"\\ ${'\ud800'} ${'x'.repeat(10_000)}`, ids: ['{"a,b'] })]);
    expect((await stored())[0]).toMatchObject({ ids: ['{"a,b'] });
  });

  test('is written in the transaction it is given', async () => {
    const client = await db.pool.connect();
    await client.query('begin');
    await insertAudit(client, [entry()]);
    await client.query('rollback');
    client.release();
    expect(await stored()).toEqual([]);
  });
});

describe('the batch of reads', () => {
  test('lets each caller go on when its entry is durable, many with one statement', async () => {
    let statements = 0;
    const counting = {
      query: (...given: Parameters<typeof db.pool.query>) => {
        statements += 1;
        return db.pool.query(...given);
      },
    };
    const batcher = new AuditBatcher(counting as unknown as typeof db.pool);
    await Promise.all(
      Array.from({ length: 200 }, async (_, at) => {
        await batcher.record(entry({ request: `q${at}` }));
        const { rows } = await db.pool.query('select 1 from audit where request = $1', [`q${at}`]);
        expect(rows.length).toBe(1);
      }),
    );
    expect(statements).toBeLessThan(10);
    expect((await stored()).length).toBe(200);
  });

  test('fails the request whose entry cannot be written, and works again afterwards', async () => {
    const batcher = new AuditBatcher(db.pool);
    await db.pool.query('alter table audit rename to hidden');
    await expect(batcher.record(entry())).rejects.toMatchObject({ category: 'busy' });
    await db.pool.query('alter table hidden rename to audit');
    await batcher.record(entry());
    expect((await stored()).length).toBe(1);
  });

  test('refuses more than may wait', async () => {
    const batcher = new AuditBatcher(db.pool, { queue: 3, batch: 2 });
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => batcher.record(entry())));
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
  });

  test('writes what waits at the end, and takes nothing after', async () => {
    const batcher = new AuditBatcher(db.pool, { batch: 1 });
    const waiting = [batcher.record(entry()), batcher.record(entry())];
    await batcher.close();
    await Promise.all(waiting);
    expect((await stored()).length).toBe(2);
    await expect(batcher.record(entry())).rejects.toMatchObject({ category: 'busy' });
    await batcher.close();
  });
});
