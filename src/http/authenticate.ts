/**
 * Who calls: an access token, a JWT of a trusted issuer, shown as a bearer or with a proof of its key (DPoP), as the issuer's
 * settings say and never both ways.
 * https://www.rfc-editor.org/rfc/rfc6750 · https://www.rfc-editor.org/rfc/rfc9068 · https://www.rfc-editor.org/rfc/rfc8725
 * https://www.rfc-editor.org/rfc/rfc9449
 */
import { createHash } from 'node:crypto';
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { representativeParty } from '../access/consent-permits.js';
import type { Principal } from '../access/principal.js';
import type { Clock } from '../kernel/clock.js';
import { Failure } from '../kernel/failure.js';
import { checkProof, type DpopSettings, type ProvenRequest } from './dpop-proof.js';
import { acceptedAlgorithms, type IssuerSettings } from './issuer-settings.js';
import { pidOfClaims, principalOfClaims } from './principal-of-claims.js';
import { TokenRefused, type TokenScheme } from './token-failure.js';
import { remoteKeys } from './token-keys.js';

export { challenge } from './token-failure.js';

export interface AuthenticatorSettings {
  readonly issuers: readonly IssuerSettings[];
  readonly clock: Clock;
  /** Seconds by which clocks may differ. */
  readonly tolerance?: number;
  /** Makes the scopes of a caller ready for use (`withNarrowings`). */
  readonly prepare?: (principal: Principal) => Promise<Principal>;
  /** Logical id of the Patient with the identity number that a citizen's token names. */
  readonly patientOf?: (identityNumber: string, controller: string) => Promise<string | undefined>;
  /** Logical ids of the RelatedPersons with that identity number: whom a citizen may represent. */
  readonly relatedPersonsOf?: (identityNumber: string, controller: string) => Promise<readonly string[]>;
  /** Needed where an issuer's tokens are bound to keys. */
  readonly dpop?: DpopSettings;
  /** Most verified tokens remembered. */
  readonly remembered?: number;
}

/** What is asked of the request: its headers as Node.js gives them. */
export interface RequestHeaders {
  readonly authorization?: string | undefined;
  readonly dpop?: string | readonly string[] | undefined;
}

/**
 * @param request what a proof of possession must be for; without it no bound token is taken
 * @throws Failure('unauthenticated'); 'busy' when the issuer's keys cannot be fetched
 */
export type Authenticate = (headers: RequestHeaders, request?: ProvenRequest) => Promise<Principal>;

interface Trusted {
  readonly settings: IssuerSettings;
  readonly key: JWTVerifyGetKey;
}

interface Remembered {
  readonly principal: Principal;
  readonly settings: IssuerSettings;
  /** Thumbprint of the key that the token is bound to. */
  readonly thumbprint: string | undefined;
  /** Milliseconds since 1970. */
  readonly until: number;
}

const longestToken = 12_288;
/** A token is verified anew after this time, so that a key taken out of use stops working. */
const longestMemory = 300_000;
/** A code that a scope's query names may be met for the first time at any moment, and a citizen may become, or no more be, somebody’s relative. */
const preparedMemory = 10_000;
const defaultTolerance = 5;

/** @throws Failure('fault') when a client is registered with two issuers: its rows would be the other's too */
export function createAuthenticator(settings: AuthenticatorSettings): Authenticate {
  const { clock, tolerance = defaultTolerance, remembered = 10_000 } = settings;
  const trusted = new Map(
    settings.issuers.map((issuer) => [issuer.issuer, { settings: issuer, key: keyFinder(issuer, clock) }]),
  );
  refuseSharedClients(settings.issuers);
  const known = new Map<string, Remembered>();
  const printOf = tokenPrints(100);
  const offered: TokenScheme = settings.issuers.every((issuer) => issuer.binding === 'dpop') ? 'DPoP' : 'Bearer';

  const recognised = async (authorization: string | undefined, now: number): Promise<Remembered> => {
    const print = printOf(authorization);
    const found = known.get(print);
    if (found !== undefined && now < found.until) return found;
    known.delete(print);
    const {
      payload,
      settings: issuer,
      expires,
    } = await verified(shownToken(authorization, offered).token, trusted, {
      now,
      tolerance,
    });
    const pid = pidOfClaims(payload, issuer);
    const caller = await withPatient(principalOfClaims(payload, issuer), pid, settings);
    const principal = (await settings.prepare?.(caller)) ?? caller;
    if (known.size >= remembered) known.delete(known.keys().next().value!);
    const lasting = principal === caller && (caller.role !== 'citizen' || pid === undefined);
    const until = Math.min(expires, now + (lasting ? longestMemory : preparedMemory));
    const made = { principal, settings: issuer, thumbprint: thumbprintOf(payload), until };
    known.set(print, made);
    return made;
  };

  return async (headers, request) => {
    const now = clock.now();
    const { principal, settings: issuer, thumbprint } = await recognised(headers.authorization, now);
    const { scheme, token } = shownToken(headers.authorization, offered);
    if (issuer.binding !== 'dpop') {
      if (scheme !== 'Bearer') throw refused('tokens of this issuer are bearer tokens');
      return principal;
    }
    const bound = (why: string): TokenRefused =>
      new TokenRefused(`The access token cannot be used: ${why}.`, { scheme: 'DPoP', error: 'invalid_token' });
    if (scheme !== 'DPoP') throw bound('tokens of this issuer are shown with a proof of their key (DPoP)');
    if (thumbprint === undefined) throw bound('it is bound to no key');
    if (settings.dpop === undefined || request === undefined) throw bound('no proof can be given here');
    const needsNonce = issuer.nonce === true;
    await checkProof({ header: headers.dpop, token, thumbprint, request, now, needsNonce }, settings.dpop);
    return principal;
  };
}

