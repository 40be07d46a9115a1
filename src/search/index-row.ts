/**
 * Search rows: what a search can find, extracted from a resource when it is written. One kind per table of
 * `storage/migrations`. `param` is the search parameter's code on the resource's own type (`code`, `subject`, `_tag`).
 * Decimal bounds are decimal strings; times are milliseconds since 1970 (UTC); every range is half-open [low, high).
 */
export type IndexRow =
  | TokenRow
  | IdentifierRow
  | DateRow
  | QuantityRow
  | StringRow
  | UriRow
  | ReferenceRow
  | PositionRow;

/** What stands in one repetition of an element over which the type has a composite parameter. */
interface InElement {
  /** Which repetition (0, 1 …): rows of several parameters with the same number stand together. */
  readonly element?: number;
}

/** A coded value (code, Coding, CodeableConcept, boolean): becomes a dictionary entry. */
export interface TokenRow extends InElement {
  readonly kind: 'token';
  readonly param: string;
  /** '' = no system. */
  readonly system: string;
  readonly code: string;
}

/** Identifier, ContactPoint, id, string-valued tokens: the value is stored as text, never in a dictionary. */
export interface IdentifierRow extends InElement {
  readonly kind: 'identifier';
  readonly param: string;
  readonly system: string;
  readonly value: string;
  /** Identifier.type, for `:of-type`. */
  readonly typeSystem?: string;
  readonly typeCode?: string;
}

export interface DateRow {
  readonly kind: 'date';
  readonly param: string;
  readonly low: number;
  readonly high: number;
}

/** Number and quantity. For a number `system`, `code` and `canonical` are absent. */
export interface QuantityRow extends InElement {
  readonly kind: 'quantity';
  readonly param: string;
  readonly low: string;
  readonly high: string;
  readonly system?: string;
  readonly code?: string;
  /** The unit as people read it, where it is not the code. */
  readonly unit?: string;
  /** Range in the canonical (base) unit of its dimension, where the unit is UCUM. */
  readonly canonical?: { readonly code: string; readonly low: string; readonly high: string };
}

export interface StringRow extends InElement {
  readonly kind: 'string';
  readonly param: string;
  /** Lower case, accents folded. */
  readonly value: string;
  readonly exact: string;
}

export interface UriRow {
  readonly kind: 'uri';
  readonly param: string;
  readonly value: string;
}

/** A literal reference to this server (type and id), to elsewhere (url), or logical (identifier); any may be combined. */
export interface ReferenceRow extends InElement {
  readonly kind: 'reference';
  readonly param: string;
  readonly targetType?: string;
  readonly targetId?: string;
  readonly targetVersion?: string;
  readonly url?: string;
  readonly identifierSystem?: string;
  readonly identifierValue?: string;
}

/** Where something is, in degrees (WGS 84). */
export interface PositionRow {
  readonly kind: 'position';
  readonly param: string;
  readonly latitude: number;
  readonly longitude: number;
}

/** A point of the Observation time-series index (decision 4): one per literal coding of Observation.code / component.code. */
export interface SeriesPoint {
  readonly system: string;
  readonly code: string;
  readonly low: number;
  readonly high: number;
  /** Value in the canonical unit as decimal string; absent when there is none. */
  readonly value?: string;
  readonly unit?: string;
  readonly component: boolean;
}
