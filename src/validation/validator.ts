import type { Issue } from '../kernel/failure.js';

/** Checks resources against R4: structure, cardinality, types, formats, required codes, references, invariants. */
export interface Validator {
  /**
   * Everything that is wrong with a resource, at most 100 issues; none when it is valid. Never throws, whatever the value.
   * @param resource a value as `parseJson` gives it
   */
  validate(resource: unknown, options?: ValidateOptions): Issue[];
}

export interface ValidateOptions {
  /** References may be searches (`Patient?identifier=…`), as inside a transaction or batch. Default false; always true within such a Bundle. */
  readonly conditionalReferences?: boolean;
  /** Whether the resources in a Bundle's entries are checked too. Default true. */
  readonly entryResources?: boolean;
}
