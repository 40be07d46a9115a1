import type { IdentifierRow, IndexRow, QuantityRow, ReferenceRow, SeriesPoint } from '../search/index-row.js';
import { ucumSystem } from '../search/canonical-unit.js';
import { isCommonParameter } from '../search/parameter.js';
import type { ResolvedRows, ResolvedSeries } from './resolved-rows.js';

/** Entries met while resolving that have no known id yet. */
export interface Missing {
  readonly systems: Set<string>;
  readonly codes: Map<string, { readonly system: string; readonly code: string }>;
  readonly params: Map<string, { readonly type: string; readonly code: string }>;
}

/** The ids that are known; undefined = not (yet) known. */
export interface KnownIds {
  typeId(name: string): number | undefined;
  systemId(url: string): number | undefined;
  codeId(system: string, code: string): number | undefined;
  paramId(type: string, code: string): number | undefined;
}

interface Context {
  readonly dictionary: KnownIds;
  readonly missing: Missing;
}

/** Adds the rows to the columns. Where an id is not known, it is noted as missing and the columns are of no use. */
export function resolveInto(columns: ResolvedRows, rows: readonly IndexRow[], type: string, context: Context): void {
  for (const row of rows) {
    const param = paramOf(type, row.param, context);
    switch (row.kind) {
      case 'token':
        columns.token.param.push(param);
        columns.token.code.push(codeOf(row.system, row.code, context));
        columns.token.element.push(row.element ?? null);
        break;
      case 'identifier':
        addIdentifier(columns.identifier, row, param, context);
        break;
      case 'date':
        columns.date.param.push(param);
        columns.date.low.push(row.low);
        columns.date.high.push(row.high);
        break;
      case 'quantity':
        addQuantity(columns.quantity, row, param, context);
        break;
      case 'string':
        columns.string.param.push(param);
        columns.string.value.push(row.value);
        columns.string.exact.push(row.exact);
        columns.string.element.push(row.element ?? null);
        break;
      case 'uri':
        columns.uri.param.push(param);
        columns.uri.value.push(row.value);
        break;
      case 'reference':
        addReference(columns.reference, row, param, context);
        break;
      case 'position':
        columns.position.param.push(param);
        columns.position.latitude.push(row.latitude);
        columns.position.longitude.push(row.longitude);
        break;
    }
  }
}

export function resolveSeriesInto(
  columns: ResolvedSeries,
  points: readonly SeriesPoint[],
  context: Context & { readonly unitSystem: string },
): void {
  for (const point of points) {
    columns.code.push(codeOf(point.system, point.code, context));
    columns.low.push(point.low);
    columns.high.push(point.high);
    columns.value.push(point.value ?? null);
    columns.unit.push(point.unit === undefined ? null : codeOf(context.unitSystem, point.unit, context));
    columns.component.push(point.component);
  }
}

function addIdentifier(columns: ResolvedRows['identifier'], row: IdentifierRow, param: number, context: Context): void {
  columns.param.push(param);
  columns.system.push(systemOf(row.system, context));
  columns.value.push(row.value);
  columns.type.push(row.typeCode === undefined ? null : codeOf(row.typeSystem ?? '', row.typeCode, context));
  columns.element.push(row.element ?? null);
}

function addQuantity(columns: ResolvedRows['quantity'], row: QuantityRow, param: number, context: Context): void {
  columns.param.push(param);
  columns.low.push(row.low);
  columns.high.push(row.high);
  columns.system.push(row.code === undefined ? null : systemOf(row.system ?? '', context));
  columns.code.push(row.code === undefined ? null : codeOf(row.system ?? '', row.code, context));
  columns.canon.push(row.canonical === undefined ? null : codeOf(ucumSystem, row.canonical.code, context));
  columns.canonLow.push(row.canonical?.low ?? null);
  columns.canonHigh.push(row.canonical?.high ?? null);
  columns.unit.push(row.unit === undefined ? null : codeOf('', row.unit, context));
  columns.element.push(row.element ?? null);
}

function addReference(columns: ResolvedRows['reference'], row: ReferenceRow, param: number, context: Context): void {
  columns.param.push(param);
  columns.type.push(row.targetType === undefined ? null : typeOf(row.targetType, context));
  columns.id.push(row.targetId ?? null);
  columns.version.push(row.targetVersion ?? null);
  columns.url.push(row.url ?? null);
  columns.system.push(row.identifierValue === undefined ? null : systemOf(row.identifierSystem ?? '', context));
  columns.value.push(row.identifierValue ?? null);
  columns.element.push(row.element ?? null);
}

function paramOf(type: string, code: string, { dictionary, missing }: Context): number {
  const id = dictionary.paramId(type, code);
  if (id !== undefined) return id;
  missing.params.set(`${type}.${code}`, { type: isCommonParameter(code) ? '*' : type, code });
  return 0;
}

/** A reference may name a type that does not exist; then it points nowhere. */
function typeOf(name: string, { dictionary }: Context): number | null {
  return dictionary.typeId(name) ?? null;
}

function systemOf(url: string, { dictionary, missing }: Context): number {
  const id = dictionary.systemId(url);
  if (id !== undefined) return id;
  missing.systems.add(url);
  return 0;
}

function codeOf(system: string, code: string, { dictionary, missing }: Context): number {
  const id = dictionary.codeId(system, code);
  if (id !== undefined) return id;
  missing.codes.set(`${system}|${code}`, { system, code });
  return 0;
}
