import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { ServerResponse } from 'node:http';
import type { Coding } from './content-coding.js';

/** Sends pieces as they come, no faster than the caller takes them. Where that fails midway, the connection is broken off. */
export async function sendStream(
  res: ServerResponse,
  pieces: AsyncIterable<string>,
  { contentType, coding }: { readonly contentType: string; readonly coding: Coding | undefined },
): Promise<void> {
  res.setHeader('Content-Type', contentType);
  const source = Readable.from(pieces, { objectMode: false });
  try {
    if (coding === undefined) await pipeline(source, res);
    else {
      res.setHeader('Content-Encoding', 'gzip');
      await pipeline(source, createGzip({ level: 4 }), res);
    }
  } catch {
    res.destroy();
  }
}
