import { Failure } from '../../kernel/failure.js';

/**
 * `a=1&b:exact=x%20y` → pairs, decoded; `+` is a space (application/x-www-form-urlencoded).
 *
 * @throws Failure `invalid` where a percent sign is not followed by UTF-8 in hexadecimal, and for the character NUL
 */
export function parseQuery(query: string): [string, string][] {
  return query
    .replace(/^\?/, '')
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=');
      return at === -1 ? [decode(part), ''] : [decode(part.slice(0, at)), decode(part.slice(at + 1))];
    });
}

function decode(text: string): string {
  const decoded = decodePercent(text);
  if (decoded.includes('\0')) throw new Failure('invalid', 'The query holds the control character NUL.');
  return decoded;
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new Failure(
      'invalid',
      'A percent sign in the query is not followed by two hexadecimal digits of UTF-8; write % as %25.',
    );
  }
}

/** Pairs → query text. Only what a query cannot hold is escaped, so that people can read it. */
export function printQuery(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/%(3A|2C|2F|24)/g, (code) => decodeURIComponent(code));

/** The address with its query, where it has one. */
export const withQuery = (address: string, pairs: readonly (readonly [string, string])[]): string =>
  pairs.length === 0 ? address : `${address}?${printQuery(pairs)}`;
