import { localZone } from '../../fhir/dates.js';
import type { Resource } from '../../fhir/resource.js';
import type { IndexRow } from '../index-row.js';
import type { SearchParameter } from '../parameter.js';
import type { SearchRegistry } from '../registry.js';
import { collectDates } from './date.js';
import { addContained } from './extract-contained.js';
import type { Collect, Extraction } from './extraction.js';
import { compileBranch } from './path.js';
import { collectPositions } from './position.js';
import { collectQuantities } from './quantity.js';
import { collectReferences } from './reference.js';
import { collectStrings } from './string.js';
import { collectTokens } from './token.js';
import { collectUris } from './uri.js';

export interface ExtractOptions {
  /** Zone of dates without an offset; Europe/Oslo unless told. */
  readonly zone?: string;
  /** The server's own base URL: absolute references below it are local. */
  readonly base?: string;
}

interface Compiled {
  readonly generation: number;
  readonly byType: Map<string, readonly Collect[]>;
}
const compiled = new WeakMap<SearchRegistry, Compiled>();

/**
 * Everything a search can find in a resource, each row once. Shapes that are not FHIR's add no rows; nothing is thrown.
 * `_id` and `_lastUpdated` have no rows: they are columns of the resource.
 */
export function extractRows(
  resource: Resource,
  registry: SearchRegistry,
  options: ExtractOptions = {},
): readonly IndexRow[] {
  const rows: IndexRow[] = [];
  const extraction: Extraction = { rows, zone: options.zone ?? localZone, base: options.base, resource, met: 0 };
  for (const collect of collectors(resource.resourceType, registry)) {
    const before = rows.length;
    collect(resource, extraction);
    if (rows.length - before > 1) removeRepeated(rows, before);
  }
  if (Array.isArray(resource['contained']))
    addContained(rows, resource, registry, (inner) =>
      extractRows({ ...inner, contained: undefined }, registry, options),
    );
  return rows;
}

function collectors(type: string, registry: SearchRegistry): readonly Collect[] {
  let known = compiled.get(registry);
  if (known === undefined || known.generation !== registry.generation) {
    known = { generation: registry.generation, byType: new Map() };
    compiled.set(registry, known);
  }
  let list = known.byType.get(type);
  if (list === undefined) {
    const elements = registry.elementPaths(type);
    list = registry.stored(type).map((parameter) => compileParameter(parameter, elements));
    known.byType.set(type, list);
  }
  return list;
}

/** All branches of one parameter as one closure. */
function compileParameter(parameter: SearchParameter, elements: ReadonlySet<string>): Collect {
  const collect = collectorOf(parameter);
  const branches = parameter.expression.map((branch) => compileBranch(parameter, branch, collect, elements));
  return (value, extraction) => {
    for (const branch of branches) {
      extraction.met = 0;
      branch(value, extraction);
    }
  };
}

function collectorOf(parameter: SearchParameter): Collect {
  switch (parameter.kind) {
    case 'token':
      return collectTokens(parameter);
    case 'reference':
      return collectReferences(parameter.code);
    case 'date':
      return collectDates(parameter.code);
    case 'string':
      return collectStrings(parameter.code);
    case 'uri':
      return collectUris(parameter.code);
    case 'quantity':
    case 'number':
      return collectQuantities(parameter.code);
    case 'special':
      return collectPositions(parameter.code);
    case 'composite':
      return () => {};
  }
}

function removeRepeated(rows: IndexRow[], from: number): void {
  const seen = new Set<string>();
  let kept = from;
  for (let at = from; at < rows.length; at += 1) {
    const key = JSON.stringify(rows[at]);
    if (seen.has(key)) continue;
    seen.add(key);
    rows[kept] = rows[at]!;
    kept += 1;
  }
  rows.length = kept;
}
