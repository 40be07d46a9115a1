// https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export type Coding = 'br' | 'gzip';

/** Bytes; smaller bodies fit in one packet anyway. */
export const smallestPacked = 1024;

/** In the order of preference where the caller has none. */
const codings: readonly Coding[] = ['br', 'gzip'];

/** The coding that the caller likes best among those of this server; undefined: none. */
export function contentCoding(accepted: string | undefined): Coding | undefined {
  if (accepted === undefined) return undefined;
  const weights = new Map(
    accepted.split(',').map((part) => {
      const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
      const weight = parameters.find((piece) => piece.startsWith('q='))?.slice(2);
      return [name, weight === undefined ? 1 : Number(weight) || 0] as const;
    }),
  );
  const weightOf = (coding: Coding): number => weights.get(coding) ?? weights.get('*') ?? 0;
  const plain = weights.get('identity') ?? 0;
  const [best] = codings.filter((coding) => weightOf(coding) > 0).sort((a, b) => weightOf(b) - weightOf(a));
  return best === undefined || weightOf(best) < plain ? undefined : best;
}

const gzipped = promisify(gzip);
const brotlied = promisify(brotliCompress) as (
  body: Buffer,
  options: { params: Record<number, number> },
) => Promise<Buffer>;

/** Packed outside the main thread, and lightly: an answer is packed once and read once. */
export async function packed(body: string | Buffer, coding: Coding): Promise<Buffer> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  if (coding === 'gzip') return gzipped(bytes, { level: 4 });
  const params = { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return brotlied(bytes, { params });
}
