import type { CompartmentCondition } from '../../search/parse/request.js';
import { logicalJoin } from './reference-sql.js';
import type { SearchContext } from './search-context.js';

/**
 * Everything in one compartment, of whatever type: an id in `sp_reference.param` implies the type of the resource, so one
 * look at the references to the owner serves all types.
 */
export function compartmentSql(r: string, condition: CompartmentCondition, context: SearchContext): string {
  const { owner, members, itself } = condition;
  const { dictionary } = context.deps;
  const type = dictionary.typeId(owner.type);
  if (type === undefined) return 'false';
  const params = members
    .flatMap(({ type: member, parameter }) => parameter.sources.map(({ param }) => dictionary.paramId(member, param)))
    .filter((param) => param !== undefined);
  const id = context.bind(owner.id);
  const ways: string[] = [];
  if (params.length > 0) {
    const among = `param = any (${context.bind([...new Set(params)], 'integer[]')})`;
    const [s, k, p] = [context.alias('s'), context.alias('k'), context.alias('p')];
    const sets = [
      `select ${s}.rid from sp_reference ${s} where ${s}.${among} and ${s}.target_id = ${id} and ${s}.target_type = ${type}`,
    ];
    if (owner.type === 'Patient')
      sets.push(
        `select ${s}.rid from resource ${p} join patient_identifier ${k} on ${k}.patient = ${p}.rid ${logicalJoin(s, k)}` +
          ` where ${s}.${among} and ${p}.type = ${type} and ${p}.id = ${id}`,
      );
    ways.push(`${r}.rid in (${sets.join(' union all ')})`);
  }
  if (itself) ways.push(`(${r}.type = ${type} and ${r}.id = ${id})`);
  return ways.length === 0 ? 'false' : `(${ways.join(' or ')})`;
}
