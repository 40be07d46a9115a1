/** Numbers, units and circumstances of measuring as Norwegian readers have them. */

const units: Readonly<Record<string, string>> = { Cel: '°C', '/min': 'per minutt', 'mm[Hg]': 'mmHg' };

/** @param ucum code of https://ucum.org */
export const unitWords = (ucum: string): string => units[ucum] ?? ucum;

/** The number as it was written, with a decimal comma. */
export const numberWords = (value: string): string => value.replace('.', ',');

const contexts: Readonly<Record<string, string>> = { o2: 'med oksygen', air: 'uten oksygen', default: 'ellers' };

/** What a measuring context such as `o2` means. */
export const contextWords = (context: string): string => contexts[context] ?? context;
