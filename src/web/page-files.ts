import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** One file of the pages, ready to be sent. */
export interface PageFile {
  readonly type: string;
  /** Strong, of the content as it is before packing. */
  readonly etag: string;
  /** By content coding; `identity` is always there. */
  readonly bodies: Readonly<Record<'identity' | 'br' | 'gzip', Buffer>>;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * The bundled pages, read into memory: they are small and sent often.
 *
 * @param folder `generated/pages` of the package
 * @returns by path below the folder: `index.html`, `assets/index-abc123.js`
 */
export async function loadPageFiles(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const names = JSON.parse(await readFile(path.join(folder, 'files.json'), 'utf8')) as readonly string[];
  const read = (name: string): Promise<Buffer> => readFile(path.join(folder, name));
  const entries = names.map(async (name): Promise<[string, PageFile]> => {
    const [identity, br, gzip] = await Promise.all([read(name), read(`${name}.br`), read(`${name}.gz`)]);
    const etag = `"${createHash('sha256').update(identity).digest('base64url').slice(0, 22)}"`;
    const type = types[path.extname(name)] ?? 'application/octet-stream';
    return [name, { type, etag, bodies: { identity, br, gzip } }];
  });
  return new Map(await Promise.all(entries));
}
