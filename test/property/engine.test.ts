import fc from 'fast-check';
import type { Input, ObsInput } from '../../src/followup/engine/input.js';
import { nextAt } from '../../src/followup/engine/next-at.js';
import { type EngineState, initialState } from '../../src/followup/engine/state.js';
import { step } from '../../src/followup/engine/step.js';
import { partitionProblems } from '../../src/followup/ruleset/partition.js';
import type { Range, ZoneTable } from '../../src/followup/ruleset/grammar.js';
import { ExactDecimal } from '../../src/followup/units/exact-decimal.js';
import { inRange } from '../../src/followup/units/range.js';
import { arrays, plan, run } from '../unit/followup/engine/simulated.js';

const minute = 60_000;
const day = 24 * 60 * minute;
const monday = Date.parse('2026-03-23T00:00:00+01:00'); // the week in which the clocks change

const everything = plan({
  measures: { pulse: 'pulse', spo2: 'spo2', weight: 'weight', glucose: 'glucose', scale: 'weight_shared' },
  rules: [
    'pulse-zone',
    { id: 'spo2-often', type: 'zone', measure: 'spo2', persistence: { yellow: { kind: 'nOfM', n: 2, m: 3 } } },
    'weight-gain-3d',
    'weight-gain-14d',
    'glucose-12-24h',
    'glucose-zone',
    'dyspnoea-worse',
    'hf-congestion',
    {
      id: 'scale-gain',
      type: 'delta',
      measure: 'scale',
      window: 'P7D',
      reference: 'median',
      zones: [{ colour: 'yellow', when: { ge: 2 } }],
    },
  ],
  schedules: [
    {
      id: 'pulse-daily',
      for: 'pulse',
      start: '2026-03-23',
      times: ['09:00'],
      before: 'PT2H',
      after: 'PT3H',
      escalate: [{ consecutive: 2, colour: 'yellow' }],
    },
    {
      id: 'form',
      for: 'hf-daily',
      start: '2026-03-23',
      times: ['02:30', '20:00'],
      before: 'PT1H',
      after: 'PT1H',
      days: [0, 2, 6],
    },
  ],
  escalations: [{ id: 'ring', colour: 'yellow', n: 3, window: 'P7D', action: 'call-patient' }],
});
const zonesOnly = plan({ measures: { pulse: 'pulse', glucose: 'glucose' }, rules: ['pulse-zone', 'glucose-zone'] });
const growing = plan({ measures: { weight: 'weight' }, rules: ['weight-gain-3d'] });

const values: Record<string, fc.Arbitrary<string>> = {
  pulse: fc.integer({ min: 15, max: 150 }).map(String),
  spo2: fc.integer({ min: 60, max: 101 }).map(String),
  weight: fc.integer({ min: 690, max: 730 }).map((n) => String(n / 10)),
  scale: fc.integer({ min: 600, max: 760 }).map((n) => String(n / 10)),
  glucose: fc.integer({ min: 20, max: 220 }).map((n) => String(n / 10)),
};
const time = fc.integer({ min: 0, max: 14 * 24 * 4 }).map((quarter) => monday + quarter * 15 * minute);
const obsOf = (measures: readonly string[]): fc.Arbitrary<ObsInput> =>
  fc
    .constantFrom(...measures)
    .chain((measure) =>
      fc
        .record({ t: time, value: values[measure] as fc.Arbitrary<string> })
        .map((rest) => ({ type: 'obs', measure, ...rest })),
    );
const anything: fc.Arbitrary<Input> = fc.oneof(
  { weight: 8, arbitrary: obsOf(Object.keys(values)) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('qr' as const),
      t: time,
      questionnaire: fc.constant('hf-daily'),
      answers: fc.record({ dyspnoea: fc.boolean() }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('clock' as const), t: time }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('message' as const), t: time, thread: fc.constantFrom('a', 'b') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('close' as const),
      t: time,
      rule: fc.constantFrom('pulse-zone', 'weight-gain-3d', 'missing:pulse-daily'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('pause' as const),
      t: time,
      mode: fc.constantFrom('all' as const, 'missing-only' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('resume' as const), t: time }) },
);
const inOrder = (arbitrary: fc.Arbitrary<Input>, maxLength = 40): fc.Arbitrary<Input[]> =>
  fc.array(arbitrary, { maxLength }).map((inputs) => [...inputs].sort((a, b) => a.t - b.t));
