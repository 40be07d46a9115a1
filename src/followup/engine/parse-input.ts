/** Reads the inputs of a scenario file: effective times become instants, numbers decimal strings. */
import { z } from 'zod';
import { Failure } from '../../kernel/failure.js';
import { instantOf } from '../calendar/local-time.js';
import type { Library, RuleSet } from '../ruleset/grammar.js';
import { decimal, parseWith, text } from '../ruleset/parse-with.js';
import { parseRuleSet } from '../ruleset/parse-rule-set.js';
import type { Input } from './input.js';

/** What an input is read with: the zone of times without offset, and the library of plans that come as input. */
export interface InputReading {
  readonly zone: string;
  readonly library: Library;
}

/** `null` says that there is none. */
const absent = z.null().transform(() => undefined);
const component = z.union([
  decimal.transform((value) => ({ value })),
  z.object({ value: decimal, unit: text.optional() }),
  absent,
]);
const components = z
  .record(text, component)
  .transform((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));

const optionalText = z.union([text, absent]).optional();
const base = { t: text, received: optionalText, source: optionalText };

const inputSchema = z.discriminatedUnion('type', [
  z.looseObject({
    ...base,
    type: z.literal('obs'),
    measure: text,
    value: z.union([decimal, absent]).optional(),
    components: z.union([components, absent]).optional(),
    unit: optionalText,
    comparator: z.union([z.enum(['<', '>', '<=', '>=']), absent]).optional(),
    ctx: optionalText,
    device: optionalText,
    identifier: optionalText,
    status: z.union([z.array(text), text.transform((code) => [code]), absent]).optional(),
  }),
  z.looseObject({
    ...base,
    type: z.literal('qr'),
    questionnaire: text,
    answers: z.record(text, z.union([z.boolean(), z.null(), decimal, z.string()])),
    identifier: optionalText,
  }),
  z.looseObject({ ...base, type: z.literal('correct'), identifier: text, status: z.literal('entered-in-error') }),
  z.looseObject({ ...base, type: z.literal('close'), rule: text }),
  z.looseObject({ ...base, type: z.literal('message'), thread: text }),
  z.looseObject({ ...base, type: z.literal('taskdone'), for: text }),
  z.looseObject({ ...base, type: z.literal('pause'), mode: z.enum(['all', 'missing-only']), end: optionalText }),
  z.looseObject({ ...base, type: z.literal('resume') }),
  z.looseObject({ ...base, type: z.literal('plan'), plan: z.unknown() }),
  z.looseObject({ ...base, type: z.literal('start') }),
  z.looseObject({ ...base, type: z.literal('clock') }),
]);

/**
 * @param root how the input is called in messages, `scenario "S01": inputs[3]`
 * @throws Failure `invalid` naming the field
 */
export function parseInput(json: unknown, root: string, { zone, library }: InputReading): Input {
  const { expect: _, ...input } = parseWith(inputSchema, json, root) as Record<string, unknown> & {
    t: string;
    type: string;
  };
  const time = (field: 't' | 'received' | 'end'): number | undefined => instantIn(input, { field, root, zone });
  const times = { t: time('t'), received: time('received'), end: time('end') };
  const plan = input.type === 'plan' ? { plan: planIn(input['plan'], root, library) } : {};
  return withoutUndefined({ ...input, ...times, ...plan }) as unknown as Input;
}

function instantIn(
  input: Record<string, unknown>,
  { field, root, zone }: { field: string; root: string; zone: string },
): number | undefined {
  const value = input[field];
  if (value === undefined) return undefined;
  try {
    return instantOf(value as string, zone);
  } catch (error) {
    throw located(error, `${root}.${field}`);
  }
}

/** A plan that comes as input must say its status: it decides whether it takes effect. */
function planIn(json: unknown, root: string, library: Library): RuleSet {
  try {
    const plan = parseRuleSet(json, library);
    if (plan.status === undefined)
      throw new Failure('invalid', 'RuleSet.status: a plan that comes as input needs a status.');
    return plan;
  } catch (error) {
    throw located(error, `${root}.plan`);
  }
}

/** Puts the place in front of what a failure says. */
export function located(error: unknown, place: string): unknown {
  if (!(error instanceof Failure)) return error;
  return new Failure(
    error.category,
    error.issues.map((issue) => ({ ...issue, diagnostics: `${place}: ${issue.diagnostics}` })),
    { cause: error },
  );
}

function withoutUndefined(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}
