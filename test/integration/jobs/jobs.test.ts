import { startJobs } from '../../../src/jobs/start-jobs.js';
import { startTicker } from '../../../src/jobs/start-ticker.js';
import { ManualClock, silentLog, systemClock } from '../../../src/kernel/index.js';
import { type Standstill, startPulse } from '../../../src/storage/heartbeat.js';
import { addJob } from '../../../src/storage/jobs.js';
import { openSession, type Session } from '../../../src/storage/session.js';
import { inTransaction } from '../../../src/storage/transaction.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { until } from '../delivery/stage.js';

let database: TestDatabase;
const sessions: Session[] = [];
const parts: { stop(): Promise<void> }[] = [];

const open = (): Session => {
  const session = openSession(database.pool, silentLog);
  sessions.push(session);
  return session;
};
const running = <T extends { stop(): Promise<void> }>(part: T): T => (parts.push(part), part);
const add = (kind: string, payload: unknown, more: { key?: string; runAt?: number } = {}) =>
  inTransaction(database.pool, (tx) => addJob(tx, { kind, payload, runAt: systemClock.now(), ...more }));
const jobs = async () =>
  (await database.pool.query('select kind, attempts, last_error, done_at is not null as done from job order by id'))
    .rows;

beforeEach(async () => {
  database = await createTestDatabase({ size: 12 });
});
afterEach(async () => {
  await Promise.all(parts.splice(0).map((part) => part.stop()));
  await Promise.all(sessions.splice(0).map((session) => session.close()));
  await database.drop();
});

describe('Jobs', () => {
  const shared = () => ({ pool: database.pool, session: open(), clock: systemClock, log: silentLog, firstWaitMs: 20 });

  test('are done once, though several instances look for them, and soon after they were added', async () => {
    const done: unknown[] = [];
    for (let at = 0; at < 3; at++)
      running(
        startJobs({ ...shared(), handlers: { work: async (payload) => void done.push(payload) }, pollMs: 60_000 }),
      );
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (let at = 0; at < 20; at++) await add('work', { at });
    await until(() => done.length >= 20, 'twenty jobs');
    await until(async () => (await jobs()).every((job) => job.done), 'all noted');
    expect(done.map((payload) => (payload as { at: number }).at).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, at) => at),
    );
  });

  test('that fail are tried again until they succeed', async () => {
    let failures = 3;
    running(
      startJobs({
        ...shared(),
        pollMs: 10,
        handlers: {
          work: async () => {
            if (failures-- > 0) throw new Error('not yet');
          },
        },
      }),
    );
    await add('work', {});
    await until(async () => (await jobs())[0].done === true, 'success');
    expect((await jobs())[0]).toMatchObject({ attempts: 4, last_error: null });
  });

  test('of a kind that this instance does not know are left alone', async () => {
    running(startJobs({ ...shared(), pollMs: 10, handlers: { work: async () => {} } }));
    await add('other', {});
    await add('work', {});
    await until(async () => (await jobs())[1].done === true, 'the known one');
    expect((await jobs())[0]).toMatchObject({ attempts: 0, done: false });
  });

  test('with the same key are one job', async () => {
    const later = systemClock.now() + 3600_000;
    await add('work', { n: 1 }, { key: 'patient 1', runAt: later });
    await add('work', { n: 2 }, { key: 'patient 1' });
    await add('work', { n: 3 }, { key: 'patient 2', runAt: later });
    expect(
      (await database.pool.query('select payload, run_at from job order by id')).rows.map((row) => [
        row.payload.n,
        row.run_at.getTime() < later,
      ]),
    ).toEqual([
      [1, true],
      [3, false],
    ]);
  });

  test('whose instance died come up again when its claim has run out', async () => {
    await add('work', {});
    await database.pool.query(`update job set attempts = 1, run_at = now() + interval '150 milliseconds'`);
    let done = 0;
    running(startJobs({ ...shared(), pollMs: 20, handlers: { work: async () => void done++ } }));
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(done).toBe(0);
    await until(() => done === 1, 'again');
  });

  test('that take longer than the claim are not started twice', async () => {
    let started = 0;
    const handlers = {
      work: async () => {
        started++;
        await new Promise((resolve) => setTimeout(resolve, 500));
      },
    };
    for (let at = 0; at < 2; at++) running(startJobs({ ...shared(), pollMs: 20, leaseMs: 150, handlers }));
    await add('work', {});
    await until(async () => (await jobs())[0].done === true, 'done');
    expect(started).toBe(1);
  });

  test('that are being done are finished before a stop', async () => {
    let finished = false;
    const part = startJobs({
      ...shared(),
      pollMs: 10,
      handlers: {
        work: async () => {
          await new Promise((resolve) => setTimeout(resolve, 150));
          finished = true;
        },
      },
    });
    await add('work', {});
    await until(async () => (await jobs())[0].attempts === 1, 'started');
    await part.stop();
    expect(finished).toBe(true);
    expect((await jobs())[0].done).toBe(true);
  });
});

