// https://hl7.org/fhir/R4/search.html#list, https://hl7.org/fhir/R4/lifecycle.html#current
import { Failure } from '../../kernel/failure.js';
import type { SearchRegistry } from '../registry.js';
import { splitEscaped, unescapeValue } from './escapes.js';
import { knownParameter } from './parameter-lookup.js';
import type { Condition } from './request.js';

/**
 * The lists that R4 names by what they are for. Nobody keeps them: what is on them follows from the resources. Each is a
 * search of the type: what is going on now, and was neither refuted nor entered in error.
 */
const functions: Readonly<Record<string, Readonly<Record<string, readonly (readonly [string, string])[]>>>> = {
  '$current-problems': {
    Condition: [
      ['clinical-status', 'active,recurrence,relapse'],
      ['verification-status:not', 'refuted,entered-in-error'],
    ],
  },
  '$current-medications': {
    MedicationStatement: [['status', 'active,intended,on-hold']],
    MedicationRequest: [
      ['status', 'active,on-hold'],
      ['intent', 'order,original-order,reflex-order,filler-order,instance-order'],
    ],
  },
  '$current-allergies': {
    AllergyIntolerance: [
      ['clinical-status', 'active'],
      ['verification-status:not', 'refuted,entered-in-error'],
    ],
  },
  '$current-drug-allergies': {
    AllergyIntolerance: [
      ['clinical-status', 'active'],
      ['verification-status:not', 'refuted,entered-in-error'],
      ['category', 'medication'],
    ],
  },
};

type ParseOther = (name: string, value: string) => Condition | undefined;

/**
 * What a List of this server has among its entries, or what is on a list that follows from the resources (`$current-problems`).
 *
 * @param parse reads another parameter of the same search
 */
export function parseList(
  type: string | undefined,
  value: string,
  registry: SearchRegistry,
  parse: ParseOther,
): Condition | undefined {
  const texts = splitEscaped(value, ',')
    .map(unescapeValue)
    .filter((text) => text !== '');
  if (texts.length === 0) return undefined;
  const ids = texts.filter((text) => !text.startsWith('$'));
  const any = texts.filter((text) => text.startsWith('$')).map((name) => functional(type, name, parse));
  if (ids.length > 0) any.push(entriesOf(ids, registry));
  return any.length === 1 ? any[0] : { op: 'any', conditions: any };
}

function entriesOf(texts: readonly string[], registry: SearchRegistry): Condition {
  const ids = texts.map((text) => /^(?:List\/)?([A-Za-z0-9\-.]{1,64})$/.exec(text)?.[1]);
  if (ids.includes(undefined))
    throw new Failure(
      'invalid',
      `Parameter _list takes the id of a List, or one of ${Object.keys(functions).join(', ')}.`,
      { code: 'value' },
    );
  return {
    op: 'has',
    type: 'List',
    parameter: knownParameter('List', 'item', registry),
    condition: {
      op: 'match',
      type: 'List',
      parameter: knownParameter('List', '_id', registry),
      how: 'equals',
      values: ids.map((code) => ({ kind: 'token', code: code! })),
      not: false,
    },
  };
}

function functional(type: string | undefined, name: string, parse: ParseOther): Condition {
  const byType = Object.hasOwn(functions, name) ? functions[name]! : undefined;
  if (byType === undefined)
    throw new Failure('invalid', `Parameter _list: the lists by function are ${Object.keys(functions).join(', ')}.`, {
      code: 'not-supported',
    });
  const pairs = type !== undefined && Object.hasOwn(byType, type) ? byType[type]! : undefined;
  if (pairs === undefined)
    throw new Failure('invalid', `Parameter _list: ${name} is a list of ${Object.keys(byType).join(' and ')}.`);
  return { op: 'all', conditions: pairs.map(([code, value]) => parse(code, value)!) };
}
