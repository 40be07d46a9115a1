// https://hl7.org/fhir/R4/http.html#search, https://hl7.org/fhir/R4/search.html
import { rowScope } from '../access/decide.js';
import { withQuery } from '../search/parse/query-pairs.js';
import { parseSearch, printSearch } from '../search/parse/parse-search.js';
import type { Condition, SearchRequest } from '../search/parse/request.js';
import { parseJson, stringifyJson } from '../fhir/json.js';
import { operationOutcome } from '../fhir/operation-outcome.js';
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import { auditPage, countAudit } from '../storage/audit-search.js';
import { countMatches } from '../storage/search/count.js';
import { type SearchPage, searchPage } from '../storage/search/search-page.js';
import type { FoundRow } from '../storage/search/stored-row.js';
import { accessEntry } from './audit-access.js';
import { type BundleEntryText, bundlePieces } from './bundle-text.js';
import { type Context, type FhirRequest, type FhirResponse, isLenient, parametersOf } from './request.js';
import { shown } from './shown.js';
import { subsetter } from './subset.js';

const match = { search: { mode: 'match' } };
const include = { search: { mode: 'include' } };

type Pairs = readonly (readonly [string, string])[];

/** Search by GET or POST _search. What is not understood is refused unless `Prefer: handling=lenient`. */
export async function search(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const type = request.segments[0]!;
  return searchAt({ type, path: type }, request, context);
}

/** Where a search is asked for, and what that says of it. */
export interface SearchPlace {
  /** Undefined: all types. */
  readonly type?: string;
  /** Below the base; the links of the pages lead there. */
  readonly path: string;
  /** Beside what the parameters say. */
  readonly within?: Condition;
  /** Of a search over all types: those that are searched where `_type` names none, and the check of one that it names. */
  readonly allowed?: readonly string[];
  readonly demand?: (type: string) => Promise<void>;
}

/** A search as its parameters and its place say. */
export async function searchAt(place: SearchPlace, request: FhirRequest, context: Context): Promise<FhirResponse> {
  const { services, principal } = context;
  const { type, path } = place;
  const asked = pairsOf(request, path, context);
  const strict = !isLenient(request);
  const read = parseSearch(type, asked.pairs, services.registry, {
    strict,
    base: services.base,
    now: services.clock.now(),
  });
  for (const one of read.types ?? []) await place.demand?.(one);
  const parsed = {
    ...read,
    ...(place.within === undefined ? {} : { conditions: [...read.conditions, place.within] }),
    ...(place.allowed === undefined || read.types !== undefined ? {} : { types: place.allowed }),
  };
  const scope = rowScope(principal, services.clock.now(), 'search');
  const deps = {
    dictionary: services.dictionary,
    registry: services.registry,
    ...(services.planned === undefined ? {} : { planned: services.planned }),
    ...(services.texts === undefined ? {} : { texts: services.texts }),
  };
  const counting = parsed.summary === 'count' || parsed.count === 0;
  // This server's own log is no row of the store.
  const log = parsed.type === 'AuditEvent' ? { ...deps, base: services.base } : undefined;
  const page: SearchPage = counting
    ? { matches: [], included: [] }
    : await (log === undefined
        ? searchPage(services.pool, parsed, scope, deps)
        : auditPage(services.pool, parsed, scope, log));
  const total =
    counting || parsed.total !== 'none'
      ? await (log === undefined
          ? countMatches(services.pool, parsed, scope, deps)
          : countAudit(services.pool, parsed, scope, log))
      : undefined;
  await services.audit(
    accessEntry(context, {
      action: 'search',
      ...(parsed.type === undefined ? {} : { type: parsed.type }),
      ids: [...page.matches, ...page.included].map((row) => `${row.type}/${row.id}`),
      ...(page.patient !== undefined && { patients: [page.patient] }),
      detail: names(asked.pairs),
    }),
  );

  const isWhole = parsed.summary === 'false' && parsed.elements.length === 0 && type !== 'Subscription';
  const part = subsetter(parsed, services.definitions);
  const textOf = (row: FoundRow): string | Uint8Array =>
    isWhole && row.bytes !== undefined ? row.bytes : part(shown(row.type, row.text));
  const entries: BundleEntryText[] = [
    ...page.matches.flatMap((row) => {
      const url = `${services.base}/${row.type}/${row.id}`;
      const found = 'contained' in page ? page.contained?.get(row.rid) : undefined;
      const itself = { fullUrl: url, resourceText: textOf(row), rest: match };
      if (found === undefined) return [itself];
      const inside = containedTexts(shown(row.type, row.text), found.places).map(({ id, resource }) => ({
        fullUrl: `${url}#${id}`,
        resourceText: part(resource),
        rest: match,
      }));
      return found.itself ? [itself, ...inside] : inside;
    }),
    ...page.included.map((row) => ({
      fullUrl: `${services.base}/${row.type}/${row.id}`,
      resourceText: shown(row.type, row.text),
      rest: include,
    })),
    ...(parsed.warnings.length === 0
      ? []
      : [{ resourceText: stringifyJson(operationOutcome(parsed.warnings)), rest: { search: { mode: 'outcome' } } }]),
  ];
  return {
    status: 200,
    headers: {},
    body: bundlePieces({
      id: services.ids.next(),
      type: 'searchset',
      at: services.clock.now(),
      ...(total === undefined ? {} : { total }),
      links: links(path, parsed, page.next, asked.sealed, context),
      entries,
    }),
  };
}

