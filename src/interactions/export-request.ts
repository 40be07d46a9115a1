// https://hl7.org/fhir/uv/bulkdata/export.html#query-parameters
import { decide } from '../access/decide.js';
import { tryDateRange } from '../fhir/dates.js';
import { Failure } from '../kernel/failure.js';
import { parseSearch } from '../search/parse/parse-search.js';
import { parseQuery } from '../search/parse/query-pairs.js';
import { compartmentParameters } from '../search/patient-compartment.js';
import type { OperationParameters } from './operation.js';
import { type Context, type FhirRequest, isLenient } from './request.js';

/** What an export was asked for; kept with the job. */
export interface ExportRequest {
  /** The address that was asked, for the manifest. */
  readonly url: string;
  readonly types: readonly string[];
  /** Milliseconds since 1970. */
  readonly since?: number;
  /** Queries of a type; those of one type are alternatives. */
  readonly filters: readonly { readonly type: string; readonly query: string }[];
  /** Elements that are asked for, of one type or of all. */
  readonly elements: readonly { readonly type?: string; readonly name: string }[];
  /** The Provenance of what is exported: of each resource the latest, or all. */
  readonly provenance?: 'latest' | 'relevant';
  /** Patient keys, or whatever concerns a patient; absent: everything. */
  readonly patients?: readonly number[] | 'any';
}

const known = ['_outputFormat', '_since', '_type', '_typeFilter', '_elements', 'includeAssociatedData', 'patient'];
const formats: ReadonlySet<string> = new Set(['application/fhir+ndjson', 'application/ndjson', 'ndjson']);

/**
 * The parameters of an export, held against what the caller may search.
 *
 * @param level `patient`: what concerns patients only
 * @throws Failure invalid that names the parameter; forbidden for a type that is asked for by name and may not be searched
 */
export function exportRequest(
  request: FhirRequest,
  parameters: OperationParameters,
  level: 'system' | 'patient',
  { services, principal }: Context,
): Omit<ExportRequest, 'patients'> {
  demandAsync(request);
  const refused = isLenient(request) ? undefined : [...parameters.entries()].find(([name]) => !known.includes(name));
  if (refused !== undefined)
    throw new Failure('invalid', `$export takes ${known.join(', ')}, and nothing else.`, { code: 'not-supported' });
  const format = plus(parameters.text('_outputFormat'));
  if (format !== undefined && !formats.has(format)) throw wrong('_outputFormat', [...formats].join(', '));
  const since = plus(parameters.text('_since'));
  const low = since === undefined ? undefined : tryDateRange(since)?.low;
  if (since !== undefined && low === undefined) throw wrong('_since', 'an instant, such as 2026-03-01T00:00:00Z');
  const filters = texts(parameters, '_typeFilter').flatMap((text) => text.split(/,(?=[A-Z][A-Za-z]+\?)/).map(filterOf));
  for (const { type, query } of filters)
    parseSearch(type, parseQuery(query), services.registry, { strict: true, base: services.base });
  const asked = list(parameters, '_type');
  const wanted = asked.length > 0 ? asked : [...new Set(filters.map(({ type }) => type))];
  const types = wanted.length > 0 ? wanted : [...services.registry.types].sort();
  if (types.some((type) => !services.registry.types.has(type))) throw wrong('_type', 'a list of resource types');
  const denied = types.flatMap((type) => {
    const decision = decide(principal, 'search', type);
    return decision.allowed ? [] : [{ type, failure: decision.failure }];
  });
  if (wanted.length > 0 && denied.length > 0) throw denied[0]!.failure;
  const provenance = provenanceAsked(parameters, principal);
  const shown = request.query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return {
    url: `${[services.base, ...request.segments].join('/')}${shown.length === 0 ? '' : `?${shown.join('&')}`}`,
    types: types.filter(
      (type) =>
        !denied.some((one) => one.type === type) &&
        (level === 'system' || type === 'Patient' || compartmentParameters(type) !== undefined),
    ),
    filters,
    elements: list(parameters, '_elements').map((text) => elementOf(text, services)),
    ...(low !== undefined && { since: low }),
    ...(provenance !== undefined && { provenance }),
  };
}

/** https://hl7.org/fhir/R4/async.html */
export function demandAsync(request: FhirRequest): void {
  if (/(?:^|[,;\s])respond-async\b/.test(request.headers['prefer'] ?? '')) return;
  throw new Failure('invalid', 'This takes a while: ask for it with the header Prefer: respond-async.', {
    code: 'required',
  });
}

/** `name`, or `Patient.name`: a root element of one type. */
function elementOf(text: string, { registry }: Context['services']): ExportRequest['elements'][number] {
  const [first = '', second, ...more] = text.split('.');
  if (second === undefined) return { name: first };
  if (more.length > 0 || !registry.types.has(first))
    throw wrong('_elements', 'a list of elements, such as name or Patient.name');
  return { type: first, name: second };
}

/** https://hl7.org/fhir/uv/bulkdata/ValueSet-include-associated-data.html */
function provenanceAsked(
  parameters: OperationParameters,
  principal: Context['principal'],
): ExportRequest['provenance'] | undefined {
  const asked = list(parameters, 'includeAssociatedData');
  if (asked.length === 0) return undefined;
  if (asked.some((code) => code !== 'LatestProvenanceResources' && code !== 'RelevantProvenanceResources'))
    throw wrong('includeAssociatedData', 'LatestProvenanceResources or RelevantProvenanceResources');
  const decision = decide(principal, 'search', 'Provenance');
  if (!decision.allowed) throw decision.failure;
  return asked.includes('RelevantProvenanceResources') ? 'relevant' : 'latest';
}

/** A plus sign in a query stands for a space, but nobody means one in a media type or an offset. */
const plus = (text: string | undefined): string | undefined => text?.replace(' ', '+');

function filterOf(text: string): ExportRequest['filters'][number] {
  const at = text.indexOf('?');
  if (at < 1) throw wrong('_typeFilter', 'a query of a type, such as Observation?code=http://loinc.org|59408-5');
  return { type: text.slice(0, at).trim(), query: text.slice(at + 1) };
}

function texts(parameters: OperationParameters, name: string): readonly string[] {
  return parameters.all(name).map((value) => {
    if (typeof value !== 'string') throw wrong(name, 'a text');
    return value;
  });
}

const list = (parameters: OperationParameters, name: string): readonly string[] => [
  ...new Set(
    texts(parameters, name)
      .flatMap((text) => text.split(','))
      .map((text) => text.trim())
      .filter((text) => text !== ''),
  ),
];

const wrong = (name: string, what: string): Failure =>
  new Failure('invalid', `${name} must be ${what}.`, {
    expression: `Parameters.parameter.where(name='${name}')`,
    code: 'value',
  });
