import type { Input } from '../../../../src/followup/engine/input.js';
import { nextAt } from '../../../../src/followup/engine/next-at.js';
import { initialState } from '../../../../src/followup/engine/state.js';
import { step } from '../../../../src/followup/engine/step.js';
import type { RuleSet } from '../../../../src/followup/ruleset/grammar.js';
import { Failure } from '../../../../src/kernel/failure.js';
import { arrays, input, plan, run } from './simulated.js';

const hours = { days: [0, 1, 2, 3, 4], from: '08:00', to: '15:00' };
const pulsePlan = plan({
  id: 'p1',
  version: 3,
  serviceCalendar: hours,
  measures: { pulse: 'pulse' },
  rules: ['pulse-zone'],
});
const obs = (t: string, value: number, more: Record<string, unknown> = {}) =>
  input({ t, type: 'obs', measure: 'pulse', value, ...more });
const at = (t: string): number => Date.parse(t);

test('an op names plan, evidence, times and the value in words', () => {
  const { ops } = run(pulsePlan, [
    obs('2026-06-01T09:00', 104, { source: 'Observation/7', identifier: 'x', status: ['low-perfusion'] }),
    obs('2026-06-01T09:30', 110, { received: '2026-06-01T12:00' }),
  ]);
  expect(ops[0]?.[0]).toEqual({
    op: 'open',
    rule: 'pulse-zone',
    colour: 'yellow',
    due: { label: '2026-06-01T15:00', at: at('2026-06-01T15:00:00+02:00') },
    t: at('2026-06-01T09:00:00+02:00'),
    received: at('2026-06-01T09:00:00+02:00'),
    plan: { id: 'p1', version: 3 },
    evidence: ['Observation/7'],
    words: 'Puls 104 per minutt [low-perfusion]',
  });
  expect(ops[1]?.[0]).toMatchObject({
    op: 'update',
    received: at('2026-06-01T12:00:00+02:00'),
    evidence: ['pulse@2026-06-01T09:30'],
    note: 'late',
  });
});

test('a composite names the sources of all its members', () => {
  const { ops } = run(
    plan({ measures: { weight: 'weight' }, rules: ['weight-gain-14d', 'dyspnoea-worse', 'hf-congestion'] }),
    [
      input({ t: '2026-06-01T08:00', type: 'obs', measure: 'weight', value: 70 }),
      input({ t: '2026-06-03T08:00', type: 'obs', measure: 'weight', value: 71, source: 'Observation/2' }),
      input({
        t: '2026-06-03T09:00',
        type: 'qr',
        questionnaire: 'hf-daily',
        answers: { dyspnoea: true },
        source: 'QuestionnaireResponse/3',
      }),
    ],
  );
  expect(ops[2]?.[1]).toMatchObject({
    op: 'open',
    rule: 'hf-congestion',
    evidence: ['Observation/2', 'QuestionnaireResponse/3'],
  });
});

test('a conflict shows the value that was kept', () => {
  const { ops } = run(pulsePlan, [
    obs('2026-06-01T09:00', 70, { identifier: 'x' }),
    obs('2026-06-01T09:00', 90, { identifier: 'x' }),
  ]);
  expect(ops[1]?.[0]).toMatchObject({
    op: 'conflict',
    measure: 'pulse',
    kept: 'Puls 70 per minutt',
    words: 'Puls 90 per minutt',
  });
});

test('a red reading during a pause of everything is told apart', () => {
  const { ops } = run(pulsePlan, [
    input({ t: '2026-06-01T08:00', type: 'pause', mode: 'all' }),
    obs('2026-06-01T09:00', 140),
  ]);
  expect(ops[1]?.[0]).toMatchObject({ op: 'stored-paused', zone: 'red' });
});

