/** Versions of an If-Match or If-None-Match; `*`: any. https://www.rfc-editor.org/rfc/rfc9110#section-13.1 */
export type VersionCondition = number | readonly number[] | '*';

/** Is a version that exists among those that the condition names? */
export function names(condition: VersionCondition, version: number): boolean {
  return condition === '*' || (typeof condition === 'number' ? condition === version : condition.includes(version));
}

/** For a person: `3 or 4`. */
export const spoken = (condition: VersionCondition): string =>
  typeof condition === 'object' ? condition.join(' or ') : String(condition);
