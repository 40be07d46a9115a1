import type { IndexRow } from '../search/index-row.js';

/**
 * Keys by which subscriptions are grouped, so that a change only meets those that can concern it. A key says less than
 * the criteria (letter case is ignored, systems may be missing), never more: the exact matcher decides afterwards.
 */
export const codeKey = (param: string, system: string | undefined, code: string): string =>
  `${param}|c|${system === undefined ? '*' : system.toLowerCase()}|${code.toLowerCase()}`;

/** A literal reference: with the target's type where it is known. */
export const targetKey = (param: string, type: string | undefined, id: string): string => `${param}|r|${type ?? '*'}|${id}`;

/** A logical reference by identifier. */
export const logicalKey = (param: string, system: string | undefined, value: string): string =>
  `${param}|l|${system === undefined ? '*' : system.toLowerCase()}|${value.toLowerCase()}`;

/** Every key under which a subscription that matches this row may be filed. */
export function keysOfRow(row: IndexRow): readonly string[] {
  switch (row.kind) {
    case 'token':
      return [codeKey(row.param, row.system, row.code), codeKey(row.param, undefined, row.code)];
    case 'identifier':
      return [codeKey(row.param, row.system, row.value), codeKey(row.param, undefined, row.value)];
    case 'reference':
      return [
        ...(row.targetId === undefined ? [] : [targetKey(row.param, row.targetType, row.targetId), targetKey(row.param, undefined, row.targetId)]),
        ...(row.identifierValue === undefined
          ? []
          : [logicalKey(row.param, row.identifierSystem ?? '', row.identifierValue), logicalKey(row.param, undefined, row.identifierValue)]),
      ];
    default:
      return [];
  }
}
