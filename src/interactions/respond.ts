import { Failure } from '../kernel/failure.js';
import type { Written } from './commit-types.js';
import type { FhirRequest, FhirResponse } from './request.js';
import type { VersionCondition } from '../fhir/version-condition.js';
import type { VersionRow } from '../storage/resources.js';
import { operationOutcome } from '../fhir/operation-outcome.js';
import { stringifyJson } from '../fhir/json.js';
import { shown } from './shown.js';

/** https://hl7.org/fhir/R4/http.html#versions */
export const etag = (version: number): string => `W/"${version}"`;
const httpDate = (milliseconds: number): string => new Date(milliseconds).toUTCString();

/** A stored version, as it is stored. */
export function resourceResponse(row: VersionRow & { text: string }, status = 200): FhirResponse {
  return {
    status,
    headers: { ETag: etag(row.version), 'Last-Modified': httpDate(row.updated) },
    body: shown(row.type, row.text),
  };
}

/** What create and update answer, in the form that `Prefer: return=` asks for (default representation). */
export function writtenResponse(request: FhirRequest, written: Written, base: string): FhirResponse {
  const location = `${base}/${written.key.type}/${written.key.id}/_history/${written.version}`;
  const created = written.outcome === 'created';
  const headers: Record<string, string> = {
    ETag: etag(written.version),
    'Last-Modified': httpDate(written.updated),
    ...(created || written.outcome === 'existed' ? { Location: location } : {}),
    'Content-Location': location,
  };
  const status = created ? 201 : 200;
  const prefer = /(?:^|[,;\s])return="?([A-Za-z]+)/.exec(request.headers['prefer'] ?? '')?.[1];
  if (prefer === 'minimal') return { status, headers };
  if (prefer === 'OperationOutcome') {
    const done = {
      severity: 'information',
      code: 'informational',
      diagnostics: `${written.key.type}/${written.key.id} ${written.outcome}, version ${written.version}.`,
    } as const;
    return { status, headers, body: stringifyJson(operationOutcome([done])) };
  }
  return { status, headers, body: shown(written.key.type, written.text!) };
}

/** What a deletion answers: nothing, or an OperationOutcome where `Prefer` asks for it. https://hl7.org/fhir/R4/http.html#delete */
export function deletedResponse(request: FhirRequest, what: string, version?: number): FhirResponse {
  const headers: Record<string, string> = version === undefined ? {} : { ETag: etag(version) };
  if (!/(?:^|[,;\s])return="?OperationOutcome/.test(request.headers['prefer'] ?? '')) return { status: 204, headers };
  const done = { severity: 'information', code: 'informational', diagnostics: what } as const;
  return { status: 200, headers, body: stringifyJson(operationOutcome([done])) };
}

/** One parameter: its name, and a value[x], a resource or parts. */
export interface Part {
  readonly name: string;
  readonly [value: string]: unknown;
}

/** A Parameters resource; what is undefined is left out. https://hl7.org/fhir/R4/parameters.html */
export function parametersResponse(
  parameter: readonly (Part | undefined)[],
  headers: FhirResponse['headers'] = {},
): FhirResponse {
  const kept = parameter.filter((one) => one !== undefined);
  // An empty list is not valid: https://hl7.org/fhir/R4/json.html#complex
  const resource = { resourceType: 'Parameters', ...(kept.length > 0 && { parameter: kept }) };
  return { status: 200, headers, body: stringifyJson(resource) };
}

/** The version number of an ETag (`W/"3"`); undefined when it is none of ours. */
export function versionOfEtag(tag: string): number | undefined {
  const match = /^\s*(?:W\/)?"?(\d{1,9})"?\s*$/.exec(tag);
  return match === null ? undefined : Number(match[1]);
}

/** The version of If-Match, if there is one. @throws Failure('invalid') when it is not a version */
export function ifMatch(request: FhirRequest): number | undefined {
  const version = precondition(request);
  if (version !== undefined && typeof version !== 'number')
    throw new Failure('invalid', 'If-Match must name the version here, such as W/"3".');
  return version;
}

/** The versions of If-Match, or `*`: whatever is there. @throws Failure invalid; precondition for ETags of no version */
export function precondition(request: FhirRequest): VersionCondition | undefined {
  const versions = condition(request, 'if-match', 'If-Match');
  if (typeof versions !== 'object' || versions.length > 0) return versions;
  throw new Failure(
    'precondition',
    'If-Match names no version of this server: read the resource and repeat the change.',
  );
}

/**
 * What If-Match and If-None-Match ask of the version that an update replaces. `If-None-Match: *` lets it only create.
 *
 * @throws Failure as `precondition`
 */
export function preconditions(request: FhirRequest): {
  readonly ifMatch?: VersionCondition;
  readonly ifNoneMatch?: VersionCondition;
} {
  const ifMatch = precondition(request);
  const ifNoneMatch = condition(request, 'if-none-match', 'If-None-Match');
  return { ...(ifMatch === undefined ? {} : { ifMatch }), ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }) };
}

/** ETags that are none of ours are left out: they match nothing. */
function condition(
  { headers }: FhirRequest,
  header: 'if-match' | 'if-none-match',
  name: string,
): VersionCondition | undefined {
  const text = headers[header]?.trim();
  if (text === undefined || text === '*') return text;
  const tags = text.match(/(?:W\/)?"[^"]*"|[^\s,]+/g) ?? [''];
  if (tags.some((tag) => !/^(?:W\/)?"[^"]*"$/.test(tag) && versionOfEtag(tag) === undefined))
    throw new Failure(
      'invalid',
      `${name} must be the ETag of a version, such as W/"3", or several; it was ${text.slice(0, 60)}.`,
    );
  const versions = tags.map(versionOfEtag).filter((version) => version !== undefined);
  return versions.length === 1 ? versions[0]! : versions;
}

/** If-None-Match and If-Modified-Since of a read: has the caller this version already? */
export function notModified(request: FhirRequest, row: VersionRow): boolean {
  const tags = request.headers['if-none-match'];
  if (tags !== undefined)
    return tags.split(',').some((tag) => tag.trim() === '*' || versionOfEtag(tag) === row.version);
  const since = request.headers['if-modified-since'];
  if (since === undefined) return false;
  const time = Date.parse(since);
  return Number.isFinite(time) && Math.floor(row.updated / 1000) * 1000 <= time;
}
