/**
 * `npm run -s simulate -- <scenarios.json> [--library <library.json>]`: tries a plan on a series of inputs. One JSON line
 * per input on stdout. What a file expects is never used to compute, only compared: differences go to stderr.
 * Exit code 0: as expected, or nothing expected; 1: differences; 2: the input cannot be used.
 */
import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { parseJson } from '../fhir/json.js';
import { packageRoot } from '../fhir/package-root.js';
import type { Op } from '../followup/engine/op.js';
import { opArrays, parseScenarios, runScenario, type Scenario } from '../followup/engine/scenario.js';
import type { Library } from '../followup/ruleset/grammar.js';
import { parseLibrary } from '../followup/ruleset/parse-rule-set.js';
import { Failure } from '../kernel/failure.js';

/** Where the lines go. */
export interface Output {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

type ExitCode = 0 | 1 | 2;

/** @param args what follows the command's name */
export async function simulate(args: readonly string[], output: Output): Promise<ExitCode> {
  const command = new Command('simulate')
    .description('Runs the follow-up rules on scenario files and prints what the centre would see.')
    .argument('<scenarios>', 'file with one scenario or an array of them')
    .option('--library <file>', 'measures and rules that plans name (default: the product’s own)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.err(text.trimEnd()),
      writeErr: (text) => output.err(text.trimEnd()),
    });
  try {
    command.parse([...args], { from: 'user' });
    const { library: libraryFile } = command.opts<{ library?: string }>();
    const library = await readLibrary(libraryFile);
    const file = command.args[0] as string;
    const scenarios = await readWith(file, (json) => parseScenarios(json, library));
    return run(scenarios, output);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof Failure)) throw error;
    for (const issue of error.issues) output.err(issue.diagnostics);
    return 2;
  }
}

function run(scenarios: readonly Scenario[], output: Output): ExitCode {
  let differences = 0;
  for (const scenario of scenarios) {
    let index = 0;
    for (const ops of results(scenario)) {
      output.out(JSON.stringify({ scenario: scenario.name, index, ops: opArrays(ops) }));
      differences += report(scenario, { index, ops }, output);
      index += 1;
    }
  }
  if (differences > 0)
    output.err(
      `${differences} of ${scenarios.reduce((sum, { inputs }) => sum + inputs.length, 0)} inputs gave other ops than expected.`,
    );
  return differences > 0 ? 1 : 0;
}

/** What an input costs too much names its scenario. */
function* results(scenario: Scenario): Generator<readonly Op[]> {
  let index = 0;
  try {
    for (const ops of runScenario(scenario)) {
      yield ops;
      index += 1;
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.category, `scenario "${scenario.name}": inputs[${index}]: ${error.message}`, {
      cause: error,
    });
  }
}

function report(
  scenario: Scenario,
  { index, ops }: { readonly index: number; readonly ops: readonly Op[] },
  { err }: Output,
): 0 | 1 {
  const expected = scenario.expected[index];
  const found = JSON.stringify(opArrays(ops));
  if (expected === undefined || JSON.stringify(expected) === found) return 0;
  err(`scenario "${scenario.name}": inputs[${index}]: expected ${JSON.stringify(expected)}, got ${found}`);
  return 1;
}

async function readLibrary(file: string | undefined): Promise<Library> {
  return readWith(file ?? path.join(packageRoot(), 'profiles', 'rule-library.json'), parseLibrary);
}

async function readWith<T>(file: string, parse: (json: unknown) => T): Promise<T> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    throw new Failure(
      'invalid',
      `${file}: the file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}).`,
      { cause: error },
    );
  }
  try {
    return parse(parseJson(content));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(
      'invalid',
      error.issues.map((issue) => ({ ...issue, diagnostics: `${file}: ${issue.diagnostics}` })),
      { cause: error },
    );
  }
}

async function isProgram(): Promise<boolean> {
  const program = process.argv[1];
  return program !== undefined && (await realpath(program).catch(() => program)) === fileURLToPath(import.meta.url);
}

if (await isProgram()) {
  // `simulate … | head` closes the pipe: nobody reads on, which is no error
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2));
  process.exitCode = await simulate(process.argv.slice(2), {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
  });
}
