// https://fetch.spec.whatwg.org/#http-cors-protocol
import type { NextFunction, Request, Response } from 'express';

/** What a script may read of an answer, beside its body. */
const exposed = [
  'Content-Location',
  'DPoP-Nonce',
  'ETag',
  'Last-Modified',
  'Location',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
].join(', ');
const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const headers = [
  'Accept',
  'Authorization',
  'Content-Type',
  'DPoP',
  'If-Match',
  'If-Modified-Since',
  'If-None-Exist',
  'If-None-Match',
  'Prefer',
].join(', ');

/**
 * Lets scripts of the configured origins call; those of others get no word that lets them read an answer. There are no
 * cookies in these calls, so none are allowed.
 *
 * @param origins `https://app.example`, as browsers write them
 */
export function crossOrigin(origins: readonly string[]) {
  const known = new Set(origins);
  return (req: Request, res: Response, next: NextFunction): void => {
    if (known.size > 0) res.vary('Origin');
    const { origin } = req.headers;
    if (origin === undefined || !known.has(origin)) {
      next();
      return;
    }
    res.setHeader('Access-Control-Allow-Origin', origin);
    if (req.method !== 'OPTIONS' || req.headers['access-control-request-method'] === undefined) {
      res.setHeader('Access-Control-Expose-Headers', exposed);
      next();
      return;
    }
    res.setHeader('Access-Control-Allow-Methods', methods);
    res.setHeader('Access-Control-Allow-Headers', headers);
    res.setHeader('Access-Control-Max-Age', '600');
    res.status(204).end();
  };
}
