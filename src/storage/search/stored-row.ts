import type { Dictionary } from '../dictionary.js';

/** A current resource as it is stored. */
export interface StoredRow extends FoundRow {
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly updated: number;
}

/** A resource that was found. */
export interface FoundRow {
  readonly rid: number;
  readonly type: string;
  readonly id: string;
  /** Milliseconds since 1970; not known of the rows of a series. */
  readonly updated?: number;
  /** The JSON text that is sent back. */
  readonly text: string;
  /** The same in UTF-8, where it came so. */
  readonly bytes?: Uint8Array | undefined;
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

/** A row of the page of a series: its text is made of the bytes only where it is asked for. */
export class SeriesRow implements FoundRow {
  readonly type = 'Observation';

  constructor(
    readonly rid: number,
    readonly id: string,
    private readonly content: Buffer | string,
  ) {}

  get text(): string {
    return typeof this.content === 'string' ? this.content : this.content.toString();
  }

  get bytes(): Buffer | undefined {
    return typeof this.content === 'string' ? undefined : this.content;
  }
}
