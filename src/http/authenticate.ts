/**
 * Who calls: a bearer token, a JWT of a trusted issuer. Nothing is open.
 * https://www.rfc-editor.org/rfc/rfc6750 · https://www.rfc-editor.org/rfc/rfc9068 · https://www.rfc-editor.org/rfc/rfc8725
 */
import { createHash } from 'node:crypto';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import type { Principal } from '../access/principal.js';
import type { Clock } from '../kernel/clock.js';
import { Failure } from '../kernel/failure.js';
import { acceptedAlgorithms, type IssuerSettings } from './issuer-settings.js';
import { principalOfClaims } from './principal-of-claims.js';

export interface AuthenticatorSettings {
  readonly issuers: readonly IssuerSettings[];
  readonly clock: Clock;
  /** Seconds by which clocks may differ. */
  readonly tolerance?: number;
  /** Makes the scopes of a caller ready for use (`withNarrowings`). */
  readonly prepare?: (principal: Principal) => Promise<Principal>;
  /** Most verified tokens remembered. */
  readonly remembered?: number;
}

/** What is asked of the request: its headers as Node.js gives them. */
export interface RequestHeaders {
  readonly authorization?: string | undefined;
}

/** @throws Failure('unauthenticated'); 'busy' when the issuer's keys cannot be fetched */
export type Authenticate = (headers: RequestHeaders) => Promise<Principal>;

interface Trusted {
  readonly settings: IssuerSettings;
  readonly key: JWTVerifyGetKey;
}

interface Remembered {
  readonly principal: Principal;
  /** Milliseconds since 1970. */
  readonly until: number;
}

const longestToken = 12_288;
/** A token is verified anew after this time, so that a key taken out of use stops working. */
const longestMemory = 300_000;
/** A code that a scope's query names may be met for the first time at any moment. */
const preparedMemory = 10_000;
const defaultTolerance = 5;

/** @throws Failure('fault') when a client is registered with two issuers: its rows would be the other's too */
export function createAuthenticator(settings: AuthenticatorSettings): Authenticate {
  const { clock, tolerance = defaultTolerance, remembered = 10_000 } = settings;
  const trusted = new Map(
    settings.issuers.map((issuer) => [issuer.issuer, { settings: issuer, key: keyFinder(issuer) }]),
  );
  refuseSharedClients(settings.issuers);
  const known = new Map<string, Remembered>();
  const printOf = tokenPrints(100);

  return async (headers) => {
    const print = printOf(headers.authorization);
    const now = clock.now();
    const found = known.get(print);
    if (found !== undefined && now < found.until) return found.principal;
    known.delete(print);
    const { principal: caller, expires } = await verified(bearerToken(headers.authorization), trusted, {
      now,
      tolerance,
    });
    const principal = (await settings.prepare?.(caller)) ?? caller;
    if (known.size >= remembered) known.delete(known.keys().next().value!);
    const memory = principal === caller ? longestMemory : preparedMemory;
    known.set(print, { principal, until: Math.min(expires, now + memory) });
    return principal;
  };
}

/** What stands for a token in the memory of verified ones; those that are used right now are not hashed for each request. */
function tokenPrints(most: number): (authorization: string | undefined) => string {
  const prints = new Map<string, string>();
  return (authorization) => {
    const known = prints.get(authorization ?? '');
    if (known !== undefined) return known;
    const print = createHash('sha256').update(bearerToken(authorization)).digest('base64');
    if (prints.size >= most) prints.clear();
    prints.set(authorization!, print);
    return print;
  };
}

function keyFinder({ keys }: IssuerSettings): JWTVerifyGetKey {
  if ('set' in keys) return createLocalJWKSet(keys.set);
  const remote = createRemoteJWKSet(new URL(keys.url), {
    timeoutDuration: 5000,
    cooldownDuration: 30_000,
    cacheMaxAge: 600_000,
  });
  return async (header, token) => {
    try {
      return await remote(header, token);
    } catch (error) {
      if (isAboutToken(error)) throw error;
      throw new Failure('busy', 'The keys of the token issuer cannot be fetched; try again shortly.', { cause: error });
    }
  };
}