const inAnyOrder = fc.array(anything, { maxLength: 40 });

/** Received one after the other, whatever their time. */
function arriving(inputs: readonly ObsInput[]): ObsInput[] {
  return inputs.map((input, i) => ({ ...input, received: monday + 20 * day + i * minute }));
}

/** Which evidence each rule has found, and in which colour. */
function hits(state: EngineState): Set<string> {
  return new Set(
    Object.entries(state.readings).flatMap(([key, series]) =>
      series.flatMap((reading) =>
        Object.entries(reading.hits).map(([rule, colour]) => `${rule} ${key} ${reading.t} ${reading.value} ${colour}`),
      ),
    ),
  );
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) frozen(item);
  }
  return value;
}

test('the same input again says nothing but duplicate and changes no alert', () => {
  fc.assert(
    fc.property(inAnyOrder, (inputs) => {
      const data = inputs.filter(({ type }) => type === 'obs' || type === 'qr');
      const first = run(everything, data, { keepAll: true });
      const again = run(first.state, data, { keepAll: true });
      expect(arrays(again.ops).every((ops) => ops.length === 1 && ops[0]?.[0] === 'duplicate')).toBe(true);
      expect(again.state.alerts).toEqual(first.state.alerts);
      expect(again.state.readings).toEqual(first.state.readings);
    }),
  );
});

test('a series in one go and in parts, the state written down between, gives the same', () => {
  fc.assert(
    fc.property(inAnyOrder, fc.nat(40), (inputs, cut) => {
      const whole = run(everything, inputs);
      const first = run(everything, inputs.slice(0, cut));
      const rest = run(JSON.parse(JSON.stringify(first.state)) as EngineState, inputs.slice(cut));
      expect([...first.ops, ...rest.ops]).toEqual(whole.ops);
      expect(JSON.parse(JSON.stringify(rest.state))).toEqual(JSON.parse(JSON.stringify(whole.state)));
    }),
  );
});

test('the state that was given is never changed', () => {
  fc.assert(
    fc.property(inAnyOrder, (inputs) => {
      let state = frozen(initialState(everything));
      for (const input of inputs) state = frozen(step(state, frozen(input)).state);
    }),
  );
});

test('patients who come mixed are judged as if each were alone', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2), anything), { maxLength: 60 }), (mixed) => {
      const states = [initialState(everything), initialState(everything), initialState(everything)];
      const said: unknown[][] = [[], [], []];
      for (const [patient, input] of mixed) {
        const next = step(states[patient] as EngineState, input);
        states[patient] = next.state;
        said[patient]?.push(next.ops);
      }
      for (const patient of [0, 1, 2]) {
        expect(said[patient]).toEqual(
          run(
            everything,
            mixed.flatMap(([of, input]) => (of === patient ? [input] : [])),
          ).ops,
        );
      }
    }),
  );
});

test('zones do not depend on the order in which readings come', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(obsOf(['pulse', 'glucose']), { maxLength: 25, selector: ({ t, measure }) => `${t} ${measure}` }),
      (inputs) => {
        const sorted = [...inputs].sort((a, b) => a.t - b.t);
        const late = run(zonesOnly, arriving(inputs), { keepAll: true }).state;
        const timely = run(zonesOnly, arriving(sorted), { keepAll: true }).state;
        expect(hits(late)).toEqual(hits(timely));
        const summary = ({ alerts }: EngineState): unknown =>
          alerts.map(({ rule, colour, evidence }) => [rule, colour, evidence.length]).sort();
        expect(summary(late)).toEqual(summary(timely));
      },
    ),
  );
});

test('a gain that is found in order is found in any order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(obsOf(['weight']), { maxLength: 25, selector: ({ t }) => t }), (inputs) => {
      const timely = hits(run(growing, arriving([...inputs].sort((a, b) => a.t - b.t)), { keepAll: true }).state);
      const late = hits(run(growing, arriving(inputs), { keepAll: true }).state);
      expect([...timely].filter((hit) => !late.has(hit))).toEqual([]);
    }),
  );
});

