/** https://hl7.org/fhir/R4/search.html#ptypes (`special` has no generic meaning and is not supported). */
export type ParameterKind = 'number' | 'date' | 'string' | 'token' | 'reference' | 'composite' | 'quantity' | 'uri';

/** What a definition says: the shape of `generated/search-parameters.json`, and of a SearchParameter once read. */
export interface ParameterDefinition {
  /** Resource type; '*' = every type. */
  readonly type: string;
  readonly code: string;
  readonly kind: ParameterKind | 'special';
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
}

/** One place where a parameter's values are stored: the rows of `param`, only those that point to `target` if given. */
export interface RowSource {
  readonly param: string;
  readonly target?: string;
}

export interface SearchParameter extends ParameterDefinition {
  readonly kind: ParameterKind;
  /**
   * Whose rows hold the values: itself, or other parameters of the same type where the values can be had from theirs
   * (`patient` from `subject`, `combo-code` from `code` and `component-code`).
   */
  readonly sources: readonly RowSource[];
  /** Whether it has rows of its own. */
  readonly stored: boolean;
  /** Composite over the resource itself: the parameters whose conditions must all hold. */
  readonly parts?: readonly string[];
}

/** Parameters that live in columns of the resource itself, not in search rows. */
export const columnParameters: ReadonlySet<string> = new Set(['_id', '_lastUpdated']);

/** Parameters of every type have a dictionary entry of type `*`. */
export const isCommonParameter = (code: string): boolean => code.startsWith('_');
