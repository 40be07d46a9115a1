import type { RowScope } from '../access/row-scope.js';

/**
 * Ids of parties and controllers. An id that this process has not met yet is undefined; the condition then looks it up in
 * the statement itself, so that a row another process just made is never missed. Ids never change.
 */
export interface ScopeDictionary {
  partyId(key: string): number | undefined;
  controllerId(orgnr: string): number | undefined;
}

/**
 * What the caller may see, as the text of an SQL condition to join into a query (decision 16). The values are appended to
 * `params`; the same values are appended once per statement.
 *
 * @param alias of `resource`, `resource_history` or any `sp_…` table: what has `rid`, `controller` and `patients`
 * @param type the resource type that the alias ranges over
 * @returns a condition in parentheses, `true` or `false`
 */
export function scopeCondition(
  alias: string,
  type: string,
  scope: RowScope,
  params: unknown[],
  dictionary: ScopeDictionary,
): string {
  const visibility = scope.visibility(type);
  if (visibility === 'none') return 'false';
  const within = controllerCondition(`${alias}.controller`, scope, params, dictionary);
  if (visibility === 'all') return within;
  const parties = partySet(scope, params, dictionary);
  const granted = `exists (select 1 from resource_party g where g.rid = ${alias}.rid and g.party ${parties})`;
  if (visibility === 'granted') return conjunction(within, granted);
  const related = relatedCondition(`${alias}.patients`, scope, params, dictionary);
  const shared = `(${alias}.patients = '{}' and ${alias}.controller ${idSet([''], 'dict_controller', 'orgnr', params, (key) => dictionary.controllerId(key))})`;
  return conjunction(within, `(${related} or ${granted} or ${shared})`);
}

/** Every patient of the array is one the caller has a running relation to, and there is at least one. */
export function relatedCondition(
  patients: string,
  scope: RowScope,
  params: unknown[],
  dictionary: ScopeDictionary,
): string {
  // The first patient is asked for without unnest: nearly every row has exactly one, and the lookup then is one index probe.
  const rest = `(cardinality(${patients}) = 1 or not exists (select from unnest(${patients}[2:]) k where not ${relatedToPatient('k', scope, params, dictionary)}))`;
  return `(${relatedToPatient(`${patients}[1]`, scope, params, dictionary)} and ${rest})`;
}

/** One patient key (`p.patient` of the time series) is one the caller has a running relation to. */
export function relatedToPatient(
  patient: string,
  scope: RowScope,
  params: unknown[],
  dictionary: ScopeDictionary,
): string {
  const at =
    scope.at === undefined ? 'now()' : `$${position(params, `at ${scope.at}`, () => new Date(scope.at!))}::timestamptz`;
  return `exists (select 1 from relation x where x.patient = ${patient} and x.party ${partySet(scope, params, dictionary)} and x.starts <= ${at} and (x.ends is null or x.ends > ${at}))`;
}

/** Rows of the controllers that the caller may see rows of, and rows that belong to no controller. */
function controllerCondition(column: string, scope: RowScope, params: unknown[], dictionary: ScopeDictionary): string {
  if (scope.controllers === '*') return 'true';
  return `${column} ${idSet(withShared(scope.controllers), 'dict_controller', 'orgnr', params, (key) => dictionary.controllerId(key))}`;
}

function partySet(scope: RowScope, params: unknown[], dictionary: ScopeDictionary): string {
  return idSet(scope.parties, 'dict_party', 'key', params, (key) => dictionary.partyId(key));
}

const sharedLists = new WeakMap<readonly string[], readonly string[]>();

function withShared(controllers: readonly string[]): readonly string[] {
  let list = sharedLists.get(controllers);
  if (list === undefined) sharedLists.set(controllers, (list = ['', ...controllers]));
  return list;
}

function idSet(
  keys: readonly string[],
  table: string,
  column: string,
  params: unknown[],
  idOf: (key: string) => number | undefined,
): string {
  const ids: number[] = [];
  for (const key of keys) {
    const id = idOf(key);
    if (id === undefined)
      return `= any (array(select id from ${table} where ${column} = any ($${position(params, `text ${keys.join(' ')}`, () => [...keys])}::text[])))`;
    ids.push(id);
  }
  return `= any ($${position(params, `ids ${ids.join(' ')}`, () => ids)}::integer[])`;
}

/** Places of the values that conditions appended to a statement's parameters, by what they hold. */
const appended = new WeakMap<unknown[], Map<string, number>>();

function position(params: unknown[], key: string, value: () => unknown): number {
  let places = appended.get(params);
  if (places === undefined) appended.set(params, (places = new Map()));
  let place = places.get(key);
  if (place === undefined) places.set(key, (place = params.push(value())));
  return place;
}

function conjunction(first: string, second: string): string {
  return first === 'true' ? second : `(${first} and ${second})`;
}
