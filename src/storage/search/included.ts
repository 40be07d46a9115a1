// https://hl7.org/fhir/R4/search.html#include and #revinclude
import type { RowScope } from '../../access/row-scope.js';
import { Failure } from '../../kernel/failure.js';
import type { Include, SearchRequest } from '../../search/parse/request.js';
import type { Queryable } from '../pool.js';
import { SearchContext, type SearchDeps } from './search-context.js';
import type { SearchIds } from './search-ids.js';
import { type RawRow, storedColumns, type FoundRow, type StoredRow, storedRow } from './stored-row.js';

/** How often `:iterate` goes on from what was included. */
const mostRounds = 5;
/** Included resources per page. */
const mostIncluded = 5000;

interface IncludeContext {
  readonly scope: RowScope;
  readonly deps: SearchDeps;
  readonly ids: SearchIds;
}

/**
 * What the matches refer to and what refers to them, as far as the caller may see it. Each resource once, no match among
 * them.
 *
 * @throws Failure `too-costly` where a page would include more than 5000 resources
 */
export async function fetchIncluded(
  db: Queryable,
  matches: readonly FoundRow[],
  request: Pick<SearchRequest, 'includes' | 'revincludes'>,
  context: IncludeContext,
): Promise<readonly StoredRow[]> {
  const seen = new Set(matches.map((row) => row.rid));
  const included: StoredRow[] = [];
  let frontier = matches;
  for (let round = 0; round < mostRounds && frontier.length > 0; round += 1) {
    const active = (include: Include): boolean => round === 0 || include.iterate;
    const found: StoredRow[] = [];
    for (const direction of ['include', 'revinclude'] as const) {
      const includes = (direction === 'include' ? request.includes : request.revincludes).filter(active);
      if (includes.length === 0) continue;
      for (const row of await fetchRound(db, frontier, { direction, includes }, context)) {
        if (seen.has(row.rid)) continue;
        seen.add(row.rid);
        found.push(row);
      }
    }
    included.push(...found);
    if (included.length > mostIncluded)
      throw new Failure('too-costly', `A page includes at most ${mostIncluded} resources; ask for a smaller _count.`);
    frontier = found;
  }
  return included;
}

async function fetchRound(
  db: Queryable,
  frontier: readonly FoundRow[],
  wanted: { readonly direction: 'include' | 'revinclude'; readonly includes: readonly Include[] },
  { scope, deps, ids }: IncludeContext,
): Promise<readonly StoredRow[]> {
  const context = new SearchContext(deps, ids, scope);
  const references = wanted.includes
    .map((include) => includeSql('s', include, context))
    .filter((sql) => sql !== 'false');
  const types =
    wanted.direction === 'include' ? includedTypes(wanted.includes, context) : holderTypes(wanted.includes, context);
  const visible = context.visibleAmong('r', types);
  if (references.length === 0 || visible === 'false') return [];
  const any = references.includes('true') ? 'true' : `(${references.join(' or ')})`;
  const rids = context.bind(
    frontier.map((row) => row.rid),
    'bigint[]',
  );
  const set = wanted.direction === 'include' ? targetsSql(rids, any) : holdersSql(rids, any);
  const text = `select ${storedColumns('r')} from resource r where r.rid in (${set}) and ${visible} order by r.rid desc limit ${mostIncluded + 1}`;
  return (await db.query<RawRow>(context.statement(text))).rows.map((row) => storedRow(row, deps.dictionary));
}

/** What the rows refer to: literally, or by an identifier that resolves to a patient of the row's controller. */
const targetsSql = (rids: string, any: string): string =>
  `select t.rid from sp_reference s join resource t on t.id = s.target_id and t.type = s.target_type where s.rid = any (${rids}) and ${any}` +
  ' union all select k.patient from sp_reference s join patient_identifier k on k.value = s.identifier_value and k.system = s.identifier_system and k.controller = s.controller' +
  ` where s.rid = any (${rids}) and s.target_id is null and ${any}`;

/** What refers to the rows. */
export const holdersSql = (rids: string, any: string): string =>
  `select s.rid from resource t join sp_reference s on s.target_id = t.id and s.target_type = t.type where t.rid = any (${rids}) and ${any}` +
  ' union all select s.rid from patient_identifier k join sp_reference s on s.identifier_value = k.value and s.identifier_system = k.system and s.controller = k.controller' +
  ` where k.patient = any (${rids}) and s.target_id is null and ${any}`;

/** Which reference rows one include goes along. A logical reference has a target type only where it says so. */
function includeSql(s: string, { type, parameter, target }: Include, context: SearchContext): string {
  const { dictionary, registry } = context.deps;
  const typeId = (name: string): number => dictionary.typeId(name) ?? 0;
  const pointing = (name: string | undefined): string =>
    name === undefined
      ? ''
      : ` and (${s}.target_type = ${typeId(name)} or (${s}.target_type is null and ${typeId(name) === typeId('Patient')}))`;
  if (type === undefined) return 'true';
  const sources =
    parameter?.sources ??
    registry
      .stored(type)
      .filter((stored) => stored.kind === 'reference')
      .map((stored) => ({ param: stored.code, target: undefined }));
  const arms = sources.flatMap((source) => {
    const id = dictionary.paramId(type, source.param);
    return id === undefined ? [] : [`(${s}.param = ${id}${pointing(source.target)}${pointing(target)})`];
  });
  return arms.length === 0 ? 'false' : `(${arms.join(' or ')})`;
}

function includedTypes(includes: readonly Include[], context: SearchContext): ReadonlySet<string> {
  const types = new Set<string>();
  for (const { parameter, target } of includes) {
    const possible =
      target !== undefined
        ? [target]
        : parameter?.sources[0]?.target !== undefined
          ? [parameter.sources[0].target]
          : parameter?.targets;
    for (const type of possible ?? context.deps.registry.types) types.add(type);
  }
  return types;
}

function holderTypes(includes: readonly Include[], context: SearchContext): ReadonlySet<string> {
  return includes.some((include) => include.type === undefined)
    ? context.deps.registry.types
    : new Set(includes.map((include) => include.type!));
}
