import { isIdentityNumberSystem, looksLikeIdentityNumber } from '../fhir/national-identifiers.js';
import { Failure } from '../kernel/failure.js';
import type { FhirRequest } from './request.js';

/**
 * Refuses an address that nothing can stand at, or that nothing may stand at: no URL holds a national identity number
 * (decision 19). The pairs of a form and of a Bundle entry are no part of a URL.
 *
 * @throws Failure('invalid') with the advice where to put the number instead
 */
export function refuseAddress({ segments, query }: Pick<FhirRequest, 'segments' | 'query'>): void {
  if (segments.some((segment) => segment.includes('\0')))
    throw new Failure('invalid', 'The path of the URL holds the character NUL.');
  const inPath = segments.some(looksLikeIdentityNumber);
  const inQuery = query.some(
    ([name, value]) =>
      looksLikeIdentityNumber(name) ||
      (!opaque.has(name) && value.split(',').some((one) => isIdentityNumber(one, name))) ||
      (freeText.test(name) && (value.match(/\d+/g) ?? []).some(looksLikeIdentityNumber)),
  );
  if (!inPath && !inQuery) return;
  throw new Failure(
    'invalid',
    'A national identity number must not stand in a URL. Search with POST [type]/_search, If-None-Exist or a Bundle entry instead.',
    { code: 'security' },
  );
}

/** Written by this server. */
const opaque: ReadonlySet<string> = new Set(['_page', '_cursor']);

/** Their values hold numbers among other words. */
const freeText = /(?:^|[.:])_(?:filter|text|content)$|^(?:query|variables)$/;

/** `number`, `|number`, `system|number` of an identity number's system, and `type system|type|number`. */
function isIdentityNumber(value: string, name: string): boolean {
  const parts = value.split('|');
  const last = parts.at(-1)!;
  if (parts.length === 1 || parts[0] === '' || name.endsWith(':of-type')) return looksLikeIdentityNumber(last);
  return isIdentityNumberSystem(parts[0]!) && value.length > parts[0]!.length + 1;
}
