import type { Field, ObjectRule, ValueCheck } from './object-rule.js';
import { isObject, type JsonObject, type Visit } from './visit.js';

export interface FieldOptions {
  readonly name: string;
  readonly step: string;
  readonly min: number;
  readonly max: number;
  /** It is an array in JSON. */
  readonly list: boolean;
  readonly check: ValueCheck;
}

const noNull = 'null is no value; leave the element out instead.';

/** A field that holds objects. */
export function objectField(options: FieldOptions): Field {
  return { step: options.step, check: options.list ? listCheck(options) : singleCheck(options.check) };
}

/** The field of a primitive and the `_` field with its id and extensions. https://hl7.org/fhir/R4/json.html#primitive */
export function primitiveFields(options: FieldOptions, elementRule: ObjectRule): [name: string, field: Field][] {
  const { name, step, list } = options;
  const sibling = `_${name}`;
  const value: Field = { step, check: list ? listCheck(options, sibling) : singleCheck(options.check) };
  const extras: Field = { step, check: list ? extrasOfList(options, elementRule) : extrasOfSingle(elementRule) };
  return [
    [name, value],
    [sibling, extras],
  ];
}

function singleCheck(check: ValueCheck): Field['check'] {
  return (value, _parent, visit) => {
    if (Array.isArray(value)) visit.report('structure', 'This element has one value; send it without square brackets.');
    else if (value === null) visit.report('structure', noNull);
    else check(value, visit);
  };
}

function listCheck(options: FieldOptions, sibling?: string): Field['check'] {
  return (value, parent, visit) => {
    if (!isList(value, options, visit)) return;
    const extras = sibling === undefined ? undefined : parent[sibling];
    for (let index = 0; index < value.length && !visit.isFull; index += 1) {
      const item: unknown = value[index];
      if (item === null && Array.isArray(extras) && isObject(extras[index])) continue;
      visit.enter(index);
      if (item === null)
        visit.report(
          'structure',
          sibling === undefined ? noNull : `${noNull} In a list it needs an object at the same place of ${sibling}.`,
        );
      else options.check(item, visit);
      visit.leave();
    }
  };
}

function isList(value: unknown, options: FieldOptions, visit: Visit): value is unknown[] {
  if (!Array.isArray(value)) {
    visit.report('structure', 'This element is a list; send its values in square brackets.');
    return false;
  }
  if (value.length === 0) visit.report('structure', 'A list may not be empty; leave the element out instead.');
  else if (value.length < options.min) visit.report('structure', `At least ${options.min} values are needed here.`);
  else if (value.length > options.max) visit.report('structure', `At most ${options.max} values are allowed here.`);
  return true;
}

function extrasOfSingle(elementRule: ObjectRule): Field['check'] {
  return (value, _parent, visit) => {
    if (Array.isArray(value))
      visit.report('structure', 'This element has one value; send its extensions without square brackets.');
    else elementRule.check(value, visit);
  };
}

function extrasOfList(options: FieldOptions, elementRule: ObjectRule): Field['check'] {
  return (value, parent, visit) => {
    if (!isList(value, { ...options, min: 0 }, visit)) return;
    const values = parent[options.name];
    for (let index = 0; index < value.length && !visit.isFull; index += 1) {
      const item: unknown = value[index];
      if (item === null && hasValueAt(values, index)) continue;
      visit.enter(index);
      if (item === null)
        visit.report('structure', `${noNull} In a list it needs a value at the same place of ${options.name}.`);
      else elementRule.check(item, visit);
      visit.leave();
    }
  };
}

function hasValueAt(values: unknown, index: number): boolean {
  return Array.isArray(values) && values[index] !== null && values[index] !== undefined;
}

/** A field that a profile or type does not allow. */
export const forbiddenField = (step: string): Field => ({
  step,
  check: (_value: unknown, _parent: JsonObject, visit: Visit) =>
    visit.report('structure', 'This element is not allowed here; leave it out.'),
});
