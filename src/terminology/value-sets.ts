import type { Definitions } from '../fhir/definitions.js';

/** Questions about the value sets that R4 elements are bound to. */
export interface ValueSets {
  /** The codes by system, or undefined where the value set is unknown. `complete` is false where some can't be listed. */
  codesOf(
    valueSetUrl: string,
  ): { readonly complete: boolean; readonly codes: ReadonlyMap<string, ReadonlySet<string>> } | undefined;
  /** Whether the code is a member; undefined where the value set is unknown or its codes of that system can't be listed. */
  isMember(valueSetUrl: string, system: string, code: string): boolean | undefined;
}

/** The value sets of the R4 definitions. A version after `|` in a URL is ignored: there is one version of R4. */
export function valueSetsOf(definitions: Definitions): ValueSets {
  const find = (url: string) => definitions.valueSet(url.split('|')[0]!);
  return {
    codesOf(valueSetUrl) {
      const valueSet = find(valueSetUrl);
      if (valueSet === undefined) return undefined;
      return {
        complete: valueSet.isComplete,
        codes: new Map(valueSet.systems.map((system) => [system, valueSet.codesOf(system)])),
      };
    },
    isMember: (valueSetUrl, system, code) => find(valueSetUrl)?.has(system, code),
  };
}
