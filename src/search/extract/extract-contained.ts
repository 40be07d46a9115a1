// https://hl7.org/fhir/R4/search.html#contained
import type { Resource } from '../../fhir/resource.js';
import { containedName, containedParam, mostContained } from '../contained-param.js';
import type { IndexRow } from '../index-row.js';
import type { SearchRegistry } from '../registry.js';
import { asList, asRecord, asText } from './extraction.js';

/** The contained resources that a search can find, each with its place: at most ten. */
export function containedIn(
  resource: object,
  registry: SearchRegistry,
): readonly { readonly resource: Resource; readonly place: number }[] {
  return asList((resource as { readonly contained?: unknown }).contained)
    .slice(0, mostContained)
    .flatMap((one, place) => {
      const record = asRecord(one);
      const type = asText(record?.['resourceType']);
      return record === undefined || type === undefined || !registry.types.has(type)
        ? []
        : [{ resource: record as unknown as Resource, place }];
    });
}

/** The rows of contained resources as rows of their container, under parameters that say which one they are of. */
export function addContained(
  rows: IndexRow[],
  resource: Resource,
  registry: SearchRegistry,
  extract: (resource: Resource) => readonly IndexRow[],
): void {
  for (const { resource: inner, place } of containedIn(resource, registry)) {
    const { resourceType, id } = inner;
    rows.push({
      kind: 'identifier',
      param: containedName(place, resourceType),
      system: '',
      value: typeof id === 'string' ? id.slice(0, 64) : '',
    });
    for (const row of extract(inner)) rows.push({ ...row, param: containedParam(place, resourceType, row.param) });
  }
}
