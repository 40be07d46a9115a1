import { auditEvent } from '../access/audit-event.js';
import type { RowScope } from '../access/row-scope.js';
import { parseJson, stringifyJson } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import { compileMatcher, type Matcher } from '../search/match/compile-matcher.js';
import type { Condition, SearchRequest } from '../search/parse/request.js';
import { plainSearch } from '../search/parse/result-parameters.js';
import { namedResources, type Narrowed, narrowed } from './audit-filter.js';
import { includedOf } from './audit-includes.js';
import { compareBy } from './audit-order.js';
import { countEntries, type FoundEntry, logEntries, type LogCursor } from './audit-log.js';
import type { Queryable } from './pool.js';
import { countMatches } from './search/count.js';
import { type SearchPage, searchPage } from './search/search-page.js';
import type { SearchDeps } from './search/search-context.js';
import type { FoundRow, StoredRow } from './search/stored-row.js';
import { storageFailure } from './transaction.js';

/** Searching the log needs the address that its AuditEvents name as the server's. */
export type AuditSearchDeps = SearchDeps & { readonly base: string };

interface AuditCursor {
  /** Last entry of the log that was looked at; null: no more. */
  readonly log?: LogCursor | null | undefined;
  /** The same of AuditEvents that clients have written. */
  readonly stored?: string | null | undefined;
  /** How many were shown, of those in another order. */
  readonly offset?: number;
}

/** Entries that one page may look at where columns cannot answer; then it ends early, and the next goes on from there. */
const mostLookedAt = 5000;
const mostCounted = 50_000;
/** Entries that are put in another order than that of time. */
const mostSorted = 1000;

/**
 * One page of AuditEvents: those that this server wrote itself, read from its log, and those that clients have written, in one
 * order of time. A page may have fewer matches than `_count` although there is a next one.
 *
 * @throws Failure `invalid` for what the log cannot be searched by; `too-costly` for too many in another order than that of time
 */
export async function auditPage(
  db: Queryable,
  request: SearchRequest,
  scope: RowScope,
  deps: AuditSearchDeps,
): Promise<SearchPage> {
  const descending = orderOf(request);
  if (descending === undefined) return otherwiseSorted(db, request, scope, deps);
  const cursor = parseCursor(request.cursor);
  const search = await prepared(db, request, scope, deps);
  const log =
    cursor.log === null ? noMore : await fromLog(search, { after: cursor.log, count: request.count + 1, descending });
  const { cursor: _cursor, ...first } = request;
  const storedRequest = typeof cursor.stored === 'string' ? { ...first, cursor: cursor.stored } : first;
  const stored: SearchPage =
    cursor.stored === null
      ? { matches: [] as FoundRow[], included: [] }
      : await searchPage(db, storedRequest, scope, deps);

  const merged = merge(
    log.rows,
    stored.matches.map((row) => ({ row, time: timeOf(row, request) })),
    descending,
  );
  // Nothing may be shown that lies beyond what was looked at of the log.
  const sure =
    log.end === undefined
      ? merged
      : merged.filter(({ row, time }) => row.rid === 0 || isBefore(time, log.end!.at, descending));
  const page = sure.slice(0, request.count);
  const shownLog = page.filter(({ row }) => row.rid === 0);
  const next: AuditCursor = {
    log: afterLog(log, shownLog, cursor.log),
    stored: await afterStored(
      db,
      { storedRequest, stored, shown: page.length - shownLog.length, before: cursor.stored },
      { scope, deps },
    ),
  };
  const more = next.log !== null || next.stored !== null;
  const matches = page.map(({ row }) => row);
  const included = [
    ...stored.included,
    ...(await includedOf(
      db,
      shownLog.map(({ row }) => row),
      request,
      { scope, deps },
    )),
  ];
  return { matches, included, ...(more && { next: printCursor(next) }) };
}

/** Where the log goes on; null: there is no more. */
function afterLog(log: FromLog, shown: readonly Found[], before: AuditCursor['log']): AuditCursor['log'] {
  if (shown.length === log.rows.length) return log.end ?? null;
  return shown.at(-1)?.place ?? before;
}

/** How many there are on all pages. @throws Failure `too-costly` where too many would have to be looked at */
export async function countAudit(
  db: Queryable,
  request: SearchRequest,
  scope: RowScope,
  deps: AuditSearchDeps,
): Promise<number> {
  const search = await prepared(db, request, scope, deps);
  const stored = await countMatches(db, request, scope, deps);
  if (search.nothing) return stored;
  try {
    if (search.narrowed.exact && search.permits === undefined)
      return stored + (await countEntries(db, search.narrowed.filter));
  } catch (error) {
    throw storageFailure(error);
  }
  let count = 0;
  let after: LogCursor | undefined;
  for (let looked = 0; looked < mostCounted; looked += mostLookedAt) {
    const part = await fromLog(search, { after, count: mostLookedAt, descending: true });
    count += part.rows.length;
    if (part.end === undefined && part.rows.length < mostLookedAt) return stored + count;
    after = part.end ?? part.rows.at(-1)!.place;
  }
  throw new Failure(
    'too-costly',
    'Too many entries of the log would have to be looked at; narrow the search by date or patient.',
  );
}

