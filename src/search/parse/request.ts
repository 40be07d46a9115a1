import type { Issue } from '../../kernel/failure.js';
import type { SearchParameter } from '../parameter.js';
import type { SignificantRange } from '../significant-range.js';

/** https://hl7.org/fhir/R4/search.html#prefix */
export type Prefix = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'ap';

/** One of the values that a comma separates. */
export type SearchValue =
  | TokenValue
  | OfTypeValue
  | ReferenceValue
  | UrlValue
  | DateValue
  | QuantityValue
  | StringValue
  | UriValue
  | PositionValue
  | ValueSetValue
  | MediaTypeValue;

/** `system` undefined: any; '': none. `code` undefined: any of the system. Also the value of `:identifier`. */
export interface TokenValue {
  readonly kind: 'token';
  readonly system?: string;
  readonly code?: string;
  /** The system is the one that the element's binding implies: a bare `code` counts too. */
  readonly implied?: boolean;
}
/** `identifier:of-type=system|code|value`. */
export interface OfTypeValue {
  readonly kind: 'of-type';
  readonly typeSystem: string;
  readonly typeCode: string;
  readonly value: string;
}
export interface ReferenceValue {
  readonly kind: 'reference';
  /** Undefined: any type. */
  readonly types?: readonly string[];
  readonly id: string;
  readonly version?: string;
}
export interface UrlValue {
  readonly kind: 'url';
  readonly url: string;
  /** Of a canonical: only this version. */
  readonly version?: string;
}
/** `:below` of a media type: `image` for all of them, `text/plain` with whatever parameters. */
export interface MediaTypeValue {
  readonly kind: 'media-type';
  readonly media: string;
}
/** Half-open, milliseconds since 1970; for `ap` already widened. */
export interface DateValue {
  readonly kind: 'date';
  readonly prefix: Prefix;
  readonly low: number;
  readonly high: number;
}
/** Number and quantity. `unit` undefined: any unit. */
export interface QuantityValue {
  readonly kind: 'quantity';
  readonly prefix: Prefix;
  readonly range: SignificantRange;
  readonly unit?: { readonly system?: string; readonly code?: string };
  /** The same range in the base unit of a UCUM unit. */
  readonly canonical?: { readonly code: string; readonly range: SignificantRange };
}
export interface StringValue {
  readonly kind: 'string';
  readonly text: string;
  readonly folded: string;
}
export interface UriValue {
  readonly kind: 'uri';
  readonly uri: string;
}

/** Within so many metres of a place (`near`). */
export interface PositionValue {
  readonly kind: 'position';
  readonly latitude: number;
  readonly longitude: number;
  readonly metres: number;
}
/** `:in` and `:not-in`: canonical URL (with `|version` or without) or literal reference of a ValueSet. */
export interface ValueSetValue {
  readonly kind: 'value-set';
  readonly valueSet: string;
}

/** What a resource must fulfil. */
export type Condition =
  | MatchCondition
  | TogetherCondition
  | MissingCondition
  | ChainCondition
  | HasCondition
  | WordsCondition
  | NotCondition
  | AllCondition
  | AnyCondition
  | CompartmentCondition
  | TypedCondition;

/** One of the values is there (`not`: none of them is). */
export interface MatchCondition {
  readonly op: 'match';
  /** The type that is searched; undefined = any. */
  readonly type: string | undefined;
  readonly parameter: SearchParameter;
  readonly how: How;
  readonly values: readonly SearchValue[];
  readonly not: boolean;
  /** One value is there that is none of these (`ne` of `_filter`). */
  readonly unequal?: boolean;
}
/**
 * How values are compared. `equals`: as the kind of the parameter says (a text: begins with). `whole`, `ends`: texts, folded.
 * `text`: what people read beside a code. `in`: member of a ValueSet.
 */
