import { Failure } from '../kernel/failure.js';

/** https://www.rfc-editor.org/rfc/rfc9110#name-tokens */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const value = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Headers that belong to the connection or say what the body is. */
const reserved = new Set([
  'host',
  'connection',
  'content-length',
  'content-type',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'keep-alive',
  'expect',
  'proxy-authorization',
  'proxy-connection',
  'x-subscription-id',
  'x-event-number',
  'x-signature',
]);

/**
 * Subscription.channel.header (`Name: value` each) → names and values.
 *
 * @throws Failure naming the element that is no header, or one that the server sets itself. Never repeats the value
 */
export function parseHeaders(headers: unknown): readonly (readonly [string, string])[] {
  if (headers === undefined) return [];
  if (!Array.isArray(headers)) throw wrong('', 'The headers must be a list.');
  return headers.map((header: unknown, at) => {
    const colon = typeof header === 'string' ? header.indexOf(':') : -1;
    if (colon < 1) throw wrong(`[${at}]`, 'A header is written Name: value.');
    const name = (header as string).slice(0, colon).trim();
    const content = (header as string).slice(colon + 1).trim();
    if (!token.test(name)) throw wrong(`[${at}]`, 'The header name has characters that are not allowed.');
    if (!value.test(content)) throw wrong(`[${at}]`, 'The header value has characters that are not allowed.');
    if (reserved.has(name.toLowerCase()))
      throw wrong(`[${at}]`, `The header ${name} is set by the server and cannot be chosen.`);
    return [name, content] as const;
  });
}

const wrong = (where: string, why: string): Failure =>
  new Failure('unprocessable', why, { expression: `Subscription.channel.header${where}`, code: 'value' });
