import { ucumSystem } from '../../search/canonical-unit.js';
import type { Condition, SearchValue } from '../../search/parse/request.js';
import type { Dictionary } from '../dictionary.js';
import type { Queryable } from '../pool.js';

/** Dictionary ids of the codes and systems that a search names; what is not in the dictionary is in no resource. */
export interface SearchIds {
  system(url: string): number | undefined;
  code(system: string, code: string): number | undefined;
  /** The code in whatever systems. */
  codes(code: string): readonly number[];
}

interface Wanted {
  readonly systems: Set<string>;
  readonly pairs: Map<string, { readonly system: string; readonly code: string }>;
  readonly codes: Set<string>;
}

/**
 * Looks up what the conditions name: nothing is asked where every pair is known already. A code without system is always
 * asked for, since another server may have met it in a new system a moment ago.
 */
export async function searchIds(
  db: Queryable,
  conditions: readonly Condition[],
  dictionary: Dictionary,
): Promise<SearchIds> {
  const wanted: Wanted = { systems: new Set(), pairs: new Map(), codes: new Set() };
  for (const condition of conditions) collect(condition, wanted);
  const systems = [...wanted.systems].filter((url) => dictionary.systemId(url) === undefined);
  if (systems.length > 0) {
    const { rows } = await db.query<{ url: string; id: number }>(
      'select url, id from dict_system where url = any ($1::text[])',
      [systems],
    );
    for (const { url, id } of rows) dictionary.learnSystem(url, id);
  }
  const unknown = [...wanted.pairs.values()].filter(
    ({ system, code }) => dictionary.codeId(system, code) === undefined,
  );
  const texts = new Set([...wanted.codes, ...unknown.map((pair) => pair.code)]);
  const byCode = new Map<string, number[]>();
  if (texts.size > 0) {
    const { rows } = await db.query<{ url: string; code: string; id: number }>({
      name: 'search-codes',
      text: 'select s.url, c.code, c.id from dict_code c join dict_system s on s.id = c.system where c.code = any ($1::text[])',
      values: [[...texts]],
    });
    for (const { url, code, id } of rows) {
      dictionary.learnCode(url, code, id);
      byCode.set(code, [...(byCode.get(code) ?? []), id]);
    }
  }
  return {
    system: (url) => dictionary.systemId(url),
    code: (system, code) => dictionary.codeId(system, code),
    codes: (code) => byCode.get(code) ?? [],
  };
}

function collect(condition: Condition, wanted: Wanted): void {
  switch (condition.op) {
    case 'match':
      for (const value of condition.values)
        collectValue(value, wanted, condition.parameter.store === 'text' || condition.how === 'identifier');
      break;
    case 'chain':
      for (const branch of condition.branches) collect(branch.condition, wanted);
      break;
    case 'has':
    case 'not':
    case 'typed':
      collect(condition.condition, wanted);
      break;
    case 'together':
      for (const part of condition.parts) collect(part, wanted);
      break;
    case 'all':
    case 'any':
      for (const inner of condition.conditions) collect(inner, wanted);
      break;
    case 'missing':
    case 'words':
    case 'compartment':
      break;
  }
}

function collectValue(value: SearchValue, wanted: Wanted, isText: boolean): void {
  if (value.kind === 'token') {
    if (value.system !== undefined) wanted.systems.add(value.system);
    if (value.code === undefined || isText) return;
    if (value.system === undefined) wanted.codes.add(value.code);
    else addPair(value.system, value.code, wanted);
    if (value.implied) addPair('', value.code, wanted);
  } else if (value.kind === 'of-type') addPair(value.typeSystem, value.typeCode, wanted);
  else if (value.kind === 'quantity') {
    if (value.canonical !== undefined) addPair(ucumSystem, value.canonical.code, wanted);
    if (value.unit?.system !== undefined) wanted.systems.add(value.unit.system);
    if (value.unit?.code === undefined) return;
    if (value.unit.system === undefined) wanted.codes.add(value.unit.code);
    else addPair(value.unit.system, value.unit.code, wanted);
  }
}

function addPair(system: string, code: string, wanted: Wanted): void {
  wanted.pairs.set(`${system}|${code}`, { system, code });
}
