/** https://hl7.org/fhir/R4/search.html#ptypes; `special` is `near`, the only one that R4 defines by an expression. */
export type ParameterKind =
  | 'number'
  | 'date'
  | 'string'
  | 'token'
  | 'reference'
  | 'composite'
  | 'quantity'
  | 'uri'
  | 'special';

/** What a definition says: the shape of `generated/search-parameters.json`, and of a SearchParameter once read. */
export interface ParameterDefinition {
  /** Resource type; '*' = every type. */
  readonly type: string;
  readonly code: string;
  readonly kind: ParameterKind;
  /** Canonical URL. */
  readonly url: string;
  /** FHIRPath branches (what stood between `|`), each beginning with the type; choice elements as `value.ofType(Quantity)`. */
  readonly expression: readonly string[];
  /** Token: where its values lie: dictionary codes, text, or (mixed or not known) both. */
  readonly store?: 'code' | 'text' | 'both';
  /** Token: the system that a bare `code` element has by its binding. */
  readonly codeSystem?: string;
  /** Reference: types it may point to; absent = any. */
  readonly targets?: readonly string[];
  readonly components?: readonly { readonly url: string; readonly path: string }[];
  /** Defined by a stored SearchParameter, not by the standard or `profiles/`. */
  readonly own?: boolean;
  /** What a definition of the operator's own restricts; absent = as the kind allows. */
  readonly modifiers?: readonly string[];
  readonly comparators?: readonly string[];
  readonly multipleOr?: boolean;
  readonly multipleAnd?: boolean;
  /** What is searched for there is not found yet: resources that were here before are still being indexed. */
  readonly indexing?: boolean;
}

/** One component of a composite: a parameter of the same type. */
export interface CompositePart {
  readonly code: string;
  /** Its values stand in the repeating element; else they are the resource's own. */
  readonly within: boolean;
}

/** One place where a parameter's values are stored: the rows of `param`, only those that point to `target` if given. */
export interface RowSource {
  readonly param: string;
  readonly target?: string;
}

export interface SearchParameter extends ParameterDefinition {
  /**
   * Whose rows hold the values: itself, or other parameters of the same type where the values can be had from theirs
   * (`patient` from `subject`, `combo-code` from `code` and `component-code`).
   */
  readonly sources: readonly RowSource[];
  /** Whether it has rows of its own. */
  readonly stored: boolean;
  /** Composite: the parameters whose conditions must all hold, in one repetition of the element that it is over. */
  readonly parts?: readonly CompositePart[];
}

/** Parameters that live in columns of the resource itself, not in search rows. */
export const columnParameters: ReadonlySet<string> = new Set(['_id', '_lastUpdated']);

/** Parameters of every type, and of what is contained, have a dictionary entry of type `*`. */
export const isCommonParameter = (code: string): boolean => code.startsWith('_') || code.startsWith('#');