test('the unit a value is sent in makes no difference', () => {
  const converted: Record<string, (value: ExactDecimal) => { value: string; unit: string }> = {
    glucose: (value) => ({ value: value.times('18.0156').toFixed(), unit: 'mg/dL' }),
    weight: (value) => ({ value: value.times(1000).toFixed(), unit: 'g' }),
    pulse: (value) => ({ value: value.toFixed(), unit: '{beats}/min' }),
  };
  fc.assert(
    fc.property(fc.array(obsOf(Object.keys(converted)), { maxLength: 30 }), (inputs) => {
      const other = inputs.map((input) => ({
        ...input,
        ...converted[input.measure]?.(new ExactDecimal(input.value as string)),
      }));
      expect(arrays(run(everything, other).ops)).toEqual(arrays(run(everything, inputs).ops));
    }),
  );
});

test('while everything is paused nothing is said but that input is kept', () => {
  const silent = new Set(['stored-paused', 'duplicate']);
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 40 }), (inputs) => {
      const start = monday - day;
      const during = inputs.filter(({ type }) => type !== 'close' && type !== 'pause' && type !== 'resume');
      const { ops, state } = run(everything, [{ type: 'pause', mode: 'all', t: start }, ...during]);
      expect(
        arrays(ops)
          .slice(1)
          .flat()
          .filter(([op]) => !silent.has(String(op))),
      ).toEqual([]);
      const after = run(state, [
        { type: 'resume', t: monday + 15 * day },
        { type: 'clock', t: monday + 15 * day + minute },
      ]);
      expect(arrays(after.ops)).toEqual([[['resumed']], []]);
    }),
  );
});

test('what the state forgets is missed by nobody who is in time', () => {
  fc.assert(
    fc.property(inOrder(anything, 60), fc.integer({ min: 1, max: 30 }), (inputs, stretch) => {
      const apart = inputs.map((input) => ({ ...input, t: monday + (input.t - monday) * stretch }));
      expect(arrays(run(everything, apart, { keepAll: true }).ops)).toEqual(arrays(run(everything, apart).ops));
    }),
    { numRuns: 60 },
  );
});

test('until the next instant the engine names, the clock has nothing to say', () => {
  fc.assert(
    fc.property(inOrder(anything), fc.integer({ min: 0, max: 20 * 24 * 60 }), (inputs, later) => {
      const { state } = run(everything, inputs);
      const now = Math.max(state.clock ?? 0, ...inputs.map(({ t }) => t), monday);
      const judged = run(state, [{ type: 'clock', t: now }]).state;
      const next = nextAt(judged) ?? Number.POSITIVE_INFINITY;
      const t = Math.min(now + later * minute, next - 1);
      expect(step(judged, { type: 'clock', t }).ops).toEqual([]);
    }),
  );
});

test('a table made of neighbouring ranges has no problem; one with a bound moved has', () => {
  const bounds = fc
    .uniqueArray(fc.integer({ min: 1, max: 999 }), { minLength: 2, maxLength: 6 })
    .map((list) => list.sort((a, b) => a - b));
  fc.assert(
    fc.property(
      bounds,
      fc.integer({ min: 0, max: 2 }),
      fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      fc.nat(),
      (list, decimals, closed, pick) => {
        const literal = (n: number): string =>
          new ExactDecimal(n).div(new ExactDecimal(10).pow(decimals)).toFixed(decimals);
        const ranges: Range[] = [...list, undefined].map((upper, i) => {
          const lower = list[i - 1];
          return {
            ...(lower === undefined ? {} : closed[i - 1] === true ? { gt: literal(lower) } : { ge: literal(lower) }),
            ...(upper === undefined ? {} : closed[i] === true ? { le: literal(upper) } : { lt: literal(upper) }),
          };
        });
        const table: ZoneTable = ranges.map((range, i) => ({
          zone: (['green', 'yellow', 'red'] as const)[i % 3] as 'green',
          when: [range],
        }));
        expect(partitionProblems(table, { decimals })).toEqual([]);
        const without = table.filter((_, i) => i !== pick % table.length);
        const missing = ranges[pick % table.length] as Range;
        const empty = !Array.from({ length: 1002 }, (_, n) => new ExactDecimal(literal(n))).some((value) =>
          inRange(value, missing),
        );
        expect(partitionProblems(without, { decimals }).length > 0).toBe(!empty);
      },
    ),
  );
});
