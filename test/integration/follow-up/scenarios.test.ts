import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseScenarios } from '../../../src/followup/engine/scenario.js';
import { receiptOf } from '../../../src/followup/engine/input.js';
import { parseLibrary } from '../../../src/followup/ruleset/parse-rule-set.js';
import { root } from '../../architecture/source-files.js';
import { ScenarioRun } from './scenario-driver.js';
import { stageFor } from './stage.js';

const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const library = parseLibrary(json(path.join(root, 'profiles/rule-library.json')));
/** Others may be tried by hand: `SCENARIOS=file.json npm run -s jest -- test/integration/follow-up/scenarios`. */
const named = process.env['SCENARIOS'];
const file = named !== undefined && existsSync(named) ? named : path.join(root, 'test/cases/scenarios.json');
/** Of the engine's own edge cases those in which what FHIR says has to find the plan of its time. */
const edges = parseScenarios(json(path.join(root, 'test/cases/edge-scenarios.json')), library).filter(({ name }) =>
  name.startsWith('A measure that the new plan does not have'),
);
const scenarios = [...parseScenarios(json(file), library), ...(named === undefined ? edges : [])].sort(
  (a, b) => firstOf(a) - firstOf(b),
);

function firstOf({ inputs }: { inputs: readonly Parameters<typeof receiptOf>[0][] }): number {
  return Math.min(...inputs.map(receiptOf));
}

/** A token lasts a year: each year of the scenarios has a server of its own. */
const years = [...new Set(scenarios.map((one) => new Date(firstOf(one)).getUTCFullYear()))];

describe.each(years)('%d: over FHIR the centre’s list is what the engine says', (year) => {
  const those = scenarios.filter((one) => new Date(firstOf(one)).getUTCFullYear() === year);
  const stage = stageFor(new Date(firstOf(those[0]!) - 30 * 86_400_000).toISOString());

  test.each(those.map((scenario) => [scenario.name, scenario] as const))(
    '%s',
    async (_, scenario) => {
      const run = new ScenarioRun(stage, scenario);
      await run.begin();
      for (const [i, input] of scenario.inputs.entries()) {
        await run.play(input);
        const seen = await run.seen();
        expect({ after: `${i} ${input.type}`, ...seen }).toEqual({ after: `${i} ${input.type}`, ...run.awaited(seen) });
      }
    },
    60_000,
  );
});
