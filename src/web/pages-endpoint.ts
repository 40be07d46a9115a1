import type { NextFunction, Request, Response } from 'express';
import type { PageFile } from './page-files.js';
import { pagePolicy } from './page-policy.js';

export interface Pages {
  readonly files: ReadonlyMap<string, PageFile>;
  /** Origins beside our own that the pages fetch from: the token issuers'. */
  readonly connect: readonly string[];
}

/** Addresses of the pages; all of them are the one document, which looks at its address itself. */
export const pageAddresses: readonly string[] = [
  '/',
  '/varsler',
  '/moteliste',
  '/trend',
  '/plan',
  '/henvisninger',
  '/min-side',
  '/launch',
  '/callback',
];

/** Serves the pages for people; every other address is passed on. */
export function pagesEndpoint({ files, connect }: Pages) {
  const headers = pagePolicy(connect);
  const addresses = new Set(pageAddresses);
  return (req: Request, res: Response, next: NextFunction): void => {
    const file = addresses.has(req.path) ? files.get('index.html') : assetAt(req.path, files);
    if (file === undefined || (req.method !== 'GET' && req.method !== 'HEAD')) {
      next();
      return;
    }
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
    // The name of an asset holds the hash of its content; the document says which assets are the newest.
    res.setHeader('Cache-Control', addresses.has(req.path) ? 'no-cache' : 'public, max-age=31536000, immutable');
    res.setHeader('Vary', 'Accept-Encoding');
    res.setHeader('ETag', file.etag);
    if (req.headers['if-none-match'] === file.etag) {
      res.status(304).end();
      return;
    }
    const coding = codingFor(req);
    const body = file.bodies[coding];
    res.setHeader('Content-Type', file.type);
    if (coding !== 'identity') res.setHeader('Content-Encoding', coding);
    res.setHeader('Content-Length', body.length);
    res.end(req.method === 'HEAD' ? undefined : body);
  };
}

const assetAt = (place: string, files: Pages['files']): PageFile | undefined =>
  place.startsWith('/assets/') ? files.get(place.slice(1)) : undefined;

const codingFor = (req: Request): 'br' | 'gzip' | 'identity' => {
  const best = req.acceptsEncodings('br', 'gzip', 'identity');
  return best === 'br' || best === 'gzip' ? best : 'identity';
};