describe('The ticker', () => {
  const due = (patient: number, at: number) =>
    database.pool.query(
      `insert into followup_state (patient, controller, state, next_at, updated) values ($1, 1, '{}', $2, now())`,
      [patient, new Date(at)],
    );
  const move = (patient: number, at: number | null) =>
    database.pool.query('update followup_state set next_at = $2 where patient = $1', [
      patient,
      at === null ? null : new Date(at),
    ]);

  test('has each patient judged whose time has come, by one instance only', async () => {
    const judged: number[] = [];
    const clock = new ManualClock(1_000_000);
    for (let patient = 1; patient <= 250; patient++) await due(patient, 900_000 + patient);
    await due(1000, 2_000_000);
    const judgeTime = async (patient: number) => {
      judged.push(patient);
      await move(patient, null);
    };
    for (let at = 0; at < 2; at++)
      running(startTicker({ pool: database.pool, session: open(), clock, log: silentLog, judgeTime, everyMs: 20 }));
    await until(() => judged.length >= 250, 'all due');
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect([...judged].sort((a, b) => a - b)).toEqual(Array.from({ length: 250 }, (_, at) => at + 1));
    clock.set(2_000_001);
    await until(() => judged.includes(1000), 'the later one');
  });

  test('goes on with the others when one patient cannot be judged, and comes back to that one', async () => {
    let failures = 1;
    const judged: number[] = [];
    for (const patient of [1, 2, 3]) await due(patient, systemClock.now() - 1000);
    const judgeTime = async (patient: number) => {
      if (patient === 1 && failures-- > 0) throw new Error('broken');
      judged.push(patient);
      await move(patient, null);
    };
    running(
      startTicker({
        pool: database.pool,
        session: open(),
        clock: systemClock,
        log: silentLog,
        judgeTime,
        everyMs: 20,
        againAfterMs: 100,
        atOnce: 1,
      }),
    );
    await until(() => judged.length === 3, 'all three');
    expect(judged).toEqual([2, 3, 1]);
  });

  test('is taken over when its instance is gone', async () => {
    const judged: string[] = [];
    const start = (name: string, session: Session) =>
      startTicker({
        pool: database.pool,
        session,
        clock: systemClock,
        log: silentLog,
        everyMs: 20,
        judgeTime: async (patient) => {
          judged.push(`${name} ${patient}`);
          await move(patient, null);
        },
      });
    const first = open();
    running(start('first', first));
    await due(1, systemClock.now());
    await until(() => judged.length === 1, 'the first');
    running(start('second', open()));
    await first.close();
    await due(2, systemClock.now());
    await until(() => judged.length === 2, 'the second');
    expect(judged).toEqual(['first 1', 'second 2']);
  });
});

describe('A standstill', () => {
  const standstillMs = 300_000;

  test('is told at recovery, before the work goes on, across a restart', async () => {
    const told: Standstill[] = [];
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    const pulse = () =>
      startPulse({
        pool: database.pool,
        clock,
        part: 'ticker',
        standstillMs,
        onRecovery: async (standstill) => void told.push(standstill),
      });
    const first = pulse();
    await first.beat();
    clock.advance(200_000);
    await first.beat();
    expect(told).toEqual([]);
    clock.advance(301_000);
    const second = pulse();
    expect(second.last()).toBeUndefined();
    await second.beat();
    expect(told).toEqual([{ part: 'ticker', from: Date.UTC(2026, 0, 1) + 200_000, to: clock.now() }]);
    clock.advance(1000);
    await second.beat();
    expect(told).toHaveLength(1);
    expect(second.last()).toBe(clock.now());
  });

  test('is told again when telling failed', async () => {
    let failures = 1;
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    const pulse = startPulse({
      pool: database.pool,
      clock,
      part: 'matcher',
      standstillMs,
      onRecovery: async () => {
        if (failures-- > 0) throw new Error('no alert');
      },
    });
    await pulse.beat();
    clock.advance(400_000);
    await expect(pulse.beat()).rejects.toThrow('no alert');
    await pulse.beat();
    expect(failures).toBe(-1);
  });
});
