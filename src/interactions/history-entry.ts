// https://hl7.org/fhir/R4/http.html#history
import { tryDateRange } from '../fhir/dates.js';
import { instant } from '../kernel/clock.js';
import { Failure } from '../kernel/failure.js';
import type { HistoryVersion } from '../storage/resources.js';
import type { BundleEntryText } from './bundle-text.js';
import { etag } from './respond.js';
import { shown } from './shown.js';

/** Most versions of one page. */
export const mostVersions = 1000;

/** Ids that the server chose; a first version under another one came by PUT. */
const ownId = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A version with the request that made it. */
export function historyEntry(row: HistoryVersion, base: string, part: (text: string) => string): BundleEntryText {
  const method = methodOf(row);
  const request = { method, url: method === 'POST' ? row.type : `${row.type}/${row.id}` };
  const response = {
    status: method === 'DELETE' ? '204' : row.isNew ? '201' : '200',
    etag: etag(row.version),
    lastModified: instant(row.updated),
  };
  return {
    fullUrl: `${base}/${row.type}/${row.id}`,
    ...(row.text === null ? {} : { resourceText: part(shown(row.type, row.text)) }),
    rest: { request, response },
  };
}

function methodOf({ text, isPatched, version, id }: HistoryVersion): 'DELETE' | 'PATCH' | 'POST' | 'PUT' {
  if (text === null) return 'DELETE';
  if (isPatched) return 'PATCH';
  return version === 1 && ownId.test(id) ? 'POST' : 'PUT';
}

/** @throws Failure invalid */
export function wholeNumber(text: string, name: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Failure('invalid', `${name} must be a whole number.`);
  return Number(text);
}

/** Milliseconds since 1970. @throws Failure invalid */
export function sinceTime(text: string): number {
  const range = tryDateRange(text);
  if (range === undefined)
    throw new Failure('invalid', '_since must be an instant, such as 2026-03-02T09:00:00+01:00.');
  return range.low;
}
