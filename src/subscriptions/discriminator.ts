import type { IndexRow, ReferenceRow } from '../search/index-row.js';

/**
 * Keys by which subscriptions are grouped, so that a change only meets those that can concern it. A key says less than
 * the criteria (letter case is ignored, systems may be missing), never more: the exact matcher decides afterwards.
 */
export const codeKey = (param: string, system: string | undefined, code: string): string =>
  `${param}|c|${system === undefined ? '*' : system.toLowerCase()}|${code.toLowerCase()}`;

/** A literal reference, or a logical one that is known to mean this resource. */
export const targetKey = (param: string, id: string): string => `${param}|r|${id}`;

/** A logical reference by identifier. */
export const logicalKey = (param: string, system: string | undefined, value: string): string =>
  `${param}|l|${system === undefined ? '*' : system.toLowerCase()}|${value.toLowerCase()}`;

/**
 * Every key under which a subscription that matches this row may be filed.
 *
 * @param patients ids of the Patients that logical references mean, by `system|value`
 */
export function keysOfRow(row: IndexRow, patients?: ReadonlyMap<string, string>): readonly string[] {
  switch (row.kind) {
    case 'token':
      return [codeKey(row.param, row.system, row.code), codeKey(row.param, undefined, row.code)];
    case 'identifier':
      return [codeKey(row.param, row.system, row.value), codeKey(row.param, undefined, row.value)];
    case 'reference':
      return keysOfReference(row, patients);
    default:
      return [];
  }
}

function keysOfReference(row: ReferenceRow, patients: ReadonlyMap<string, string> | undefined): readonly string[] {
  const { param, targetId, identifierSystem = '', identifierValue } = row;
  const keys = targetId === undefined ? [] : [targetKey(param, targetId)];
  if (identifierValue === undefined) return keys;
  keys.push(logicalKey(param, identifierSystem, identifierValue), logicalKey(param, undefined, identifierValue));
  const patient = patients?.get(`${identifierSystem}|${identifierValue}`);
  if (patient !== undefined) keys.push(targetKey(param, patient));
  return keys;
}

/** What a row of the change log tells of beside the change itself: something that the rule engine found. */
export const signalOf = (kind: string): string | undefined => (kind === 'o' ? outsideLimits : undefined);

const outsideLimits = 'outside-limits';

/** Is it something that the rule engine tells of? */
export const isSignal = (signal: string): boolean => signal === outsideLimits;

/** Something that the rule engine found in a resource. */
export const signalKey = (signal: string): string => `!${signal}`;