export type How = 'equals' | 'exact' | 'contains' | 'whole' | 'ends' | 'above' | 'below' | 'identifier' | 'text' | 'in';
/** A composite over a repeating element: all parts hold in one repetition of it. */
export interface TogetherCondition {
  readonly op: 'together';
  readonly type: string | undefined;
  readonly parts: readonly MatchCondition[];
}
/** Words of the narrative, or of all that is written in the resource: any of the alternatives. */
export interface WordsCondition {
  readonly op: 'words';
  readonly where: 'narrative' | 'content';
  readonly any: readonly WordsValue[];
}
/** All of them, each a phrase: its words in this order. `begins`: the last word only begins so. */
export type WordsValue = readonly { readonly words: readonly string[]; readonly begins: boolean }[];
export interface NotCondition {
  readonly op: 'not';
  readonly condition: Condition;
}
export interface MissingCondition {
  readonly op: 'missing';
  readonly type: string | undefined;
  readonly parameter: SearchParameter;
  readonly missing: boolean;
  /** Of a composite: the parameters of its parts, in their order. */
  readonly components?: readonly SearchParameter[];
}
/** The parameter refers to a resource of one of the types that fulfils the condition beside it. */
export interface ChainCondition {
  readonly op: 'chain';
  readonly type: string | undefined;
  readonly parameter: SearchParameter;
  readonly branches: readonly { readonly type: string; readonly condition: Condition }[];
}
/** A resource of `type` refers to this one by the parameter and fulfils the condition. */
export interface HasCondition {
  readonly op: 'has';
  readonly type: string;
  readonly parameter: SearchParameter;
  readonly condition: Condition;
}
export interface AllCondition {
  readonly op: 'all';
  readonly conditions: readonly Condition[];
}
export interface AnyCondition {
  readonly op: 'any';
  readonly conditions: readonly Condition[];
}

/** Is of the type, and fulfils the condition: one type of a search over several. */
export interface TypedCondition {
  readonly op: 'typed';
  readonly type: string;
  readonly condition: Condition;
}

/** Belongs to the owner by one of the parameters, each of its type; or is the owner. https://hl7.org/fhir/R4/compartmentdefinition.html */
export interface CompartmentCondition {
  readonly op: 'compartment';
  readonly owner: { readonly type: string; readonly id: string };
  readonly members: readonly { readonly type: string; readonly parameter: SearchParameter }[];
  /** The owner is in its own compartment. */
  readonly itself: boolean;
}

export interface SortKey {
  readonly parameter: SearchParameter;
  readonly descending: boolean;
  /** Of a place: the distance from there. */
  readonly from?: PositionValue;
  /** `_score`: how well the words fit that are searched for. */
  readonly score?: WordsCondition;
}

/** https://hl7.org/fhir/R4/search.html#include */
export interface Include {
  /** The type that holds the reference; undefined: any (`*`). */
  readonly type?: string;
  /** Undefined: every reference of the type. */
  readonly parameter?: SearchParameter;
  readonly target?: string;
  readonly iterate: boolean;
}

/** A parsed search: see `parseSearch`. */
export interface SearchRequest {
  /** Undefined: every type, or those of `types`. */
  readonly type: string | undefined;
  /** `_type` of a search over all types. */
  readonly types?: readonly string[];
  /** All must hold. */
  readonly conditions: readonly Condition[];
  readonly sort: readonly SortKey[];
  /** Matches per page. 0: only the total. */
  readonly count: number;
  readonly cursor?: string;
  readonly includes: readonly Include[];
  readonly revincludes: readonly Include[];
  readonly total: 'none' | 'estimate' | 'accurate';
  /** Contained resources instead of those that stand alone, or as well; and whether they or their containers are given back. */
  readonly contained?: { readonly which: 'true' | 'both'; readonly as: 'container' | 'contained' };
  readonly summary: 'true' | 'text' | 'data' | 'count' | 'false';
  readonly elements: readonly string[];
  /** What lenient handling left out. */
  readonly warnings: readonly Issue[];
  /** The parameters that were understood, in their order, without empty values. */
  readonly pairs: readonly (readonly [string, string])[];
}
