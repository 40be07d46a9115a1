import type { SearchParameter } from '../../search/parameter.js';
import type { MatchCondition, ReferenceValue, SearchValue, TokenValue, UrlValue } from '../../search/parse/request.js';
import type { SearchContext } from './search-context.js';
import { paramSql } from './param-sql.js';
import { hashed, identifierRows } from './row-conditions.js';

/**
 * References as a set of rids, so that each way of referring finds its own index: literally, by URL, and – for Patients –
 * by an identifier that resolves to the patient within the row's controller (decision 3).
 */
export function referenceSql(r: string, condition: MatchCondition, context: SearchContext): string {
  const sets =
    condition.how === 'identifier'
      ? identifierSets(condition, context)
      : [...literalSets(condition, context), ...urlSets(condition, context), ...patientSets(condition, context)];
  return sets.length === 0 ? 'false' : `${r}.rid in (${sets.join(' union all ')})`;
}

/** Literal references and URLs as conditions on one row `s`: for composites, where rows are compared with each other. */
export function referenceRows(
  s: string,
  parameter: SearchParameter,
  values: readonly SearchValue[],
  context: SearchContext,
): readonly string[] {
  return values.flatMap((value) => {
    if (value.kind === 'url') return [urlRow(s, value, context)];
    if (value.kind !== 'reference') return [];
    const types = typesOf(value, parameter)?.map((type) => context.deps.dictionary.typeId(type) ?? 0);
    const type = types === undefined ? '' : ` and ${s}.target_type in (${types.join(', ') || '0'})`;
    const version = value.version === undefined ? '' : ` and ${s}.target_version = ${context.bind(value.version)}`;
    return [`(${s}.target_id = ${context.bind(value.id)}${type}${version})`];
  });
}

function identifierSets(condition: MatchCondition, context: SearchContext): readonly string[] {
  const s = context.alias('s');
  const rows = identifierRows(
    { system: `${s}.identifier_system`, value: `${s}.identifier_value` },
    condition.values as readonly TokenValue[],
    context,
  );
  if (rows.length === 0) return [];
  const target = condition.parameter.sources[0]?.target;
  const pointing =
    target === undefined
      ? ''
      : ` and (${s}.target_type = ${context.deps.dictionary.typeId(target) ?? 0} or ${s}.target_type is null)`;
  return [
    `select ${s}.rid from sp_reference ${s} where ${paramSql(s, condition.type, condition.parameter, context)} and (${rows.join(' or ')})${pointing}`,
  ];
}

function literalSets(condition: MatchCondition, context: SearchContext): readonly string[] {
  const groups = new Map<
    string,
    { readonly types: readonly string[] | undefined; readonly version: string | undefined; readonly ids: string[] }
  >();
  for (const value of condition.values) {
    if (value.kind !== 'reference') continue;
    const types = typesOf(value, condition.parameter);
    if (types?.length === 0) continue;
    const key = `${types?.join() ?? '*'} ${value.version ?? ''}`;
    const group = groups.get(key) ?? { types, version: value.version, ids: [] };
    group.ids.push(value.id);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ types, version, ids }) => {
    const s = context.alias('s');
    const id =
      ids.length === 1
        ? `${s}.target_id = ${context.bind(ids[0])}`
        : `${s}.target_id = any (${context.bind(ids, 'text[]')})`;
    const typeIds = types?.map((type) => context.deps.dictionary.typeId(type)).filter((known) => known !== undefined);
    const type = typeIds === undefined ? '' : ` and ${s}.target_type in (${typeIds.join(', ') || '0'})`;
    const only = version === undefined ? '' : ` and ${s}.target_version = ${context.bind(version)}`;
    return `select ${s}.rid from sp_reference ${s} where ${paramSql(s, condition.type, condition.parameter, context)} and ${id}${type}${only}`;
  });
}

function urlSets(condition: MatchCondition, context: SearchContext): readonly string[] {
  const urls = condition.values.filter((value): value is UrlValue => value.kind === 'url');
  const plain = urls.filter(({ version }) => version === undefined).map(({ url }) => url);
  const rows = (where: (s: string) => string): string => {
    const s = context.alias('s');
    return `select ${s}.rid from sp_reference ${s} where ${paramSql(s, condition.type, condition.parameter, context)} and ${where(s)}`;
  };
  return [
    ...(plain.length === 0 ? [] : [rows((s) => hashed(`${s}.url`, plain, context))]),
    ...urls.filter(({ version }) => version !== undefined).map((value) => rows((s) => urlRow(s, value, context))),
  ];
}

const urlRow = (s: string, { url, version }: UrlValue, context: SearchContext): string =>
  hashed(`${s}.url`, [url], context) +
  (version === undefined ? '' : ` and ${s}.target_version = ${context.bind(version)}`);

/** Logical references that resolve to one of the Patients. */
function patientSets(condition: MatchCondition, context: SearchContext): readonly string[] {
  const ids = condition.values
    .filter((value): value is ReferenceValue => value.kind === 'reference' && value.version === undefined)
    .filter(
      (value) => typesOf(value, condition.parameter)?.includes('Patient') !== false && mayPointToPatient(condition),
    )
    .map((value) => value.id);
  const patient = context.deps.dictionary.typeId('Patient');
  if (ids.length === 0 || patient === undefined) return [];
  const [s, k, p] = [context.alias('s'), context.alias('k'), context.alias('p')];
  return [
    `select ${s}.rid from resource ${p} join patient_identifier ${k} on ${k}.patient = ${p}.rid ${logicalJoin(s, k)}` +
      ` where ${paramSql(s, condition.type, condition.parameter, context)} and ${p}.type = ${patient} and ${p}.id = any (${context.bind(ids, 'text[]')})`,
  ];
}

/** Rows whose logical reference names the patient `k` (of patient_identifier). A literal reference beside it wins. */
export function logicalJoin(s: string, k: string): string {
  return `join sp_reference ${s} on ${s}.identifier_value = ${k}.value and ${s}.identifier_system = ${k}.system and ${s}.controller = ${k}.controller and ${s}.target_id is null`;
}

function mayPointToPatient({ parameter }: MatchCondition): boolean {
  const target = parameter.sources[0]?.target;
  return target === undefined ? (parameter.targets?.includes('Patient') ?? true) : target === 'Patient';
}

/** The types that both the value and the parameter allow; undefined = any. */
function typesOf(value: ReferenceValue, parameter: SearchParameter): readonly string[] | undefined {
  const target = parameter.sources[0]?.target;
  if (target === undefined) return value.types;
  return value.types === undefined || value.types.includes(target) ? [target] : [];
}