describe('what nothing else would show is told apart, beside the short form', () => {
  const form = (t: string, answers: object, more: object = {}) =>
    input({ t, type: 'qr', questionnaire: 'own', answers, ...more });
  const red = {
    id: 'red',
    type: 'answer',
    questionnaire: 'own',
    linkId: 'pain',
    zones: [{ colour: 'red', when: { ge: 7 } }],
  };
  const reads = plan({ measures: {}, rules: [red] });
  const opsOf = (ruleSet: RuleSet, inputs: Input[]) => run(ruleSet, inputs).ops.flat();

  test('a form that no rule reads, unless a member of staff wrote it', () => {
    const answered = form('2026-06-01T08:00', { pain: 9 });
    expect(opsOf(pulsePlan, [answered])).toMatchObject([{ op: 'unread', what: 'form', name: 'own' }]);
    expect(opsOf(pulsePlan, [{ ...answered, byStaff: true } as Input])).toEqual([]);
    expect(opsOf(reads, [form('2026-06-01T08:00', { pain: 3 })])).toEqual([]);
    expect(arrays(run(pulsePlan, [answered]).ops)).toEqual([[]]);
  });

  test('while everything is paused: a message, and a form whose answers would be red', () => {
    const pause = input({ t: '2026-06-01T08:00', type: 'pause', mode: 'all' });
    expect(
      opsOf(reads, [
        pause,
        input({ t: '2026-06-01T09:00', type: 'message', thread: 'm' }),
        form('2026-06-01T09:10', { pain: 7 }),
        form('2026-06-01T09:20', { pain: 6 }),
      ]).slice(1),
    ).toMatchObject([
      { op: 'unread', what: 'message', name: 'm' },
      { op: 'stored-paused', measure: 'own', zone: 'red', words: 'own: pain = 7' },
      { op: 'stored-paused', measure: 'own' },
    ]);
  });

  test('while everything is paused: what the safety net would call red', () => {
    const net = plan({
      measures: { rr: { code: ['loinc|9279-1'], unit: '/min', decimals: 0 } },
      rules: [],
      safetyNet: 'news2-3',
    });
    const ops = opsOf(net, [
      input({ t: '2026-06-01T08:00', type: 'pause', mode: 'all' }),
      input({ t: '2026-06-01T09:00', type: 'obs', measure: 'rr', value: 26 }),
    ]);
    expect(ops[1]).toMatchObject({ op: 'stored-paused', zone: 'red' });
  });
});

test('several answers to one item: each is looked at, and none is added to a score', () => {
  const rules = [
    { id: 'is', type: 'answer', questionnaire: 'q', linkId: 'a', equals: 'cough', colour: 'yellow' },
    { id: 'worst', type: 'answer', questionnaire: 'q', linkId: 'n', zones: [{ colour: 'red', when: { ge: 7 } }] },
    {
      id: 'count',
      type: 'answerCount',
      questionnaire: 'q',
      linkIds: ['a'],
      equals: 'fever',
      zones: [{ colour: 'red', when: { ge: 1 } }],
    },
    { id: 'sum', type: 'score', questionnaire: 'q', items: ['n'], zones: [{ colour: 'red', when: { ge: 7 } }] },
  ];
  const several = {
    type: 'qr',
    t: Date.parse('2026-06-01T09:00:00+02:00'),
    questionnaire: 'q',
    answers: { a: ['fever', 'cough'], n: ['3', '8'] },
  };
  expect(arrays(run(plan({ measures: {}, rules }), [several as Input]).ops)).toEqual([
    [
      ['open', 'is', 'yellow', '2026-06-01T15:00'],
      ['open', 'worst', 'red', 'ASAP'],
      ['open', 'count', 'red', 'ASAP'],
      ['incomplete', 'sum'],
    ],
  ]);
});

test('a pause with a planned end is over by then', () => {
  const { ops } = run(pulsePlan, [
    input({ t: '2026-06-01T08:00', type: 'pause', mode: 'all', end: '2026-06-01T10:00' }),
    obs('2026-06-01T09:59', 140),
    obs('2026-06-01T10:00', 140),
  ]);
  expect(arrays(ops).slice(1)).toEqual([[['stored-paused', 'pulse']], [['open', 'pulse-zone', 'red', 'ASAP']]]);
});

test('an interim plan takes effect only where the service allows it', () => {
  const interim = input({
    t: '2026-06-01T08:00',
    type: 'plan',
    plan: { status: 'interim', measures: { pulse: 'pulse' }, rules: ['pulse-zone'] },
  });
  const reading = obs('2026-06-01T09:00', 104);
  expect(arrays(run(initialState(), [interim, reading]).ops)).toEqual([
    [['plan-not-active', 'interim']],
    [['unplanned', 'pulse']],
  ]);
  expect(arrays(run(initialState(), [interim, reading], { interimTakesEffect: true }).ops)).toEqual([
    [],
    [['open', 'pulse-zone', 'yellow', '2026-06-01T15:00']],
  ]);
});

test('a draft given as the plan is not monitored', () => {
  const { ops } = run(plan({ status: 'draft', measures: { pulse: 'pulse' }, rules: ['pulse-zone'] }), [
    obs('2026-06-01T09:00', 140),
  ]);
  expect(arrays(ops)).toEqual([[['unplanned', 'pulse']]]);
});

