// https://hl7.org/fhir/R4/search.html#sort
import { Failure } from '../../kernel/failure.js';
import type { SearchParameter } from '../parameter.js';
import type { SearchRegistry } from '../registry.js';
import { knownParameter } from './parameter-lookup.js';
import type { Condition, PositionValue, SortKey, WordsCondition } from './request.js';

/** How well words fit; the only sort key that is no search parameter. */
const score: SearchParameter = {
  type: '*',
  code: '_score',
  kind: 'special',
  url: '',
  expression: [],
  sources: [],
  stored: false,
};

/** `name` or `-name`: a composite sorts by its components, one after the other. */
export function sortKeys(key: string, type: string | undefined, registry: SearchRegistry): readonly SortKey[] {
  const descending = key.startsWith('-');
  const name = descending ? key.slice(1) : key;
  if (name === score.code) return [{ parameter: score, descending }];
  const parameter = knownParameter(type, name, registry);
  if (parameter.kind !== 'composite') return [{ parameter, descending }];
  if (parameter.parts === undefined)
    throw new Failure('invalid', `_sort cannot use the parameter ${parameter.code}; sort by its parts.`, {
      code: 'not-supported',
    });
  return parameter.parts.map(({ code }) => ({ parameter: knownParameter(type, code, registry), descending }));
}

/**
 * Sort keys that are measured by what is searched for: a place by its distance from the one that is asked for, the score by
 * the words. @throws Failure `invalid` where that is not searched for
 */
export function measured(sort: readonly SortKey[], conditions: readonly Condition[]): readonly SortKey[] {
  return sort.map((key) => {
    if (key.parameter.kind !== 'special') return key;
    if (key.parameter.code === score.code) {
      const words = conditions.find((condition): condition is WordsCondition => condition.op === 'words');
      if (words !== undefined) return { ...key, score: words };
      throw new Failure('invalid', '_sort=_score needs a search by _text or _content.');
    }
    const near = conditions.find(
      (condition) => condition.op === 'match' && condition.parameter.code === key.parameter.code && !condition.not,
    );
    const [from] = near?.op === 'match' ? near.values : [];
    if (from?.kind === 'position') return { ...key, from: from satisfies PositionValue };
    throw new Failure('invalid', `_sort=${key.parameter.code} needs a search by ${key.parameter.code}.`);
  });
}
