import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../../../src/fhir/package-root.js';
import { parseInput } from '../../../../src/followup/engine/parse-input.js';
import type { Input } from '../../../../src/followup/engine/input.js';
import { type Op, shortForm } from '../../../../src/followup/engine/op.js';
import { type EngineState, initialState } from '../../../../src/followup/engine/state.js';
import { step, type StepOptions } from '../../../../src/followup/engine/step.js';
import type { Library, RuleSet } from '../../../../src/followup/ruleset/grammar.js';
import { parseLibrary, parseRuleSet } from '../../../../src/followup/ruleset/parse-rule-set.js';

export function readJson(...parts: string[]): unknown {
  return JSON.parse(readFileSync(path.join(packageRoot(), ...parts), 'utf8'));
}

/** The product's own library. */
export const library: Library = parseLibrary(readJson('profiles', 'rule-library.json'));

/** A plan that may name what is in the library. */
export function plan(json: Record<string, unknown>): RuleSet {
  return parseRuleSet(json, library);
}

/** An input as scenario files write it. */
export function input(json: Record<string, unknown>): Input {
  return parseInput(json, 'input', { zone: 'Europe/Oslo', library });
}

export interface Run {
  readonly state: EngineState;
  /** by input */
  readonly ops: readonly (readonly Op[])[];
}

/** Runs inputs one after the other. */
export function run(start: RuleSet | EngineState, inputs: readonly Input[], options?: StepOptions): Run {
  let state = 'format' in start ? start : initialState(start);
  const ops = inputs.map((one) => {
    const next = step(state, one, options);
    state = next.state;
    return next.ops;
  });
  return { state, ops };
}

export function arrays(ops: readonly (readonly Op[])[]): (string | number)[][][] {
  return ops.map(shortForm);
}
