// https://hl7.org/fhir/R4/http.html#history
import { absent, rowScope } from '../access/decide.js';
import { printQuery } from '../search/parse/query-pairs.js';
import { Failure } from '../kernel/failure.js';
import { instanceHistory } from '../storage/resources.js';
import { accessEntry } from './audit-access.js';
import { bundleText } from './bundle-text.js';
import { historyEntry, mostVersions, sinceTime, wholeNumber } from './history-entry.js';
import { type Context, type FhirRequest, type FhirResponse, isLenient, parametersOf } from './request.js';
import { mayShowVersion } from './within-narrowings.js';

const known = new Set(['_count', '_since', '_before']);

/** The versions of one resource, newest first, paged by version number. */
export async function historyInstance(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const { services, principal } = context;
  const [type, id] = request.segments as [string, string];
  const asked = parametersOf(request).filter(
    ([name, value]) => value !== '' && (known.has(name) || !isLenient(request)),
  );
  const unknown = asked.find(([name]) => !known.has(name))?.[0];
  if (unknown !== undefined)
    throw new Failure(
      'invalid',
      `history does not know the parameter ${/^[\w:.-]{1,60}$/.test(unknown) ? unknown : 'in the query'}; it takes _count and _since.`,
      { code: 'not-supported' },
    );
  const { count, before, since } = pageOf(asked);
  // One more than is shown tells whether there is a next page, and whether the last one shown followed a deletion.
  const page = {
    count: count + 1,
    ...(before === undefined ? {} : { before }),
    ...(since === undefined ? {} : { since }),
  };
  const found = await instanceHistory(services.pool, { type, id }, page, {
    scope: rowScope(principal, services.clock.now(), 'read'),
    dictionary: services.dictionary,
  });
  await services.audit(
    accessEntry(context, { action: 'history', type, ids: [`${type}/${id}`], outcome: found === undefined ? 4 : 0 }),
  );
  if (found === undefined) throw absent(type);
  const self = `${services.base}/${type}/${id}/_history`;
  const versions = found.versions.slice(0, count);
  const next =
    found.versions.length > count
      ? [...asked.filter(([name]) => name !== '_before'), ['_before', String(versions.at(-1)?.version)] as const]
      : undefined;
  return {
    status: 200,
    headers: {},
    body: bundleText({
      id: services.ids.next(),
      type: 'history',
      at: services.clock.now(),
      ...(since === undefined ? { total: found.total } : {}),
      links: [
        { relation: 'self', url: asked.length === 0 ? self : `${self}?${printQuery(asked)}` },
        ...(next === undefined || count === 0 ? [] : [{ relation: 'next', url: `${self}?${printQuery(next)}` }]),
      ],
      entries: versions.flatMap((version, index) =>
        mayShowVersion(principal, 'history-instance', version, services.registry)
          ? [historyEntry(version, version.version === 1 || found.versions[index + 1]?.text === null, services.base)]
          : [],
      ),
    }),
  };
}

function pageOf(asked: readonly (readonly [string, string])[]): { count: number; before?: number; since?: number } {
  const value = (name: string): string | undefined => asked.find(([key]) => key === name)?.[1];
  const before = value('_before');
  const since = value('_since');
  return {
    count: Math.min(wholeNumber(value('_count') ?? '50', '_count'), mostVersions),
    ...(before === undefined ? {} : { before: wholeNumber(before, '_before') }),
    ...(since === undefined ? {} : { since: sinceTime(since) }),
  };
}
