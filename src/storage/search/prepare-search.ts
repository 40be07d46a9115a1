import type { RowScope } from '../../access/row-scope.js';
import { Failure } from '../../kernel/failure.js';
import { parentParameter } from '../../search/parse/parameter-lookup.js';
import { isMediaType } from '../../search/parse/parse-value.js';
import type {
  Condition,
  MatchCondition,
  ReferenceValue,
  TokenValue,
  ValueSetValue,
} from '../../search/parse/request.js';
import {
  codesOfValueSet,
  subsumedCodes,
  type SystemCode,
  type TerminologySource,
} from '../../terminology/expand-codes.js';
import type { Queryable } from '../pool.js';
import { paramSql, textParam } from './param-sql.js';
import { SearchContext, type SearchDeps } from './search-context.js';
import { type SearchIds, searchIds } from './search-ids.js';
import { storedTerminology } from './stored-terminology.js';

interface Prepared {
  readonly conditions: readonly Condition[];
  readonly ids: SearchIds;
}
interface Resolver {
  readonly db: Queryable;
  readonly scope: RowScope;
  readonly deps: SearchDeps;
  readonly terminology: TerminologySource;
}

/** Values that one `:in`, `:above` or `:below` may stand for. */
const mostValues = 20_000;

/**
 * What conditions ask of other things that are stored becomes plain values: members of a ValueSet, codes above and below
 * a code, places above and below a place – as far as the caller may see those. Then the dictionary ids of all values.
 *
 * @throws Failure `invalid` naming the value set or code system that is not known
 */
export async function prepareSearch(
  db: Queryable,
  conditions: readonly Condition[],
  scope: RowScope,
  deps: SearchDeps,
): Promise<Prepared> {
  const resolver = { db, scope, deps, terminology: storedTerminology(db, scope, deps) };
  const resolved: Condition[] = [];
  for (const condition of conditions) resolved.push(await resolve(condition, resolver));
  return { conditions: resolved, ids: await searchIds(db, resolved, deps.dictionary) };
}

async function resolve(condition: Condition, resolver: Resolver): Promise<Condition> {
  switch (condition.op) {
    case 'match':
      return resolveMatch(condition, resolver);
    case 'has':
    case 'not':
    case 'typed':
      return { ...condition, condition: await resolve(condition.condition, resolver) };
    case 'all':
    case 'any': {
      const conditions: Condition[] = [];
      for (const inner of condition.conditions) conditions.push(await resolve(inner, resolver));
      return { ...condition, conditions };
    }
    case 'chain': {
      await resolver.deps.dictionary.learnContained();
      const branches: { type: string; condition: Condition }[] = [];
      for (const { type, condition: inner } of condition.branches)
        branches.push({ type, condition: await resolve(inner, resolver) });
      return { ...condition, branches };
    }
    case 'words':
      await textsRead(resolver.deps);
      return condition;
    case 'missing':
    case 'together':
    case 'compartment':
      return condition;
  }
}

async function resolveMatch(condition: MatchCondition, resolver: Resolver): Promise<MatchCondition> {
  const { how, parameter } = condition;
  if (how === 'text') {
    await textsRead(resolver.deps);
    const type = condition.type ?? '*';
    await resolver.deps.dictionary.ensure({
      params: parameter.sources.map(({ param }) => ({
        type: param.startsWith('_') ? '*' : type,
        code: textParam(param),
      })),
    });
    return condition;
  }
  if (how === 'in') {
    const codes: SystemCode[] = [];
    for (const { valueSet } of condition.values as readonly ValueSetValue[])
      codes.push(...(await codesOfValueSet(valueSet, resolver.terminology)));
    return withCodes(condition, codes);
  }
  if ((how !== 'above' && how !== 'below') || parameter.kind === 'uri' || isMediaType(parameter)) return condition;
  if (parameter.kind === 'reference') return withPlaces(condition, how, resolver);
  const codes: SystemCode[] = [];
  for (const { system = '', code = '' } of condition.values as readonly TokenValue[])
    codes.push(...(await subsumedCodes({ system, code }, how, resolver.terminology)));
  return withCodes(condition, codes);
}

/** The text index is read only once it holds what was there when the search came. */
async function textsRead({ texts }: SearchDeps): Promise<void> {
  if (texts === undefined)
    throw new Failure('invalid', 'Full text and :text can be asked for only in a search, not in criteria.', {
      code: 'not-supported',
    });
  await texts.upToDate();
}

function withCodes(condition: MatchCondition, codes: readonly SystemCode[]): MatchCondition {
  if (codes.length > mostValues)
    throw new Failure(
      'too-costly',
      `Parameter ${condition.parameter.code} would stand for more than ${mostValues} codes.`,
    );
  const values = codes.map(
    ({ system, code }): TokenValue => ({
      kind: 'token',
      system,
      code,
      ...(system === condition.parameter.codeSystem && { implied: true }),
    }),
  );
  return { ...condition, how: 'equals', values };
}

/** Goes along what each place is part of; a place that the caller may not see leads nowhere. */
async function withPlaces(
  condition: MatchCondition,
  how: 'above' | 'below',
  { db, scope, deps }: Resolver,
): Promise<MatchCondition> {
  const values: ReferenceValue[] = [];
  for (const value of condition.values as readonly ReferenceValue[]) {
    for (const type of value.types ?? []) {
      const parent = parentParameter(type, deps.registry);
      if (parent === undefined) {
        if (value.types!.length === 1)
          throw new Failure('invalid', `Parameter ${condition.parameter.code}:${how}: ${type} has no hierarchy.`);
        continue;
      }
      const context = new SearchContext(
        deps,
        { system: () => undefined, code: () => undefined, codes: () => [] },
        scope,
      );
      const start = `${context.visible('r', type)} and r.id = ${context.bind(value.id)}`;
      const link = `${paramSql('s', type, parent, context)} and s.target_type = ${deps.dictionary.typeId(type)}`;
      const step =
        how === 'below'
          ? `join resource o on o.rid = p.rid join sp_reference s on s.target_id = o.id and ${link} join resource r on r.rid = s.rid`
          : `join sp_reference s on s.rid = p.rid and ${link} join resource r on r.id = s.target_id and r.type = s.target_type`;
      const { rows } = await db.query<{ id: string }>(
        `with recursive place(rid, id) as (select r.rid, r.id from resource r where ${start}
           union select r.rid, r.id from place p ${step} where ${context.visible('r', type)})
         select id from place limit ${mostValues}`,
        context.params,
      );
      values.push(...rows.map(({ id }): ReferenceValue => ({ kind: 'reference', types: [type], id })));
    }
  }
  return { ...condition, how: 'equals', values };
}