/** One entry of the log, if the caller may see it. */
export async function readLogEntry(
  db: Queryable,
  id: string,
  scope: RowScope,
  deps: AuditSearchDeps,
): Promise<StoredRow | undefined> {
  const parameter = deps.registry.param('AuditEvent', '_id')!;
  const conditions: Condition[] = [
    { op: 'match', type: 'AuditEvent', parameter, how: 'equals', values: [{ kind: 'token', code: id }], not: false },
  ];
  const search = await prepared(db, { conditions } as unknown as SearchRequest, scope, deps);
  return (await fromLog(search, { after: undefined, count: 1, descending: true })).rows[0]?.row;
}

interface LogSearch {
  readonly db: Queryable;
  readonly narrowed: Narrowed;
  readonly nothing: boolean;
  readonly matches: Matcher;
  /** What the scopes of the caller permit of an event; undefined: everything. */
  readonly permits: Matcher | undefined;
  readonly only: { readonly key: number; readonly id: string } | undefined;
  readonly base: string;
}

async function prepared(
  db: Queryable,
  request: SearchRequest,
  scope: RowScope,
  deps: AuditSearchDeps,
): Promise<LogSearch> {
  const visibility = scope.visibility('AuditEvent');
  const alternatives = scope.narrowed?.('AuditEvent');
  const patients = alternatives?.map(({ patient }) => patient);
  const narrowTo = patients !== undefined && patients.length > 0 && patients.every((one) => one !== undefined);
  const onlyId = visibility === 'own' ? (scope.patient ?? '') : narrowTo ? (patients[0] ?? '') : undefined;
  const conditions = await Promise.all(request.conditions.map((one) => withoutChain(one, db, scope, deps)));
  const names = [...namedResources(conditions), ...(onlyId === undefined ? [] : [`Patient/${onlyId}`])];
  const keys = await patientsOf(db, names);
  const found = narrowed(conditions, keys);
  const only = onlyId === undefined ? undefined : { id: onlyId, key: keys.get(`Patient/${onlyId}`)?.[0] ?? -1 };
  const mine = only === undefined ? found : withinOnly(found, only.key);
  const scoped =
    alternatives?.every(({ conditions: query }) => query !== undefined) === true ? alternatives : undefined;
  const matchers = scoped?.map(({ conditions: query }) =>
    compileMatcher({ type: undefined, conditions: query ?? [] } as never, deps.registry),
  );
  return {
    db,
    narrowed: mine,
    nothing: visibility !== 'all' && visibility !== 'own',
    matches: compileMatcher({ ...request, conditions, type: 'AuditEvent' }, deps.registry),
    permits: matchers === undefined ? undefined : (...given) => matchers.some((matcher) => matcher(...given)),
    only,
    base: deps.base,
  };
}

/** Within the one patient whose entries may be seen; who asks for another's finds nothing. */
function withinOnly({ filter, exact }: Narrowed, key: number): Narrowed {
  const { patients } = filter;
  if (patients !== undefined && !patients.includes(key)) return { filter: { ...filter, patients: [-1] }, exact };
  return { filter: { ...filter, patients: [key] }, exact };
}

interface Found {
  readonly row: FoundRow;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly place?: LogCursor;
}

interface LogFound extends Found {
  readonly row: StoredRow;
}

interface FromLog {
  readonly rows: readonly LogFound[];
  /** Where looking ended before the end of the log; undefined: there is no more, or enough was found. */
  readonly end?: LogCursor;
}

const noMore: FromLog = { rows: [] };

async function fromLog(
  search: LogSearch,
  { after, count, descending }: { after: LogCursor | undefined; count: number; descending: boolean },
): Promise<FromLog> {
  if (search.nothing) return noMore;
  const rows: LogFound[] = [];
  let place = after;
  for (let looked = 0; looked < mostLookedAt; ) {
    const limit = search.narrowed.exact ? count - rows.length : Math.min(500, mostLookedAt - looked);
    const entries = await logEntries(search.db, search.narrowed.filter, {
      descending,
      limit,
      ...(place === undefined ? {} : { after: place }),
      ...(search.only === undefined ? {} : { only: search.only.key }),
    }).catch((error: unknown) => Promise.reject(storageFailure(error)));
    for (const entry of entries) {
      place = { at: entry.at, xid: entry.xid, seq: entry.seq };
      const row = rowOf(entry, search);
      if (row !== undefined) rows.push({ row, time: entry.at, place });
      if (rows.length === count) return { rows };
    }
    if (entries.length < limit) return { rows };
    looked += entries.length;
  }
  return { rows, ...(place === undefined ? {} : { end: place }) };
}

function rowOf(entry: FoundEntry, { matches, permits, only, base }: LogSearch): StoredRow | undefined {
  const view = only === undefined ? { base } : { base, only: { patient: only.id, ids: new Set(entry.ownIds) } };
  const event = auditEvent(entry, view);
  if (!matches(event) || permits?.(event) === false) return undefined;
  return { rid: 0, type: 'AuditEvent', id: event.id!, version: 1, updated: entry.at, text: stringifyJson(event) };
}