/**
 * A citizen by their identity number: their own Patient, and the RelatedPersons that they are. A token that says another
 * patient than the person's own is refused: a representative sees by recorded consent, not by the word of an app.
 */
async function withPatient(
  caller: Principal,
  pid: string | undefined,
  { patientOf, relatedPersonsOf }: AuthenticatorSettings,
): Promise<Principal> {
  if (caller.role !== 'citizen' || pid === undefined) return caller;
  const own = await patientOf?.(pid, caller.controller);
  if (caller.patient !== undefined && own !== undefined && own !== caller.patient)
    throw refused('its patient is not the person who logged in');
  const patient = caller.patient ?? own;
  const related = (await relatedPersonsOf?.(pid, caller.controller)) ?? [];
  return {
    ...caller,
    ...(patient !== undefined && { patient }),
    parties: [...caller.parties, ...related.map(representativeParty)],
  };
}

function thumbprintOf({ cnf }: JWTPayload): string | undefined {
  const jkt = (cnf as { readonly jkt?: unknown } | undefined)?.jkt;
  return typeof jkt === 'string' ? jkt : undefined;
}

/** What stands for a token in the memory of verified ones; those that are used right now are not hashed for each request. */
function tokenPrints(most: number): (authorization: string | undefined) => string {
  const prints = new Map<string, string>();
  return (authorization) => {
    const known = prints.get(authorization ?? '');
    if (known !== undefined) return known;
    const print = createHash('sha256').update(shownToken(authorization, 'Bearer').token).digest('base64');
    if (prints.size >= most) prints.clear();
    prints.set(authorization!, print);
    return print;
  };
}

const keyFinder = ({ keys }: IssuerSettings, clock: Clock): JWTVerifyGetKey =>
  'set' in keys ? createLocalJWKSet(keys.set) : remoteKeys(keys.url, clock);

function refuseSharedClients(issuers: readonly IssuerSettings[]): void {
  const seen = new Set<string>();
  for (const id of issuers.flatMap((issuer) => Object.keys(issuer.clients))) {
    if (seen.has(id))
      throw new Failure('fault', `Client ${id} is registered with two issuers; a client id names one client.`);
    seen.add(id);
  }
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-2.1, https://www.rfc-editor.org/rfc/rfc9449#section-7.1 */
function shownToken(authorization: string | undefined, offered: TokenScheme): { scheme: TokenScheme; token: string } {
  if (authorization === undefined || authorization === '') {
    throw new TokenRefused(
      `This request needs an access token: Authorization: ${offered} …`,
      { scheme: offered },
      { code: 'login' },
    );
  }
  const [, scheme, token] = /^(Bearer|DPoP) +([A-Za-z0-9\-._~+/]+=*)$/i.exec(authorization) ?? [];
  if (authorization.length > longestToken || token === undefined) throw refused('it is not a bearer token');
  return { scheme: scheme!.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer', token };
}

async function verified(
  token: string,
  trusted: ReadonlyMap<string, Trusted>,
  { now, tolerance }: { now: number; tolerance: number },
): Promise<{ payload: JWTPayload; settings: IssuerSettings; expires: number }> {
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
    if (payload.cnf !== undefined && settings.binding !== 'dpop')
      throw refused('it is bound to a key and cannot be used as a bearer token');
    return { payload, settings, expires };
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
