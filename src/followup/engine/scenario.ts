/** Scenario files: a plan, a series of inputs and, where given, the ops each must give. */
import { z } from 'zod';
import type { Library, RuleSet } from '../ruleset/grammar.js';
import { parseRuleSet } from '../ruleset/parse-rule-set.js';
import { parseWith, text } from '../ruleset/parse-with.js';
import type { Input } from './input.js';
import { type Op, shortForm } from './op.js';
import { located, parseInput } from './parse-input.js';
import { initialState } from './state.js';
import { step, type StepOptions } from './step.js';

export type OpArray = readonly (string | number)[];

export interface Scenario {
  readonly name: string;
  readonly plan: RuleSet;
  readonly inputs: readonly Input[];
  /** by input; undefined where nothing is said of it */
  readonly expected: readonly (readonly OpArray[] | undefined)[];
}

const opArray = z.array(z.union([z.string(), z.number()]));
const scenarioSchema = z.looseObject({ scenario: text, plan: z.unknown(), inputs: z.array(z.unknown()) });
const expectSchema = z.looseObject({ expect: z.array(opArray).optional() });

/**
 * @param json one scenario or an array of them
 * @throws Failure `invalid` naming scenario, index and field
 */
export function parseScenarios(json: unknown, library: Library): Scenario[] {
  const list: unknown[] = Array.isArray(json) ? json : [json];
  return list.map((one, i) =>
    parseScenario(one, { place: Array.isArray(json) ? `scenarios[${i}]` : 'scenario', library }),
  );
}

function parseScenario(
  json: unknown,
  { place, library }: { readonly place: string; readonly library: Library },
): Scenario {
  const scenario = parseWith(scenarioSchema, json, place);
  const name = `scenario "${scenario.scenario}"`;
  const plan = planOf(scenario.plan, { name, library });
  const reading = { zone: plan.timezone, library };
  return {
    name: scenario.scenario,
    plan,
    inputs: scenario.inputs.map((input, i) => parseInput(input, `${name}: inputs[${i}]`, reading)),
    expected: scenario.inputs.map((input, i) => parseWith(expectSchema, input, `${name}: inputs[${i}]`).expect),
  };
}

function planOf(json: unknown, { name, library }: { readonly name: string; readonly library: Library }): RuleSet {
  try {
    return parseRuleSet(json, library);
  } catch (error) {
    throw located(error, `${name}: plan`);
  }
}

/** Runs a scenario from an empty state: the ops of each input, in order. Lazy, so that a failure comes after what was found. */
export function* runScenario(
  { plan, inputs }: Scenario,
  options: StepOptions = { keepAll: true, maxWork: 100_000_000 },
): Generator<readonly Op[]> {
  let state = initialState(plan);
  for (const input of inputs) {
    const next = step(state, input, options);
    state = next.state;
    yield next.ops;
  }
}

/** The short form of the ops of one input. */
export function opArrays(ops: readonly Op[]): OpArray[] {
  return shortForm(ops);
}
