// MIME multipart/related: https://www.rfc-editor.org/rfc/rfc2387
import { Failure } from '../../kernel/failure.js';

export interface MimePart {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded, where the part says base64. */
  readonly body: Uint8Array;
}

const mostParts = 50;

/**
 * Splits a multipart body.
 *
 * @param contentType of the whole, with its boundary
 * @throws Failure `invalid` without a boundary, or where the parts do not end
 */
export function readMultipart(contentType: string, bytes: Uint8Array): readonly MimePart[] {
  const boundary = /;\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  if (boundary === null) throw new Failure('invalid', 'The multipart message names no boundary.');
  const whole = Buffer.concat([Buffer.from('\r\n'), bytes]);
  const mark = Buffer.from(`\r\n--${boundary[1] ?? boundary[2]}`);
  const parts: MimePart[] = [];
  let at = whole.indexOf(mark);
  while (at >= 0) {
    const start = at + mark.length;
    if (whole.subarray(start, start + 2).toString() === '--') return parts;
    const end = whole.indexOf(mark, start);
    if (end < 0 || parts.length === mostParts) break;
    parts.push(part(whole.subarray(whole.indexOf('\n', start) + 1, end)));
    at = end;
  }
  throw new Failure('invalid', 'The multipart message is cut off, or has too many parts.');
}

function part(bytes: Buffer): MimePart {
  const blank = /^\r?\n|\r?\n\r?\n/.exec(bytes.subarray(0, 8192).toString('latin1'));
  if (blank === null) throw new Failure('invalid', 'A part of the multipart message has no end of its headers.');
  const lines = bytes
    .subarray(0, blank.index)
    .toString('latin1')
    .replace(/\r?\n[ \t]+/g, ' ')
    .split(/\r?\n/);
  const headers = Object.fromEntries(
    lines.flatMap((line) => {
      const colon = line.indexOf(':');
      return colon < 0 ? [] : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]];
    }),
  );
  const body = bytes.subarray(blank.index + blank[0].length);
  const encoded = headers['content-transfer-encoding']?.toLowerCase() === 'base64';
  return { headers, body: encoded ? Buffer.from(body.toString('latin1'), 'base64') : body };
}

/** `Content-ID` without its angle brackets. */
export const contentId = ({ headers }: MimePart): string | undefined => headers['content-id']?.replace(/^<|>$/g, '');

export interface OutboundPart {
  readonly contentType: string;
  readonly contentId: string;
  readonly body: Uint8Array;
}

/** Writes the parts, the first as the root; everything in base64 but the root. */
export function writeMultipart(
  parts: readonly OutboundPart[],
  boundary: string,
): { readonly contentType: string; readonly body: Buffer } {
  const chunks = parts.flatMap(({ contentType, contentId: id, body }, index) => {
    const base64 = index > 0;
    const head = `--${boundary}\r\nContent-Type: ${contentType}\r\nContent-ID: <${id}>\r\nContent-Transfer-Encoding: ${base64 ? 'base64' : '8bit'}\r\n\r\n`;
    const text = base64
      ? Buffer.from(
          Buffer.from(body)
            .toString('base64')
            .replace(/(.{76})/g, '$1\r\n'),
        )
      : body;
    return [Buffer.from(head), text, Buffer.from('\r\n')];
  });
  return {
    contentType: `multipart/related; type="text/xml"; boundary="${boundary}"; start="<${parts[0]?.contentId ?? ''}>"`,
    body: Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]),
  };
}