/** The contained resources at these places, with their ids. */
function containedTexts(
  container: string,
  places: readonly number[],
): readonly { readonly id: string; readonly resource: string }[] {
  const { contained } = parseJson(container) as { readonly contained?: readonly Resource[] };
  return [...places]
    .sort((a, b) => a - b)
    .flatMap((place) => {
      const one = contained?.[place];
      return one === undefined ? [] : [{ id: one.id ?? '', resource: stringifyJson(one) }];
    });
}

/**
 * The pairs searched for, and whether links must hide them (they came in a body, or in a sealed link, which is one for the
 * type that it was made for).
 */
function pairsOf(request: FhirRequest, path: string, context: Context): { pairs: Pairs; sealed: boolean } {
  const token = parametersOf(request).find(([name]) => name === '_page')?.[1];
  if (token !== undefined) {
    const [made, pairs] = context.services.sealer.open(token) as [string, Pairs];
    if (made !== path) throw new Failure('invalid', 'The link is one to a page of another type.');
    return { pairs, sealed: true };
  }
  return request.form === undefined
    ? { pairs: request.query, sealed: false }
    : { pairs: [...request.query, ...request.form], sealed: true };
}

function links(
  path: string,
  parsed: SearchRequest,
  next: string | undefined,
  sealed: boolean,
  { services }: Context,
): { relation: string; url: string }[] {
  const { sealer } = services;
  const base = path === '' ? services.base : `${services.base}/${path}`;
  const open = (pairs: Pairs): string => withQuery(base, pairs);
  const closed = (pairs: Pairs): string => `${base}?_page=${sealer.seal([path, pairs])}`;
  const plain = parsed.pairs.filter(([name]) => name !== '_cursor');
  const printed = printSearch(parsed);
  const self = sealed
    ? closed(parsed.pairs)
    : parsed.cursor === undefined
      ? `${base}${printed === '' ? '' : `?${printed}`}`
      : open(parsed.pairs);
  if (next === undefined) return [{ relation: 'self', url: self }];
  // The place where the page ended is a value of the last match: a name or an identifier does not go into a URL.
  const url = (sealed || parsed.sort.some(({ parameter }) => !showable.has(parameter.kind)) ? closed : open)([
    ...plain,
    ['_cursor', next],
  ]);
  if (url.length > longestLink)
    throw new Failure(
      'too-costly',
      'The search is too long for a link to its next page; ask for fewer values at once, or a larger _count.',
    );
  return [
    { relation: 'self', url: self },
    { relation: 'next', url },
  ];
}

const showable: ReadonlySet<string> = new Set(['date', 'number', 'quantity']);
/** Characters; servers and proxies read a URL of this length. */
const longestLink = 16_000;

/** Which parameters were searched, without their values: those may be about a person. */
const names = (pairs: Pairs): string => [...new Set(pairs.map(([name]) => name.slice(0, 60)))].join(' ').slice(0, 500);
