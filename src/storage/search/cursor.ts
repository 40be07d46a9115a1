import { Failure } from '../../kernel/failure.js';
import type { SearchRequest } from '../../search/parse/request.js';

/** Where a page ended: sort values of its last row (null: it has none), and its rid. */
export interface Cursor {
  /** Sorted rows first, then those without a value of the first sort parameter. */
  readonly segment: 'valued' | 'missing';
  readonly keys: readonly (string | number | null)[];
  readonly rid: number;
}

/** Opaque text for links. It holds sort values, so whoever puts it into a URL decides whether they may stand there. */
export function printCursor(cursor: Cursor, request: SearchRequest): string {
  return Buffer.from(
    JSON.stringify([sortName(request), cursor.segment === 'valued' ? 0 : 1, cursor.rid, ...cursor.keys]),
  ).toString('base64url');
}

/** @throws Failure `invalid` where the text is no cursor of this search */
export function parseCursor(request: SearchRequest): Cursor | undefined {
  if (request.cursor === undefined) return undefined;
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(request.cursor, 'base64url').toString('utf8'));
  } catch {
    throw wrongCursor();
  }
  if (!Array.isArray(parts)) throw wrongCursor();
  const [name, segment, rid, ...keys] = parts as unknown[];
  const usable = keys.every(
    (key) => key === null || typeof key === 'string' || (typeof key === 'number' && Number.isFinite(key)),
  );
  if (
    name !== sortName(request) ||
    (segment !== 0 && segment !== 1) ||
    !Number.isSafeInteger(rid) ||
    !usable ||
    keys.length !== request.sort.length
  )
    throw wrongCursor();
  return {
    segment: segment === 0 ? 'valued' : 'missing',
    keys: keys as (string | number | null)[],
    rid: rid as number,
  };
}

/** The place that the client names does not exist. */
export const wrongCursor = (): Failure =>
  new Failure('invalid', 'The page that _cursor names does not belong to this search; begin at its first page.');

const sortName = ({ sort }: SearchRequest): string =>
  sort.map(({ parameter, descending }) => (descending ? '-' : '') + parameter.code).join();
