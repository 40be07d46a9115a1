import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Clock } from '../kernel/clock.js';
import { Failure } from '../kernel/failure.js';

const minute = 60_000;
/** Keys are asked for again after this time … */
const fresh = 10 * minute;
/** … and those that are known go on being used for this long while the issuer does not answer. */
const longestOffline = 24 * 60 * minute;
/** An unknown key has them asked for again, but not more often than this. */
const cooldown = 30_000;
const patience = 5000;
const longestSet = 1_000_000;

/**
 * The keys of an issuer by the address of its key set: kept, asked for again in the background, and at once where a token
 * names a key that is not known (rotation). While the issuer is down, known keys go on working.
 */
export function remoteKeys(url: string, clock: Clock): JWTVerifyGetKey {
  let known: { readonly find: JWTVerifyGetKey; readonly since: number } | undefined;
  let asked = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;

  const ask = (): Promise<void> => {
    asked = clock.now();
    asking ??= fetchKeys(url)
      .then((set) => {
        known = { find: createLocalJWKSet(set), since: clock.now() };
      })
      .finally(() => (asking = undefined));
    return asking;
  };
  const rested = (): boolean => clock.now() - asked >= cooldown;

  return async (header, token) => {
    if (known === undefined || clock.now() - known.since > longestOffline) {
      await ask().catch((cause: unknown) => {
        throw unreachable(cause);
      });
    } else if (clock.now() - known.since > fresh && rested()) ask().catch(() => undefined);
    try {
      return await known!.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !rested()) throw error;
      await ask().catch((cause: unknown) => {
        throw unreachable(cause);
      });
      return known!.find(header, token);
    }
  };
}

async function fetchKeys(url: string): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(patience),
    headers: { accept: 'application/jwk-set+json, application/json' },
  });
  const text = response.ok ? await response.text() : '';
  if (!response.ok || text.length > longestSet) {
    await response.body?.cancel().catch(() => undefined);
    throw new Error(`the key set answered ${response.status}`);
  }
  return JSON.parse(text) as JSONWebKeySet;
}

const unreachable = (cause: unknown): Failure =>
  new Failure('busy', 'The keys of the token issuer cannot be fetched; try again shortly.', { cause });
