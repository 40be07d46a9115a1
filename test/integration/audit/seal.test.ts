import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { auditKey } from '../../../src/http/sealed.js';
import { type AuditEntry, insertAudit } from '../../../src/storage/audit.js';
import { applyRetention } from '../../../src/storage/retention.js';
import { sealAudit, verifyAudit } from '../../../src/storage/audit-seal.js';
import { root } from '../../architecture/source-files.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

const secret = 'a secret of the test, of forty characters';
const key = auditKey(secret);
let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(() => db.drop());

const entry = (number: number): AuditEntry => ({
  at: Date.UTC(2026, 2, 2, 9, 0, number),
  request: `q${number}`,
  client: 'gp',
  subject: 'gp-1',
  action: 'read',
  outcome: 0,
  type: 'Patient',
  ids: [`Patient/${number}`],
});

/** As the sealer does, until nothing is left. Transactions in other databases of the cluster may hold it back. */
const seal = async (): Promise<void> => {
  for (let waited = 0; waited < 1000; waited += 1) {
    await sealAudit(db.pool, key, Date.UTC(2026, 2, 2, 10));
    const { rows } = await db.pool.query(
      'select 1 from audit a where not exists (select from audit_seal s where (s.xid, s.seq) >= (a.xid, a.seq)) limit 1',
    );
    if (rows.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the log is never sealed');
};

const threeSeals = async (): Promise<void> => {
  for (const part of [0, 10, 20]) {
    await insertAudit(
      db.pool,
      Array.from({ length: 10 }, (_, at) => entry(part + at)),
    );
    await seal();
  }
};
const found = async (): Promise<string[]> =>
  (await verifyAudit(db.pool, [key])).problems.map(({ seal: number, what }) => `${number} ${what}`);

describe('the chain of the audit log', () => {
  test('holds over everything that was written', async () => {
    await threeSeals();
    expect(await verifyAudit(db.pool, [key])).toMatchObject({ seals: 3, rows: 30, unsealed: 0, problems: [] });
  });

  test.each([
    ['a changed entry', "update audit set client = 'nobody' where request = 'q12'", ['2 changed']],
    ['a changed time', "update audit set at = at + interval '1 second' where request = 'q12'", ['2 changed']],
    ['a removed entry', "delete from audit where request = 'q3'", ['1 removed']],
    [
      'an entry put in afterwards',
      "insert into audit (xid, at, request, client, subject, action, outcome) select xid, at, 'x', client, subject, action, 0 from audit where request = 'q15'",
      ['3 inserted'],
    ],
    ['a removed seal', 'delete from audit_seal where number = 2', ['3 removed', '3 inserted']],
    [
      'a digest that was made to fit',
      "with c as (update audit set client = 'nobody' where request = 'q12' returning 1) update audit_seal set digest = sha256('x') where number = 2",
      ['2 chain', '2 changed'],
    ],
  ])('shows %s', async (_what, statement, expected) => {
    await threeSeals();
    await db.pool.query(statement);
    expect(await found()).toEqual(expected);
  });

  test('shows that its end was cut off, to whoever noted a later link', async () => {
    await threeSeals();
    const { last } = await verifyAudit(db.pool, [key]);
    await db.pool.query("delete from audit where request like 'q2_'");
    await db.pool.query('delete from audit_seal where number = 3');
    expect(await found()).toEqual([]);
    expect((await verifyAudit(db.pool, [key], last)).problems).toMatchObject([{ seal: 3, what: 'chain' }]);
  });

  test('holds with a former key, and with no other', async () => {
    await threeSeals();
    const other = auditKey('another secret of the test, long enough');
    expect((await verifyAudit(db.pool, [other, key])).problems).toEqual([]);
    expect((await verifyAudit(db.pool, [other])).problems.map(({ what }) => what)).toEqual(['chain', 'chain', 'chain']);
  });

  test('follows the order of commits: what a running transaction wrote is sealed when it has ended', async () => {
    const slow = await db.pool.connect();
    await slow.query('begin');
    await insertAudit(slow, [entry(1)]);
    await insertAudit(db.pool, [entry(2)]);
    expect((await sealAudit(db.pool, key, 0)).rows).toBe(0);
    await slow.query('commit');
    slow.release();
    await seal();
    expect(await verifyAudit(db.pool, [key])).toMatchObject({ rows: 2, unsealed: 0, problems: [] });
  });
});

test('what is older than its retention goes, seal by seal, and the chain still holds', async () => {
  await threeSeals();
  await db.pool.query('insert into audit_patient (patient, xid, seq) select 1, xid, seq from audit');
  const message = (id: number, at: string, state: string) =>
    db.pool.query(
      "insert into message (id, direction, transport, received_at, raw, state) values (('00000000-0000-0000-0000-00000000000' || $1::text)::uuid, 'in', 'http', $2, '', $3)",
      [id, at, state],
    );
  await message(1, '2026-01-01', 'accepted');
  await message(2, '2026-01-01', 'held');
  await message(3, '2026-03-01', 'accepted');
  // The second seal holds an entry that is young enough, so it stays whole.
  const gone = await applyRetention(db.pool, {
    auditBefore: Date.UTC(2026, 2, 2, 9, 0, 15),
    messagesBefore: Date.UTC(2026, 1, 1),
    now: Date.UTC(2026, 2, 3),
  });
  expect(gone).toEqual({ audit: 10, messages: 1 });
  const left = async (statement: string): Promise<unknown[]> => (await db.pool.query(statement)).rows;
  expect(await left("select 1 from audit where request in ('q0', 'q9')")).toEqual([]);
  expect(await left('select 1 from audit_patient')).toHaveLength(20);
  expect(await left('select id from message order by id')).toHaveLength(2);
  await seal();
  expect(await verifyAudit(db.pool, [key])).toMatchObject({ seals: 4, problems: [] });
  expect(await left("select detail from audit where action = 'retention'")).toEqual([
    { detail: '10 entries of the log, 1 messages' },
  ]);
  await db.pool.query("delete from audit where request = 'q12'");
  expect(await found()).toEqual(['2 removed']);
});

test('npm run audit -- verify tells by its exit code whether the log was changed', async () => {
  await threeSeals();
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [path.join(root, 'dist/cli/audit.js'), ...args], {
      cwd: root,
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        DATABASE_URL: db.url,
        SECRET_KEY: secret,
        HJEMMEBRO_DATA: '/nonexistent',
      },
    }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: { code: number; stdout: string }) => ({ code: error.code, stdout: error.stdout }),
    );
  const good = await run('verify');
  expect(good).toMatchObject({ code: 0, stdout: expect.stringContaining('30 entries under 3 seals') });
  const noted = /(\d+:[0-9a-f]{64})/.exec(good.stdout)![1]!;
  expect((await run('verify', '--expect', noted)).code).toBe(0);
  await db.pool.query("delete from audit where request = 'q7'");
  const bad = await run('verify');
  expect(bad).toMatchObject({ code: 1, stdout: expect.stringContaining('entries were removed') });
  expect((await run('forget')).code).toBe(2);
});
