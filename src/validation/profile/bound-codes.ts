// https://hl7.org/fhir/R4/terminologies.html#strength
import { isObject } from '../visit.js';
import type { IssueList } from './issue-list.js';
import type { ProfileBinding } from './profile-tree.js';

/** Whether a code is in a value set; undefined where that cannot be told. `system` undefined: a bare code. */
export type IsMember = (valueSet: string, system: string | undefined, code: string) => boolean | undefined;

/**
 * Holds a code, Coding, CodeableConcept or Quantity against a binding. Required: an error. Extensible: a warning, since a
 * better code may be outside. Preferred: for information. What cannot be told is said, never passed over.
 */
export function checkBinding(
  value: unknown,
  { strength, valueSet, most }: ProfileBinding,
  at: string,
  found: IssueList,
  isMember: IsMember,
): void {
  const codes = codesIn(value);
  if (most !== undefined && strength !== 'required' && codes.length > 0 && membership(value, most, isMember) === false)
    found.report('code-invalid', `A code of the value set ${most} is needed here at least.`, at);
  if (!Object.hasOwn(severities, strength)) return;
  const answer = membership(value, valueSet, isMember);
  if (answer === true) return;
  if (answer === undefined) {
    if (codes.length > 0)
      found.report(
        'incomplete',
        `Whether the code is in the value set ${valueSet} cannot be told here.`,
        at,
        'information',
      );
    return;
  }
  const severity = severities[strength]!;
  if (strength === 'required') {
    if (codes.length > 0 || !isObject(value) || value.extension === undefined)
      found.report('code-invalid', `A code of the value set ${valueSet} is needed here.`, at);
  } else if (codes.length > 0)
    // Both leave room for what is not in the set, and for text alone.
    found.report('code-invalid', `A code of the value set ${valueSet} is used here, if one fits.`, at, severity);
}

const severities: Readonly<Record<string, 'error' | 'warning' | 'information'>> = {
  required: 'error',
  extensible: 'warning',
  preferred: 'information',
};

/** Whether one of the codes is in the value set; undefined where that cannot be told. */
export function membership(value: unknown, valueSet: string, isMember: IsMember): boolean | undefined {
  const codes = codesIn(value);
  const answers = codes.map(({ system, code }) => isMember(valueSet, system, code));
  if (answers.includes(true)) return true;
  if (answers.includes(undefined)) return undefined;
  // Text alone: no member of any value set that is known.
  return codes.length === 0 && isMember(valueSet, undefined, '') === undefined ? undefined : false;
}

/** The codes of a code, Coding, CodeableConcept or Quantity; one without a system is of none. */
function codesIn(value: unknown): readonly { readonly system?: string; readonly code: string }[] {
  if (typeof value === 'string') return [{ code: value }];
  if (!isObject(value)) return [];
  if (Array.isArray(value.coding)) return value.coding.flatMap(codesIn);
  const { system, code } = value;
  return typeof code === 'string' ? [{ system: typeof system === 'string' ? system : '', code }] : [];
}
