import type { Resource } from '../fhir/resource.js';
import { extractRows } from '../search/extract/extract-rows.js';
import type { IndexRow } from '../search/index-row.js';
import type { SortKey } from '../search/parse/request.js';
import type { SearchRegistry } from '../search/registry.js';

type Value = string | number | undefined;

/** Compares AuditEvents by other parameters than time, as the database orders what is stored: without a value comes last. */
export function compareBy(
  sort: readonly SortKey[],
  registry: SearchRegistry,
): (one: Resource, other: Resource) => number {
  const keys = new WeakMap<Resource, readonly Value[]>();
  const keysOf = (resource: Resource): readonly Value[] => {
    let found = keys.get(resource);
    if (found === undefined) {
      const rows = extractRows(resource, registry, {});
      keys.set(resource, (found = sort.map((key) => valueOf(resource, rows, key))));
    }
    return found;
  };
  return (one, other) => {
    const [left, right] = [keysOf(one), keysOf(other)];
    for (const [at, { descending }] of sort.entries()) {
      const order = compare(left[at], right[at], descending);
      if (order !== 0) return order;
    }
    return 0;
  };
}

function compare(one: Value, other: Value, descending: boolean): number {
  if (one === other) return 0;
  if (one === undefined) return 1;
  if (other === undefined) return -1;
  return one < other === descending ? 1 : -1;
}

function valueOf(resource: Resource, rows: readonly IndexRow[], { parameter, descending }: SortKey): Value {
  if (parameter.code === '_id') return resource.id;
  if (parameter.code === '_lastUpdated') return String(resource.meta?.lastUpdated);
  const values = rows
    .filter((row) => parameter.sources.some(({ param, target }) => fits(row, param, target)))
    .map(plainValue)
    .filter((value) => value !== undefined);
  values.sort((one, other) => compare(one, other, descending));
  return values[0];
}

const fits = (row: IndexRow, param: string, target: string | undefined): boolean =>
  row.param === param && (target === undefined || (row.kind === 'reference' && row.targetType === target));

function plainValue(row: IndexRow): Value {
  switch (row.kind) {
    case 'token':
      return row.code;
    case 'date':
      return row.low;
    case 'string':
    case 'uri':
    case 'identifier':
      return row.value;
    case 'reference':
      return row.targetId ?? row.url ?? row.identifierValue;
    default:
      return undefined;
  }
}
