// https://hl7.org/fhir/R4/search.html#chaining and #has
import type { ChainCondition, Condition, HasCondition } from '../../search/parse/request.js';
import { containedTarget } from '../../search/contained-param.js';
import { paramSql } from './param-sql.js';
import { logicalJoin } from './reference-sql.js';
import type { SearchContext } from './search-context.js';

type Compile = (r: string, condition: Condition, context: SearchContext) => string;

/** Resources that refer to one the caller may see and that fulfils the condition. */
export function chainSql(r: string, chain: ChainCondition, context: SearchContext, compile: Compile): string {
  const sets = chain.branches.flatMap(({ type, condition }) => {
    const [s, t] = [context.alias('s'), context.alias('t')];
    const param = paramSql(s, chain.type, chain.parameter, context);
    const where = targetSql(t, type, condition, context, compile);
    if (!allowed(type, chain)) return [];
    const inside = containedSets(type, condition, chain, context, compile);
    if (where === undefined) return inside;
    const literal = `select ${s}.rid from resource ${t} join sp_reference ${s} on ${s}.target_id = ${t}.id and ${s}.target_type = ${t}.type where ${param} and ${where}`;
    if (type !== 'Patient') return [literal, ...inside];
    const k = context.alias('k');
    return [
      literal,
      `select ${s}.rid from resource ${t} join patient_identifier ${k} on ${k}.patient = ${t}.rid ${logicalJoin(s, k)} where ${param} and ${where}`,
      ...inside,
    ];
  });
  return sets.length === 0 ? 'false' : `${r}.rid in (${sets.join(' union all ')})`;
}

/** Resources that refer to one which they contain themselves; they are what is seen or not. https://hl7.org/fhir/R4/search.html#contained */
function containedSets(
  type: string,
  condition: Condition,
  chain: ChainCondition,
  context: SearchContext,
  compile: Compile,
): readonly string[] {
  if (context.isContained) return []; // what is contained contains nothing
  const target = context.deps.dictionary.typeId(type);
  return context.containedPlaces(type).flatMap(({ place }) => {
    const [s, t] = [context.alias('s'), context.alias('t')];
    const inner = context.within(place, () => compile(t, condition, context));
    if (inner === 'false') return [];
    const param = paramSql(s, chain.type, chain.parameter, context);
    const id = context.bind(containedTarget(place));
    return [
      `select ${s}.rid from sp_reference ${s} join resource ${t} on ${t}.rid = ${s}.rid where ${param} and ${s}.target_id = ${id} and ${s}.target_type = ${target} and ${inner}`,
    ];
  });
}

/** Resources that one which the caller may see, and which fulfils the condition, refers to. */
export function hasSql(r: string, has: HasCondition, context: SearchContext, compile: Compile): string {
  const [s, o, t, k] = [context.alias('s'), context.alias('o'), context.alias('t'), context.alias('k')];
  const where = targetSql(o, has.type, has.condition, context, compile);
  // Nothing outside refers to what is contained.
  if (where === undefined || context.isContained) return 'false';
  const param = paramSql(s, has.type, has.parameter, context);
  const holder = `from resource ${o} join sp_reference ${s} on ${s}.rid = ${o}.rid and ${param}`;
  const literal = `select ${t}.rid ${holder} join resource ${t} on ${t}.id = ${s}.target_id and ${t}.type = ${s}.target_type where ${where}`;
  const logical =
    `select ${k}.patient ${holder} join patient_identifier ${k} on ${k}.value = ${s}.identifier_value and ${k}.system = ${s}.identifier_system` +
    ` and ${k}.controller = ${s}.controller where ${s}.target_id is null and ${where}`;
  return `${r}.rid in (${literal} union all ${logical})`;
}

function targetSql(
  t: string,
  type: string,
  condition: Condition,
  context: SearchContext,
  compile: Compile,
): string | undefined {
  const visible = context.visible(t, type);
  const inner = context.within(undefined, () => compile(t, condition, context));
  if (visible === 'false' || inner === 'false') return undefined;
  return inner === 'true' ? visible : `${visible} and ${inner}`;
}

function allowed(type: string, chain: ChainCondition): boolean {
  const target = chain.parameter.sources[0]?.target;
  return target === undefined || target === type;
}