test('a service that starts without an approved plan lacks limits', () => {
  const { ops } = run(initialState(), [input({ t: '2026-06-01T09:00', type: 'start' })]);
  expect(arrays(ops)).toEqual([[['open', 'grey', 'grey', '2026-06-15']]]);
});

test('work beyond the budget is a typed failure and changes nothing', () => {
  const { state } = run(
    pulsePlan,
    Array.from({ length: 40 }, (_, i) => obs(`2026-06-01T09:${String(i).padStart(2, '0')}`, 70)),
  );
  const before = JSON.stringify(state);
  const overspent = (): unknown => step(state, obs('2026-06-01T10:00', 140), { maxWork: 20 });
  expect(overspent).toThrow(Failure);
  expect(overspent).toThrow('more than 20 steps');
  expect(JSON.stringify(state)).toBe(before);
});

test('the state of a year of readings stays small and its alert keeps the full count', () => {
  const readings = Array.from({ length: 3 * 365 }, (_, i) => ({
    ...obs('2026-01-01T08:00', 104),
    t: at('2026-01-01T08:00:00Z') + i * 8 * 3_600_000,
  }));
  const { state, ops } = run(pulsePlan, readings);
  expect(state.readings['pulse']?.length).toBeLessThan(3 * 36 + 5);
  expect(JSON.stringify(state).length).toBeLessThan(40_000);
  expect(ops.at(-1)?.[0]).toMatchObject({ op: 'update', count: 3 * 365 });
});

test('names that every object has are names like any other', () => {
  const odd = plan({
    measures: { constructor: { unit: '/min', decimals: 0, zones: [{ zone: 'red', when: [{ ge: 0 }] }] } },
    rules: [{ id: 'toString', type: 'zone', measure: 'constructor' }],
    schedules: [
      { id: 'valueOf', for: 'hasOwnProperty', start: '2026-06-01', times: ['09:00'], before: 'PT1H', after: 'PT1H' },
    ],
    escalations: [{ id: 'constructor', colour: 'red', n: 1, window: 'P1D', action: 'call' }],
  });
  const { ops } = run(odd, [
    input({ t: '2026-06-01T09:00', type: 'obs', measure: 'constructor', value: 1 }),
    input({ t: '2026-06-01T09:00', type: 'obs', measure: 'valueOf', value: 1 }),
    input({ t: '2026-06-01T10:00', type: 'clock' }),
  ]);
  expect(arrays(ops)).toEqual([
    [
      ['open', 'toString', 'red', 'ASAP'],
      ['task', 'constructor', 'call'],
    ],
    [['unplanned', 'valueOf']],
    [['open', 'missing:valueOf', 'green', 'as-needed']],
  ]);
});

describe('the next instant for a timer', () => {
  const daily = plan({
    serviceCalendar: hours,
    measures: { pulse: 'pulse' },
    rules: ['pulse-zone'],
    schedules: [{ id: 'd', for: 'pulse', start: '2026-06-01', times: ['09:00'], before: 'PT1H', after: 'PT2H' }],
  });
  const first = run(daily, [obs('2026-06-01T08:30', 70)]).state;

  test('is the end of the next window that has not been judged', () => {
    expect(nextAt(first)).toBe(at('2026-06-01T11:00:00+02:00'));
    expect(nextAt(run(first, [input({ t: '2026-06-01T11:00', type: 'clock' })]).state)).toBe(
      at('2026-06-02T11:00:00+02:00'),
    );
  });
  test('does not exist in a pause without end, and comes back with the resumption', () => {
    const paused = run(first, [input({ t: '2026-06-01T10:00', type: 'pause', mode: 'missing-only' })]).state;
    expect(nextAt(paused)).toBeUndefined();
    const resumed = run(paused, [input({ t: '2026-06-05T10:00', type: 'resume' })]).state;
    expect(nextAt(resumed)).toBe(at('2026-06-06T11:00:00+02:00'));
  });
  test('is the deadline for limits when nothing is scheduled before', () => {
    const started = run(initialState(), [input({ t: '2026-06-01T09:00', type: 'start' })]).state;
    expect(nextAt(started)).toBe(at('2026-06-16T00:00:00+02:00'));
    expect(nextAt(run(started, [input({ t: '2026-06-16T00:00', type: 'clock' })]).state)).toBeUndefined();
  });
  test('does not exist for a patient of whom nothing is known', () => {
    expect(nextAt(initialState())).toBeUndefined();
  });
});