/** The key set was there, but has no key for this token. Everything else is the fetching. */
const isAboutToken = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JOSENotSupported;

function refuseSharedClients(issuers: readonly IssuerSettings[]): void {
  const seen = new Set<string>();
  for (const id of issuers.flatMap((issuer) => Object.keys(issuer.clients))) {
    if (seen.has(id))
      throw new Failure('fault', `Client ${id} is registered with two issuers; a client id names one client.`);
    seen.add(id);
  }
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined || authorization === '') {
    throw new Failure('unauthenticated', 'This request needs an access token: Authorization: Bearer …', {
      code: 'login',
    });
  }
  const token = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(authorization)?.[1];
  if (authorization.length > longestToken || token === undefined) throw refused('it is not a bearer token');
  return token;
}

async function verified(
  token: string,
  trusted: ReadonlyMap<string, Trusted>,
  { now, tolerance }: { now: number; tolerance: number },
): Promise<{ principal: Principal; expires: number }> {
  try {
    const { settings, key } = issuerOf(token, trusted);
    const { payload } = await jwtVerify(token, key, {
      issuer: settings.issuer,
      audience: settings.audience,
      algorithms: settings.algorithms.filter((algorithm) => acceptedAlgorithms.includes(algorithm)),
      requiredClaims: ['exp', 'iat'],
      clockTolerance: tolerance,
      currentDate: new Date(now),
    });
    const expires = checkedTimes(payload, now, tolerance);
    // A token that is bound to a key (DPoP, mTLS) is worth nothing without the proof, and a bearer shows none.
    if (payload.cnf !== undefined) throw refused('it is bound to a key and cannot be used as a bearer token');
    return { principal: principalOfClaims(payload, settings), expires };
  } catch (error) {
    throw failureOf(error);
  }
}

/** The issuer that the token says it is from, and by whose keys it must then be signed. */
function issuerOf(token: string, trusted: ReadonlyMap<string, Trusted>): Trusted {
  const { iss } = decodeJwt(token);
  const found = typeof iss === 'string' ? trusted.get(iss) : undefined;
  if (found === undefined) throw refused('its issuer is not trusted here');
  const type = decodeProtectedHeader(token).typ;
  if (typeof type !== 'string' || !found.settings.types.includes(type.toLowerCase().replace(/^application\//, ''))) {
    throw refused('it is not an access token (header typ)');
  }
  return found;
}

function checkedTimes(payload: JWTPayload, now: number, tolerance: number): number {
  const latest = now / 1000 + tolerance;
  if (typeof payload.iat !== 'number' || payload.iat > latest) throw refused('it was issued in the future');
  return payload.exp! * 1000;
}

/** The cause is left out where it would carry the claims into a log. */
function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof errors.JWTExpired)
    return new Failure('unauthenticated', 'The access token has expired; get a new one.', { code: 'expired' });
  if (error instanceof errors.JWTClaimValidationFailed)
    return refused(`claim ${error.claim} is missing or not accepted`);
  if (error instanceof errors.JWSSignatureVerificationFailed) return refused('its signature is wrong');
  if (error instanceof errors.JOSEAlgNotAllowed) return refused('its algorithm is not accepted');
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return refused('its key is not one of the issuer’s');
  return refused('it is malformed');
}

const refused = (why: string): Failure =>
  new Failure('unauthenticated', `The access token cannot be used: ${why}.`, { code: 'security' });

/**
 * Header WWW-Authenticate of a 401. https://www.rfc-editor.org/rfc/rfc6750#section-3: no error code when the request had no
 * token at all.
 */
export function challenge(failure: Failure): string {
  const realm = 'Bearer realm="hjemmebro"';
  const [issue] = failure.issues;
  if (issue === undefined || issue.code === 'login') return realm;
  return `${realm}, error="invalid_token", error_description="${issue.diagnostics.replace(/[^\x20-\x7e]|["\\]/g, "'")}"`;
}
