import type { RowScope } from '../access/row-scope.js';
import { kindOf } from '../access/type-rules.js';
import type { Condition } from '../search/parse/request.js';

/**
 * Ids of parties and controllers. An id that this process has not met yet is undefined; the condition then looks it up in
 * the statement itself, so that a row another process just made is never missed. Ids never change.
 */
export interface ScopeDictionary {
  partyId(key: string): number | undefined;
  controllerId(orgnr: string): number | undefined;
  typeId(name: string): number | undefined;
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
  const before = params.length;
  const condition = visibleCondition(alias, type, scope, params, dictionary);
  if (condition === 'false') forget(params, before);
  return condition;
}

function visibleCondition(
  alias: string,
  type: string,
  scope: RowScope,
  params: unknown[],
  dictionary: ScopeDictionary,
): string {
  const visibility = scope.visibility(type);
  if (visibility === 'none') return 'false';
  const within = controllerCondition(`${alias}.controller`, scope, params, dictionary);
  const narrowed = narrowedCondition(alias, type, scope, params, dictionary);
  if (narrowed === 'false') return 'false';
  if (visibility === 'all') return conjunction(narrowed, within);
  if (visibility === 'own') {
    const own = scope.patient === undefined ? 'false' : ofPatient(alias, scope.patient, params, dictionary);
    const represented = representedCondition(alias, type, scope, params, dictionary);
    const either = [own, represented].filter((condition) => condition !== 'false');
    return conjunction(narrowed, conjunction(within, either.length === 0 ? 'false' : `(${either.join(' or ')})`));
  }
  const parties = partySet(scope, params, dictionary);
  const granted = `exists (select 1 from resource_party g where g.rid = ${alias}.rid and g.party ${parties})`;
  if (visibility === 'granted') return conjunction(narrowed, conjunction(within, granted));
  const related = relatedCondition(`${alias}.patients`, scope, params, dictionary);
  const shared = `(${alias}.patients = '{}' and ${alias}.controller ${idSet([''], 'dict_controller', 'orgnr', params, (key) => dictionary.controllerId(key))})`;
  const open = blockedCondition(alias, type, scope, params, dictionary);
  return conjunction(narrowed, conjunction(within, `(${related} or ${granted} or ${shared}) and ${open}`));
}

/** The row concerns one patient, whom the caller represents, and who has not blocked it. The log of a person is theirs alone. */
function representedCondition(
  alias: string,
  type: string,
  { representing, ...scope }: RowScope,
  params: unknown[],
  dictionary: ScopeDictionary,
): string {
  if (representing === undefined || kindOf(type) !== 'patient') return 'false';
  const as = { ...scope, parties: representing };
  const related = relatedToPatient(`${alias}.patients[1]`, as, params, dictionary);
  return `(cardinality(${alias}.patients) = 1 and ${related} and ${blockedCondition(alias, type, as, params, dictionary)})`;
}

/**
 * The row is not blocked from the caller by a patient whom it concerns (`record_block`), or was opened in an emergency. Asked
 * first, once per statement, is whether anything at all is blocked; `is not true` keeps the planner from making a join of it.
 */
export function blockedCondition(
  alias: string,
  type: string,
  scope: RowScope,
  params: unknown[],
  dictionary: ScopeDictionary,
): string {
  const at = moment(scope, params);
  const parties = partySet(scope, params, dictionary);
  const runs = (row: string): string => `${row}.starts <= ${at} and (${row}.ends is null or ${row}.ends > ${at})`;
  const emergency = `exists (select from relation e where e.patient = b.patient and e.kind = 'emergency' and e.party ${parties} and ${runs('e')})`;
  const meant = `(b.party ${parties} or b.party is null and not b.except_party ${parties})`;
  const part = `(b.types is null or ${dictionary.typeId(type) ?? 0} = any (b.types)) and (b.rid is null or b.rid = ${alias}.rid)`;
  return `(not exists (select from record_block) or (exists (select from record_block b where b.patient = any (${alias}.patients) and ${meant} and ${part} and ${runs('b')} and (b.absolute or not ${emergency}))) is not true)`;
}

type NarrowingSql = (alias: string, params: unknown[]) => string;
const narrowingSql = new WeakMap<readonly Condition[], NarrowingSql>();

/** Makes the conditions of a scope's query known as SQL. Conditions that are not known let nothing through. */
export const keepNarrowing = (conditions: readonly Condition[], sql: NarrowingSql): void =>
  void narrowingSql.set(conditions, sql);

/** What scopes narrow the rows of the type to. */
function narrowedCondition(
  alias: string,
  type: string,
  scope: RowScope,
  params: unknown[],
  dictionary: ScopeDictionary,
): string {
  const alternatives = scope.narrowed?.(type);
  if (alternatives === undefined) return 'true';
  const conditions = alternatives
    .map(({ patient, conditions: query }) => {
      const fulfils = query === undefined ? 'true' : (narrowingSql.get(query)?.(alias, params) ?? 'false');
      if (patient === undefined || fulfils === 'false') return fulfils;
      return conjunction(ofPatient(alias, patient, params, dictionary), fulfils);
    })
    .filter((condition) => condition !== 'false');
  if (conditions.length === 0) return 'false';
  return conditions.includes('true') ? 'true' : `(${[...new Set(conditions)].join(' or ')})`;
}

/** The row concerns this patient and no other. The patient is looked up once per statement. */
function ofPatient(alias: string, id: string, params: unknown[], dictionary: ScopeDictionary): string {
  const place = `$${position(params, `patient ${id}`, () => id)}::text`;
  return `${alias}.patients = array[(select p.rid from resource p where p.type = ${dictionary.typeId('Patient') ?? 0} and p.id = ${place} and p.content is not null)]`;
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
  const at = moment(scope, params);
  return `exists (select 1 from relation x where x.patient = ${patient} and x.party ${partySet(scope, params, dictionary)} and x.starts <= ${at} and (x.ends is null or x.ends > ${at}))`;
}

const moment = (scope: RowScope, params: unknown[]): string =>
  scope.at === undefined ? 'now()' : `$${position(params, `at ${scope.at}`, () => new Date(scope.at!))}::timestamptz`;

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

/** Takes back what a condition appended that is not used: a statement has no parameters but those it names. */
function forget(params: unknown[], length: number): void {
  params.length = length;
  const places = appended.get(params);
  for (const [key, place] of places ?? []) if (place > length) places!.delete(key);
}

function conjunction(first: string, second: string): string {
  if (first === 'false' || second === 'false') return 'false';
  if (second === 'true') return first;
  return first === 'true' ? second : `(${first} and ${second})`;
}
