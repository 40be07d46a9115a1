import { has, type HandWrittenRules, hasChoice, list, oneOf } from './invariant.js';
import { isObject, type JsonObject } from './visit.js';

const resourceOf = (entry: JsonObject | undefined): JsonObject | undefined =>
  isObject(entry?.resource) ? entry.resource : undefined;
const isType = (bundle: JsonObject, ...types: readonly string[]): boolean => oneOf(bundle.type, ...types);

/** https://hl7.org/fhir/R4/bundle.html and https://hl7.org/fhir/R4/parameters.html */
export const bundleInvariants: HandWrittenRules = {
  'bdl-1': (bundle) => !has(bundle, 'total') || isType(bundle, 'searchset', 'history'),
  'bdl-2': (bundle) => isType(bundle, 'searchset') || !list(bundle, 'entry').some((entry) => has(entry, 'search')),
  'bdl-3': (bundle) => {
    const expected = isType(bundle, 'batch', 'transaction', 'history');
    return list(bundle, 'entry').every((entry) => has(entry, 'request') === expected);
  },
  'bdl-4': (bundle) => {
    const expected = isType(bundle, 'batch-response', 'transaction-response', 'history');
    return list(bundle, 'entry').every((entry) => has(entry, 'response') === expected);
  },
  'bdl-5': (entry) => has(entry, 'resource') || has(entry, 'request') || has(entry, 'response'),
  'bdl-7': (bundle) => isType(bundle, 'history') || haveDistinctVersions(list(bundle, 'entry')),
  'bdl-8': (entry) => typeof entry.fullUrl !== 'string' || !entry.fullUrl.includes('/_history/'),
  'bdl-9': (bundle) =>
    !isType(bundle, 'document') ||
    (isObject(bundle.identifier) && has(bundle.identifier, 'system') && has(bundle.identifier, 'value')),
  'bdl-10': (bundle) => !isType(bundle, 'document') || bundle.timestamp !== undefined,
  'bdl-11': (bundle) =>
    !isType(bundle, 'document') || resourceOf(list(bundle, 'entry')[0])?.resourceType === 'Composition',
  'bdl-12': (bundle) =>
    !isType(bundle, 'message') || resourceOf(list(bundle, 'entry')[0])?.resourceType === 'MessageHeader',
  'Parameters.parameter inv-1': (parameter) => {
    const [part, value, resource] = [has(parameter, 'part'), hasChoice(parameter, 'value'), has(parameter, 'resource')];
    return part ? !value && !resource : value !== resource;
  },
};

function haveDistinctVersions(entries: readonly JsonObject[]): boolean {
  const seen = new Set<string>();
  for (const entry of entries) {
    if (typeof entry.fullUrl !== 'string') continue;
    const meta = resourceOf(entry)?.meta;
    const version = isObject(meta) && typeof meta.versionId === 'string' ? meta.versionId : '';
    const key = `${entry.fullUrl} ${version}`;
    if (seen.has(key)) return false;
    seen.add(key);
  }
  return true;
}
