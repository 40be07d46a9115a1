import fc from 'fast-check';
import type { Resource } from '../../../src/fhir/resource.js';
import type { IndexRow } from '../../../src/search/index-row.js';
import type { CompiledSubscription } from '../../../src/subscriptions/compiled-subscription.js';
import { codeKey, targetKey } from '../../../src/subscriptions/discriminator.js';
import { searchSubscription } from '../../support/subscription.js';
import { SubscriptionIndex } from '../../../src/subscriptions/subscription-index.js';

/** One clause: a parameter that must have one of the values. */
type Clause = {
  readonly param: string;
  readonly reference: boolean;
  readonly values: readonly string[];
  readonly usable: boolean;
};

const has = (rows: readonly IndexRow[], clause: Clause): boolean =>
  rows.some(
    (row) =>
      row.param === clause.param &&
      clause.values.includes(row.kind === 'reference' ? row.targetId! : (row as { code: string }).code),
  );

function subscription(type: string, clauses: readonly Clause[]): CompiledSubscription {
  return searchSubscription('x', type, {
    matches: (_, rows) => clauses.every((clause) => has(rows, clause)),
    keys: clauses
      .filter((clause) => clause.usable)
      .map((clause) =>
        clause.values.map((value) =>
          clause.reference ? targetKey(clause.param, value) : codeKey(clause.param, undefined, value),
        ),
      ),
  });
}

const value = fc.constantFrom('a', 'b', 'c');
const clause = fc.record({
  param: fc.constantFrom('code', 'status'),
  reference: fc.constant(false),
  values: fc.uniqueArray(value, { minLength: 1 }),
  usable: fc.boolean(),
});
const referenceClause = fc.record({
  param: fc.constant('subject'),
  reference: fc.constant(true),
  values: fc.uniqueArray(value, { minLength: 1 }),
  usable: fc.boolean(),
});
const entry = fc.record({
  rid: fc.integer({ min: 1, max: 12 }),
  type: fc.constantFrom('Task', 'Observation'),
  clauses: fc.array(fc.oneof(clause, referenceClause), { maxLength: 3 }),
});
const row: fc.Arbitrary<IndexRow> = fc.oneof(
  fc.record({
    kind: fc.constant('token' as const),
    param: fc.constantFrom('code', 'status'),
    system: fc.constantFrom('', 's'),
    code: value,
  }),
  fc.record({
    kind: fc.constant('reference' as const),
    param: fc.constant('subject'),
    targetType: fc.constant('Patient'),
    targetId: value,
  }),
);
const step = fc.oneof(
  fc.record({ do: fc.constant('put' as const), entry }),
  fc.record({ do: fc.constant('remove' as const), rid: fc.integer({ min: 1, max: 12 }) }),
  fc.record({
    do: fc.constant('match' as const),
    type: fc.constantFrom('Task', 'Observation', 'Patient'),
    rows: fc.array(row, { maxLength: 4 }),
  }),
);

test('the index finds exactly the subscriptions that asking every one would find, through any additions, replacements and removals', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const index = new SubscriptionIndex<{ rid: number; subscription: CompiledSubscription }>();
      const all = new Map<number, CompiledSubscription>();
      for (const one of steps) {
        if (one.do === 'put') {
          const made = subscription(one.entry.type, one.entry.clauses);
          index.put({ rid: one.entry.rid, subscription: made });
          all.set(one.entry.rid, made);
        } else if (one.do === 'remove') {
          index.remove(one.rid);
          all.delete(one.rid);
        } else {
          const change = {
            type: one.type,
            kind: 'u' as const,
            resource: { resourceType: one.type } as Resource,
            rows: one.rows,
          };
          const expected = [...all]
            .filter(([, made]) => made.triggers[0]!.type === one.type && made.triggers[0]!.matches(change))
            .map(([rid]) => rid);
          expect(index.match(change).map((found) => found.rid)).toEqual(expected.sort((a, b) => a - b));
        }
        expect(index.size).toBe(all.size);
        expect(new Set(index.concernedTypes)).toEqual(new Set([...all.values()].map((made) => made.triggers[0]!.type)));
      }
    }),
    { numRuns: 300 },
  );
});

test('a delete concerns nobody', () => {
  const index = new SubscriptionIndex<{ rid: number; subscription: CompiledSubscription }>();
  index.put({ rid: 1, subscription: subscription('Task', []) });
  expect(index.match({ type: 'Task', kind: 'd', resource: { resourceType: 'Task' }, rows: [] })).toEqual([]);
});

test('of 10,000 subscriptions only those that share the telling value are asked', () => {
  let asked = 0;
  const index = new SubscriptionIndex<{ rid: number; subscription: CompiledSubscription }>();
  for (let rid = 1; rid <= 10_000; rid++) {
    const made = subscription('Observation', [
      { param: 'status', reference: false, values: ['final'], usable: true },
      { param: 'subject', reference: true, values: [String(rid % 1000)], usable: true },
    ]);
    index.put({
      rid,
      subscription: {
        ...made,
        triggers: made.triggers.map((trigger) => ({
          ...trigger,
          matches: (change) => (asked++, trigger.matches(change)),
        })),
      },
    });
  }
  const rows: IndexRow[] = [
    { kind: 'reference', param: 'subject', targetType: 'Patient', targetId: '7' },
    { kind: 'token', param: 'status', system: '', code: 'final' },
  ];
  expect(index.match({ type: 'Observation', kind: 'c', resource: { resourceType: 'Observation' }, rows })).toHaveLength(
    10,
  );
  expect(asked).toBeLessThan(50);
});

test('criteria that throw count as not matching and are told of', () => {
  const index = new SubscriptionIndex<{ rid: number; subscription: CompiledSubscription }>();
  const broken = searchSubscription('x', 'Task', {
    keys: [],
    matches: () => {
      throw new TypeError('broken');
    },
  });
  index.put({ rid: 1, subscription: broken });
  index.put({ rid: 2, subscription: subscription('Task', []) });
  const told: number[] = [];
  expect(
    index
      .match({ type: 'Task', kind: 'c', resource: { resourceType: 'Task' }, rows: [] }, (one) => told.push(one.rid))
      .map((one) => one.rid),
  ).toEqual([2]);
  expect(told).toEqual([1]);
});
