import { opArrays, parseScenarios, runScenario } from '../../../../src/followup/engine/scenario.js';
import { library, readJson } from './simulated.js';

const scenarios = ['scenarios.json', 'edge-scenarios.json'].flatMap((file) =>
  parseScenarios(readJson('test', 'cases', file), library),
);

describe.each([
  ['with everything remembered', { keepAll: true }],
  ['with the state trimmed', { keepAll: false }],
])('%s', (_, options) => {
  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', (_name, scenario) => {
    expect([...runScenario(scenario, options)].map(opArrays)).toEqual(scenario.expected);
  });
});

test('every input of the cases says what it must give', () => {
  expect(scenarios.flatMap(({ expected }) => expected).filter((expected) => expected === undefined)).toEqual([]);
});
