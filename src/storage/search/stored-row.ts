import type { Dictionary } from '../dictionary.js';

/** A current resource as it is stored. */
export interface StoredRow {
  readonly rid: number;
  readonly type: string;
  readonly id: string;
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly updated: number;
  /** The JSON text that is sent back. */
  readonly text: string;
}

/** The columns of `alias` (a `resource`) that `storedRow` reads. float8 holds every rid and instant exactly. */
export const storedColumns = (alias: string): string =>
  `${alias}.rid::float8 as rid, ${alias}.type, ${alias}.id, ${alias}.version, (extract(epoch from ${alias}.updated) * 1000)::float8 as updated, ${alias}.content as text`;

export interface RawRow {
  readonly rid: number;
  readonly type: number;
  readonly id: string;
  readonly version: number;
  readonly updated: number;
  readonly text: string;
}

export const storedRow = (row: RawRow, dictionary: Dictionary): StoredRow => ({
  rid: row.rid,
  type: dictionary.typeName(row.type),
  id: row.id,
  version: row.version,
  updated: row.updated,
  text: row.text,
});
