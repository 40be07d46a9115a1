// https://hl7.org/fhir/R4/search.html#contained
import type { SearchRequest } from '../../search/parse/request.js';
import type { Queryable } from '../pool.js';
import { aloneSql, containedSql } from './page-sql.js';
import type { SearchContext } from './search-context.js';

/** What of a found resource is a match: itself, or what it contains at these places. */
export interface ContainedMatch {
  readonly itself: boolean;
  readonly places: readonly number[];
}

type Build = (context: SearchContext) => readonly string[];

/** Which contained resources of the found ones are the matches; by rid. */
export async function containedMatches(
  db: Queryable,
  request: SearchRequest,
  rids: readonly number[],
  newContext: () => SearchContext,
): Promise<ReadonlyMap<number, ContainedMatch>> {
  const among = (context: SearchContext): string => `r.rid = any (${context.bind(rids, 'bigint[]')})`;
  const rows = await each<{ rid: number; place: number }>(db, newContext(), (context) =>
    ways(request, context).map(
      ({ place, where }) =>
        `select r.rid::float8 as rid, ${place} as place from resource r where ${among(context)} and ${where}`,
    ),
  );
  const matches = new Map<number, { itself: boolean; places: number[] }>();
  for (const { rid, place } of rows) {
    const match = matches.get(rid) ?? { itself: false, places: [] };
    matches.set(rid, match);
    if (place < 0) match.itself = true;
    else match.places.push(place);
  }
  return matches;
}

/** How many matches there are when each contained resource counts for itself. */
export async function countContained(db: Queryable, request: SearchRequest, context: SearchContext): Promise<number> {
  const rows = await each<{ total: number }>(db, context, () =>
    ways(request, context).map(({ where }) => `select count(*)::float8 as total from resource r where ${where}`),
  );
  return rows.reduce((sum, { total }) => sum + total, 0);
}

/** Place -1: the resource itself. */
function ways(
  request: SearchRequest,
  context: SearchContext,
): readonly { readonly place: number; readonly where: string }[] {
  const { type, contained } = request;
  if (type === undefined || contained === undefined) return [];
  const visible = context.visibleAmong('r', context.deps.registry.types);
  const inside =
    visible === 'false'
      ? []
      : context.containedPlaces(type).flatMap((one) => {
          const where = containedSql('r', request, one, context);
          return where === undefined ? [] : [{ place: one.place, where: `${visible} and ${where}` }];
        });
  const alone = contained.which === 'both' ? aloneSql('r', request, context) : 'false';
  return alone === 'false' ? inside : [{ place: -1, where: alone }, ...inside];
}

async function each<Row extends object>(db: Queryable, context: SearchContext, build: Build): Promise<readonly Row[]> {
  const statements = build(context);
  if (statements.length === 0) return [];
  return (await db.query<Row>(context.statement(statements.join(' union all ')))).rows;
}
