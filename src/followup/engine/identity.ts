import type { Measure } from '../ruleset/grammar.js';
import { isComponentMeasure } from '../ruleset/grammar.js';
import { ownValue } from '../ruleset/own-value.js';
import { decimalOf } from '../units/range.js';
import type { StepContext } from './context.js';
import type { InputCommon, ObsInput, QrInput } from './input.js';
import type { Entry, Form, Reading } from './state.js';

/** A reading that is there already under the same key; `same` when its content is too. */
export interface Known<E> {
  readonly reading: E;
  readonly same: boolean;
}

/** What makes two readings equal: value, unit, context, comparator and status; numbers by value, units as the plan's where not told. */
export function contentOf(input: ObsInput, measure: Measure | undefined): string {
  const simpleUnit = measure !== undefined && !isComponentMeasure(measure) ? measure.unit : undefined;
  const components = Object.entries(input.components ?? {}).map(([name, { value, unit }]) => {
    const own = measure !== undefined && isComponentMeasure(measure) ? measure.components[name]?.unit : undefined;
    return [name, decimalOf(value).toFixed(), unit ?? input.unit ?? own ?? ''];
  });
  return JSON.stringify([
    input.value === undefined ? '' : decimalOf(input.value).toFixed(),
    input.components === undefined ? (input.unit ?? simpleUnit ?? '') : '',
    components.sort(),
    input.ctx ?? '',
    input.comparator ?? '',
    [...(input.status ?? [])].sort(),
  ]);
}

/** What was withdrawn stays known, so that it is ignored when it is sent again; the same resource may say something new. */
const stands =
  (input: InputCommon) =>
  (entry: Entry): boolean =>
    entry.withdrawn !== true || entry.source === undefined || entry.source !== input.source;

/** Identity is the identifier, or without one measure, effective time, content and device. Another device is another reading. */
export function findReading(ctx: StepContext, input: ObsInput, content: string): Known<Reading> | undefined {
  const own = (ownValue(ctx.draft.readings, input.measure) ?? []).filter(stands(input));
  ctx.budget.spend(own.length);
  const isSame = (reading: Reading): boolean =>
    reading.t === input.t && reading.device === input.device && reading.content === content;
  if (input.identifier === undefined) {
    const reading = own.find((other) => other.identifier === undefined && isSame(other));
    return reading === undefined ? undefined : { reading, same: true };
  }
  for (const [key, series] of Object.entries(ctx.draft.readings)) {
    const reading = series.find((one) => one.identifier === input.identifier && stands(input)(one));
    if (reading !== undefined) return { reading, same: key === input.measure && isSame(reading) };
  }
  return undefined;
}

/** As `findReading`, for forms. */
export function findForm(ctx: StepContext, input: QrInput): Known<Form> | undefined {
  const own = (ownValue(ctx.draft.forms, input.questionnaire) ?? []).filter(stands(input));
  const isSame = (form: Form): boolean => form.t === input.t && answersKey(form.answers) === answersKey(input.answers);
  const reading = own.find((form) =>
    input.identifier === undefined
      ? form.identifier === undefined && isSame(form)
      : form.identifier === input.identifier,
  );
  return reading === undefined ? undefined : { reading, same: isSame(reading) };
}

function answersKey(answers: Form['answers']): string {
  return JSON.stringify(Object.entries(answers).sort(([a], [b]) => (a < b ? -1 : 1)));
}
