import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { simulate } from '../../../src/cli/simulate.js';

const folder = mkdtempSync(path.join(tmpdir(), 'simulate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const scenario = (inputs: unknown[]): unknown => ({
  scenario: 'one',
  plan: { measures: { pulse: 'pulse' }, rules: ['pulse-zone'] },
  inputs,
});
const yellow = { t: '2026-06-01T09:00', type: 'obs', measure: 'pulse', value: 104 };
const opened = ['open', 'pulse-zone', 'yellow', '2026-06-01T15:00'];

async function run(content: unknown, ...more: string[]): Promise<{ code: number; out: unknown[]; err: string }> {
  const file = path.join(folder, 'scenarios.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  const out: unknown[] = [];
  const err: string[] = [];
  const code = await simulate([file, ...more], {
    out: (line) => out.push(JSON.parse(line)),
    err: (line) => err.push(line),
  });
  return { code, out, err: err.join('\n') };
}

test('prints one line per input in order and succeeds where nothing is expected', async () => {
  expect(await run(scenario([yellow, { ...yellow, t: '2026-06-01T09:10', value: 80 }]))).toEqual({
    code: 0,
    out: [
      { scenario: 'one', index: 0, ops: [opened] },
      { scenario: 'one', index: 1, ops: [] },
    ],
    err: '',
  });
});

test('an array of scenarios starts each from nothing', async () => {
  const { out, code } = await run([scenario([yellow]), scenario([yellow])]);
  expect(out).toHaveLength(2);
  expect(out[0]).toEqual(out[1]);
  expect(code).toBe(0);
});

test('expectations change nothing but the exit code and stderr', async () => {
  const without = await run(scenario([yellow]));
  const right = await run(scenario([{ ...yellow, expect: [opened] }]));
  const wrong = await run(scenario([{ ...yellow, expect: [['open', 'pulse-zone', 'red', 'ASAP']] }]));
  expect([right.out, right.code, right.err]).toEqual([without.out, 0, '']);
  expect([wrong.out, wrong.code]).toEqual([without.out, 1]);
  expect(wrong.err).toContain(
    'scenario "one": inputs[0]: expected [["open","pulse-zone","red","ASAP"]], got [["open","pulse-zone","yellow","2026-06-01T15:00"]]',
  );
});

test('another library gives the names another meaning', async () => {
  const library = path.join(folder, 'library.json');
  const zones = [
    { zone: 'green', when: [{ lt: 120 }] },
    { zone: 'red', when: [{ ge: 120 }] },
  ];
  writeFileSync(
    library,
    JSON.stringify({
      measures: { pulse: { unit: '/min', decimals: 0, zones } },
      rules: { 'pulse-zone': { type: 'zone', measure: 'pulse' } },
    }),
  );
  expect((await run(scenario([yellow]), '--library', library)).out).toEqual([{ scenario: 'one', index: 0, ops: [] }]);
});

test.each<[string, unknown, string]>([
  ['no JSON', '{"scenario":', 'scenarios.json: '],
  ['no scenario', [scenario([]), {}], 'scenarios[1].scenario'],
  [
    'an unknown rule',
    { scenario: 'two', plan: { rules: ['nope'] }, inputs: [] },
    'scenario "two": plan: RuleSet.rules[0]: the library has no rule "nope"',
  ],
  ['an input of no type', scenario([yellow, { t: '2026-06-01' }]), 'scenario "one": inputs[1].type'],
  ['a time that is none', scenario([{ ...yellow, t: 'now' }]), 'scenario "one": inputs[0].t: "now"'],
  ['a value that is no number', scenario([{ ...yellow, value: 'high' }]), 'scenario "one": inputs[0].value'],
  [
    'a plan without status',
    scenario([{ t: '2026-06-01', type: 'plan', plan: {} }]),
    'scenario "one": inputs[0].plan: RuleSet.status',
  ],
  [
    'a correction of another kind',
    scenario([{ t: '2026-06-01', type: 'correct', identifier: 'x', status: 'amended' }]),
    'scenario "one": inputs[0].status',
  ],
  ['an unreadable expectation', scenario([{ ...yellow, expect: 'open' }]), 'scenario "one": inputs[0].expect'],
])('%s is named and ends with 2', async (_, content, message) => {
  const { code, out, err } = await run(content);
  expect(code).toBe(2);
  expect(out).toEqual([]);
  expect(err).toContain(message);
});

test('a file that is not there, no file and unknown options end with 2, help with 0', async () => {
  const silent = { out: () => {}, err: () => {} };
  expect(await simulate(['/no/such/file'], silent)).toBe(2);
  expect(await simulate([], silent)).toBe(2);
  expect(await simulate(['x', '--wrong'], silent)).toBe(2);
  expect(await simulate(['--help'], silent)).toBe(0);
});