/** `patient.identifier=…`: the patients are found first. */
async function withoutChain(
  condition: Condition,
  db: Queryable,
  scope: RowScope,
  deps: AuditSearchDeps,
): Promise<Condition> {
  if (condition.op !== 'chain') return condition;
  const values = [];
  for (const branch of condition.branches) {
    const asked = plainSearch(branch.type, [branch.condition], 1000);
    const { matches } = await searchPage(db, asked, scope, deps);
    values.push(...matches.map(({ type, id }) => ({ kind: 'reference' as const, types: [type], id })));
  }
  return { op: 'match', type: 'AuditEvent', parameter: condition.parameter, how: 'equals', values, not: false };
}

async function patientsOf(db: Queryable, names: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> {
  if (names.length === 0) return new Map();
  const { rows } = await db.query<{ name: string; keys: number[] }>(
    'select n as name, hb_patients_of(array[n]) as keys from unnest($1::text[]) n',
    [[...new Set(names)]],
  );
  return new Map(rows.map(({ name, keys }) => [name, keys]));
}

/** Newest first, or as asked; undefined: by something else than time. */
function orderOf({ sort }: SearchRequest): boolean | undefined {
  const [first] = sort;
  if (first === undefined) return true;
  const isTime = first.parameter.code === 'date' || first.parameter.code === '_lastUpdated';
  return isTime && sort.length === 1 ? first.descending : undefined;
}

/** By other parameters everything that matches is put in order here, where it is not too much. */
async function otherwiseSorted(
  db: Queryable,
  request: SearchRequest,
  scope: RowScope,
  deps: AuditSearchDeps,
): Promise<SearchPage> {
  const { sort, cursor, ...rest } = request;
  const from = cursor === undefined ? 0 : (parseCursor(cursor).offset ?? 0);
  const all = await auditPage(db, { ...rest, sort: [], count: mostSorted, includes: [], revincludes: [] }, scope, deps);
  if (all.next !== undefined)
    throw new Failure(
      'too-costly',
      'Too many AuditEvents to be put in that order; narrow the search by date or patient.',
    );
  const compare = compareBy(sort, deps.registry);
  const ordered = all.matches
    .map((row) => ({ row, resource: parseJson(row.text) as Resource }))
    .sort((one, other) => compare(one.resource, other.resource));
  const matches = ordered.slice(from, from + request.count).map(({ row }) => row);
  const end = from + matches.length;
  return {
    matches,
    included: await includedOf(db, matches, request, { scope, deps }),
    ...(end < ordered.length && { next: printCursor({ offset: end }) }),
  };
}

const isBefore = (time: number, other: number, descending: boolean): boolean =>
  descending ? time >= other : time <= other;

/** By what a written one is put among those of the log. */
function timeOf({ text, updated = 0 }: FoundRow, { sort }: SearchRequest): number {
  if (sort[0]?.parameter.code !== 'date') return updated;
  const recorded = Date.parse(String((parseJson(text) as { readonly recorded?: unknown }).recorded));
  return Number.isNaN(recorded) ? updated : recorded;
}

function merge(log: readonly Found[], stored: readonly Found[], descending: boolean): Found[] {
  const result: Found[] = [];
  let at = 0;
  for (const one of stored) {
    while (at < log.length && isBefore(log[at]!.time, one.time, descending)) result.push(log[at++]!);
    result.push(one);
  }
  return [...result, ...log.slice(at)];
}

/** Where the stored ones go on; null: there are no more. */
async function afterStored(
  db: Queryable,
  at: { storedRequest: SearchRequest; stored: SearchPage; shown: number; before: string | null | undefined },
  { scope, deps }: { scope: RowScope; deps: AuditSearchDeps },
): Promise<string | null | undefined> {
  const { storedRequest, stored, shown, before } = at;
  if (shown === stored.matches.length) return stored.next ?? null;
  if (shown === 0) return before;
  return (await searchPage(db, { ...storedRequest, count: shown }, scope, deps)).next ?? null;
}

const printCursor = (cursor: AuditCursor): string => Buffer.from(JSON.stringify(cursor)).toString('base64url');

function parseCursor(text: string | undefined): AuditCursor {
  if (text === undefined) return {};
  try {
    const { log, stored, offset } = JSON.parse(Buffer.from(text, 'base64url').toString()) as AuditCursor;
    const isPlace =
      log === undefined ||
      log === null ||
      (Number.isFinite(log.at) && /^\d{1,20}$/.test(log.xid) && Number.isSafeInteger(log.seq));
    if (Number.isSafeInteger(offset)) return { offset: Number(offset) };
    if (isPlace && (stored === undefined || stored === null || typeof stored === 'string'))
      return { ...(log === undefined ? {} : { log }), ...(stored === undefined ? {} : { stored }) };
  } catch {
    // Not one of ours, answered as such below.
  }
  throw new Failure('invalid', 'The cursor is not one of this search; begin again.', { code: 'value' });
}
