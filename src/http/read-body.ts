import type { IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';
import { Failure } from '../kernel/failure.js';

/** Reads the body of a request into `req.body`, a Buffer. @throws Failure too-large, unsupported-media, invalid */
export type ReadBody = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

/**
 * Bodies are read raw, whatever their type: what they must be is said by the endpoint, with a proper answer. The endpoint
 * calls this once it knows who asks, so that nobody without a token can fill the memory.
 *
 * @param limit bytes, after decompression
 */
export function bodyReader(limit: number): ReadBody {
  const read = express.raw({ type: () => true, limit });
  return (req, res) =>
    new Promise((resolve, reject) => {
      read(req, res, (error?: unknown) => (error === undefined ? resolve() : reject(bodyFailure(error, limit))));
    });
}

/** What the body parser refuses. https://github.com/expressjs/body-parser#errors */
function bodyFailure(error: unknown, limit: number): unknown {
  const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown };
  if (type === 'entity.too.large')
    return new Failure('too-large', `The body is larger than ${limit} bytes; send it in parts.`);
  if (type === 'encoding.unsupported')
    return new Failure('unsupported-media', 'Content-Encoding must be gzip, deflate, br or none.');
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new Failure('invalid', 'The request could not be read.', { cause: error });
  return error;
}
