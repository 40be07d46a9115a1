import type { IncomingMessage, ServerResponse } from 'node:http';
import { MemoryStore, type Options } from 'express-rate-limit';
import { Failure } from '../kernel/failure.js';
import type { Authenticate } from './authenticate.js';

/** Refused because of how much was asked, with the time after which it is worth asking again. */
export class Throttled extends Failure {
  constructor(
    category: 'too-many' | 'busy',
    what: string,
    /** Seconds. */
    readonly retryAfter: number,
  ) {
    super(category, what);
  }
}

const windowMs = 60_000;

/** Requests per minute; 0: no limit. */
export interface Limits {
  /** Of one client. */
  readonly requests: number;
  /** With a token that is refused, from one address. */
  readonly refusals: number;
}

/**
 * Counts what each client asks, and what each address asks in vain. Each instance counts for itself: the limit keeps one
 * client from taking the others' share of a server, it is no quota.
 *
 * @throws Throttled too-many, beside what `authenticate` throws
 */
export function throttled(authenticate: Authenticate, limits: Limits): Authenticate {
  const ofClients = limits.requests > 0 ? counter() : undefined;
  const ofAddresses = limits.refusals > 0 ? counter() : undefined;
  const count = async (store: MemoryStore, key: string, limit: number): Promise<void> => {
    const { totalHits, resetTime } = await store.increment(key);
    if (totalHits <= limit) return;
    const wait = Math.max(
      1,
      Math.ceil(((resetTime?.getTime() ?? 0) - performance.timeOrigin - performance.now()) / 1000),
    );
    throw new Throttled(
      'too-many',
      `Too many requests; the limit is ${limit} a minute. Try again in ${wait} seconds.`,
      wait,
    );
  };
  return async (headers, request) => {
    let principal;
    try {
      principal = await authenticate(headers, request);
    } catch (error) {
      const refused = error instanceof Failure && error.category === 'unauthenticated';
      if (refused && ofAddresses !== undefined && request?.address !== undefined)
        await count(ofAddresses, request.address, limits.refusals);
      throw error;
    }
    if (ofClients !== undefined) await count(ofClients, principal.client, limits.requests);
    return principal;
  };
}

function counter(): MemoryStore {
  const store = new MemoryStore();
  store.init({ windowMs } as Options);
  return store;
}

/** Seconds until it is worth asking again. */
const shortWait = 1;

/** More requests than this at once are refused at once, so that those under way come to their end. */
export function notTooManyAtOnce(most: number) {
  let underWay = 0;
  return (_req: IncomingMessage, res: ServerResponse, next: (refused?: Throttled) => void): void => {
    if (underWay >= most)
      return next(new Throttled('busy', 'The server has as much to do as it can; try again shortly.', shortWait));
    underWay += 1;
    res.once('close', () => {
      underWay -= 1;
    });
    next();
  };
}
