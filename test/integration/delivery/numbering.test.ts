import fc from 'fast-check';
import { numberEvents } from '../../../src/storage/subscription-events.js';
import { inTransaction } from '../../../src/storage/transaction.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

class Undone extends Error {}

const subscription = fc.integer({ min: 1, max: 4 });
/** Batches of several readers at once; some fail before their commit. */
const batches = fc.array(fc.record({ subscriptions: fc.array(subscription, { maxLength: 12 }), fails: fc.boolean() }), {
  maxLength: 8,
});

test('whatever is numbered at the same time and whatever is undone: numbers are 1, 2, 3 … and a batch keeps its order', async () => {
  await fc.assert(
    fc.asyncProperty(batches, async (given) => {
      await database.pool.query('truncate subscription_state, subscription_event');
      await database.pool.query(
        `insert into subscription_state (rid, version, announced, status, start_xid, start_seq)
         select rid, 1, 'active', 'active', '0', 0 from generate_series(1, 4) rid`,
      );
      let last = 0;
      const kept: { readonly subscription: number; readonly rid: number }[][] = [];
      await Promise.all(
        given.map(async ({ subscriptions, fails }) => {
          const changes = subscriptions.map((one) => ({ subscription: one, rid: (last += 1) }));
          const events = changes.map((one) => ({ ...one, version: 1, kind: 'c' as const }));
          try {
            await inTransaction(database.pool, async (tx) => {
              await numberEvents(tx, events, 0);
              if (fails) throw new Undone();
            });
            kept.push(changes);
          } catch (error) {
            if (!(error instanceof Undone)) throw error;
          }
        }),
      );
      for (const subscription of [1, 2, 3, 4]) {
        const { rows } = await database.pool.query<{ event: number; rid: number }>(
          'select event, rid from subscription_event where subscription = $1 order by event',
          [subscription],
        );
        const parts = kept.map((list) => list.filter((one) => one.subscription === subscription).map(({ rid }) => rid));
        expect(rows.map(({ event }) => event)).toEqual(rows.map((_, at) => at + 1));
        expect(rows).toHaveLength(parts.flat().length);
        // Each batch stands together, in its order.
        let rest = rows.map(({ rid }) => rid);
        const open = parts.filter((part) => part.length > 0);
        while (rest.length > 0) {
          const next = open.findIndex((part) => part.every((rid, at) => rest[at] === rid));
          expect(next).not.toBe(-1);
          rest = rest.slice(open.splice(next, 1)[0]!.length);
        }
        const { rows: states } = await database.pool.query<{ next: number }>(
          'select next_event as next from subscription_state where rid = $1',
          [subscription],
        );
        expect(states[0]!.next).toBe(rows.length + 1);
      }
    }),
    { numRuns: 40 },
  );
});
