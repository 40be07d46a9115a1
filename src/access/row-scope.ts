import type { Condition } from '../search/parse/request.js';

/**
 * What of a type the caller may see, as storage joins it into every query (read, search, include, history, Bundle).
 *
 * - `all`: every row of the type (within the controllers)
 * - `related`: rows all of whose patients the caller has a running relation to, rows that were granted to the caller one
 *   by one (`resource_party`: own unaccepted referrals, own device readings), and rows that concern no patient and belong
 *   to no controller (loaded topics and templates)
 * - `own`: rows that concern one patient alone: the one whose own the token is, or one whom the caller represents
 * - `granted`: only rows granted one by one
 * - `none`: nothing
 */
export type Visibility = 'all' | 'related' | 'own' | 'granted' | 'none';

/** All that is there must hold of a row. */
export interface Narrowing {
  /** Logical id of the one Patient whom the row may concern. */
  readonly patient?: string;
  /** What the row must fulfil. The list stands for its prepared form (`withNarrowings`). */
  readonly conditions?: readonly Condition[];
}

export interface RowScope {
  /** Party keys of the caller (Principal.parties). */
  readonly parties: readonly string[];
  /** Organisation numbers of the data controllers whose rows may be seen; rows of no controller ('') always may. */
  readonly controllers: readonly string[] | '*';
  /** The moment at which relations must run, milliseconds since 1970; absent: the database's own. */
  readonly at?: number;
  visibility(type: string): Visibility;
  /** Logical id of the Patient whose `own` rows these are. */
  readonly patient?: string;
  /** Party keys by which the caller represents patients (`representing`). */
  readonly representing?: readonly string[];
  /** What scopes narrow further: one of these must hold of a row of the type. Absent or undefined: nothing. */
  readonly narrowed?: (type: string) => readonly Narrowing[] | undefined;
}
