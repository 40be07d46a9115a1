// https://hl7.org/fhir/R4/http.html#history
import { absent, rowScope } from '../access/decide.js';
import { tryDateRange } from '../fhir/dates.js';
import { instant } from '../kernel/clock.js';
import { Failure } from '../kernel/failure.js';
import { instanceHistory, type VersionRow } from '../storage/resources.js';
import { accessEntry } from './audit-access.js';
import { bundleText } from './bundle-text.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { etag } from './respond.js';
import { shown } from './shown.js';

const known = new Set(['_count', '_since', '_before', '_format', '_pretty']);

/** The versions of one resource, newest first, paged by version number. */
export async function historyInstance(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const { services, principal } = context;
  const [type, id] = request.segments as [string, string];
  const unknown = request.query.find(([name]) => !known.has(name));
  if (unknown !== undefined) throw new Failure('invalid', `history does not know the parameter ${unknown[0].slice(0, 60)}; it takes _count and _since.`);
  const value = (name: string): string | undefined => request.query.find(([key]) => key === name)?.[1];
  const count = wholeNumber(value('_count') ?? '50', '_count');
  const before = value('_before');
  const since = value('_since');
  const page = {
    count: Math.min(Math.max(count, 1), 1000),
    ...(before === undefined ? {} : { before: wholeNumber(before, '_before') }),
    ...(since === undefined ? {} : { since: sinceTime(since) }),
  };
  const found = await instanceHistory(services.pool, { type, id }, page, { scope: rowScope(principal), dictionary: services.dictionary });
  await services.audit(accessEntry(context, { action: 'history', type, ids: [`${type}/${id}`], outcome: found === undefined ? 4 : 0 }));
  if (found === undefined) throw absent(type);
  const self = `${services.base}/${type}/${id}/_history`;
  const last = found.versions.at(-1);
  const more = last !== undefined && found.versions.length === page.count && last.version > 1;
  const query = (extra: string): string => `${self}?_count=${page.count}${since === undefined ? '' : `&_since=${encodeURIComponent(since)}`}${extra}`;
  return {
    status: 200,
    headers: {},
    body: bundleText({
      id: services.ids.next(),
      type: 'history',
      ...(since === undefined ? { total: found.total } : {}),
      links: [{ relation: 'self', url: self }, ...(more ? [{ relation: 'next', url: query(`&_before=${last.version}`) }] : [])],
      entries: found.versions.map((version) => historyEntry(version, services.base)),
    }),
  };
}

function historyEntry(row: VersionRow, base: string) {
  const method = row.text === null ? 'DELETE' : row.version === 1 ? 'POST' : 'PUT';
  const request = { method, url: method === 'POST' ? row.type : `${row.type}/${row.id}` };
  const response = { status: method === 'DELETE' ? '204' : method === 'POST' ? '201' : '200', etag: etag(row.version), lastModified: instant(row.updated) };
  return { fullUrl: `${base}/${row.type}/${row.id}`, ...(row.text === null ? {} : { resourceText: shown(row.type, row.text) }), rest: { request, response } };
}

function wholeNumber(text: string, name: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Failure('invalid', `${name} must be a whole number.`);
  return Number(text);
}

function sinceTime(text: string): number {
  const range = tryDateRange(text);
  if (range === undefined) throw new Failure('invalid', '_since must be an instant, such as 2026-03-02T09:00:00+01:00.');
  return range.low;
}
