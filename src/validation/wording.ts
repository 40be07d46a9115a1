import { looksLikeIdentityNumber } from '../fhir/national-identifiers.js';

/** What a client sent, in quotes, where it is short and cannot be personal; else `fallback`. */
export function quoted(text: unknown, fallback: string): string {
  return typeof text === 'string' &&
    /^[\w.:/|-]{1,60}$/.test(text) &&
    !/\d{6}/.test(text) &&
    !looksLikeIdentityNumber(text)
    ? `"${text}"`
    : fallback;
}

/** `a, b or c`; a long list is cut. */
export function alternatives(names: Iterable<string>): string {
  const all = [...names];
  const shown = all.slice(0, 20);
  if (all.length > shown.length) return `${shown.join(', ')} and ${all.length - shown.length} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
}
