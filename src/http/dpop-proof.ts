/**
 * Proof of possession of the key that a token is bound to. https://www.rfc-editor.org/rfc/rfc9449
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, type JWTPayload, jwtVerify } from 'jose';
import { proofAlgorithms, TokenRefused } from './token-failure.js';

/** The request that a proof must have been made for. */
export interface ProvenRequest {
  readonly method: string;
  /** Path of the request as it came, with or without a query. */
  readonly path: string;
  /** Whence it came, for counting. */
  readonly address?: string | undefined;
}

export const provenRequest = (req: {
  readonly method: string;
  readonly originalUrl: string;
  readonly ip?: string | undefined;
}): ProvenRequest => ({ method: req.method, path: req.originalUrl, address: req.ip });

export interface DpopSettings {
  /** The public origin of this server, whatever a proxy makes of the address: `https://dho.example`. */
  readonly origin: string;
  /** Whether the proof is used for the first time; known to every instance. @param until milliseconds since 1970 */
  readonly firstUse: (print: Buffer, until: number) => Promise<boolean>;
  /** Key of the nonces; the same in every instance. */
  readonly nonceKey: Buffer;
}

export interface Proof {
  readonly header: string | readonly string[] | undefined;
  readonly token: string;
  /** Thumbprint of the key that the token is bound to (claim `cnf.jkt`). */
  readonly thumbprint: string;
  readonly request: ProvenRequest;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly needsNonce: boolean;
}

/** Seconds that a proof is good for, and by which clocks may differ. */
const longestAge = 15;
const skew = 5;
const longestProof = 8192;
/** Milliseconds that a nonce is given out; it is taken during the next such time too. */
const nonceTime = 150_000;

/** @throws TokenRefused, with a nonce where the issuer's tokens need one */
export async function checkProof(proof: Proof, settings: DpopSettings): Promise<void> {
  const { now, token, thumbprint, request, needsNonce } = proof;
  const refused = (why: string): TokenRefused =>
    new TokenRefused(`The DPoP proof cannot be used: ${why}.`, { scheme: 'DPoP', error: 'invalid_dpop_proof' });
  if (typeof proof.header !== 'string' || proof.header.length > longestProof || proof.header.includes(','))
    throw refused('there must be exactly one, in the header DPoP');
  const { payload, key } = await signed(proof.header, now).catch(() => {
    throw refused('its type, algorithm, key or signature is wrong');
  });
  const iat = payload.iat;
  if (typeof iat !== 'number' || iat > now / 1000 + skew || iat < now / 1000 - longestAge - skew)
    throw refused('its time of issue (iat) is not now');
  if (payload['htm'] !== request.method) throw refused('it is for another method (htm)');
  if (addressOf(payload['htu']) !== addressOf(`${settings.origin}${request.path}`))
    throw refused('it is for another address (htu)');
  if (payload['ath'] !== createHash('sha256').update(token).digest('base64url'))
    throw refused('it is for another token (ath)');
  if ((await calculateJwkThumbprint(key)) !== thumbprint) throw refused('its key is not the one of the token');
  const { jti, nonce } = payload;
  if (typeof jti !== 'string' || jti === '' || jti.length > 256) throw refused('it has no usable id (jti)');
  if (needsNonce && !isNonce(nonce, now, settings.nonceKey)) {
    throw new TokenRefused(
      'The DPoP proof needs the nonce of the header DPoP-Nonce.',
      { scheme: 'DPoP', error: 'use_dpop_nonce' },
      { nonce: nonceAt(now, settings.nonceKey) },
    );
  }
  const print = createHash('sha256').update(`${thumbprint} ${jti}`).digest();
  if (!(await settings.firstUse(print, (iat + longestAge + 2 * skew) * 1000))) throw refused('it was used before');
}

/** @throws whatever jose finds wrong */
async function signed(proof: string, now: number): Promise<{ readonly payload: JWTPayload; readonly key: JWK }> {
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
    typ: 'dpop+jwt',
    algorithms: [...proofAlgorithms],
    currentDate: new Date(now),
    clockTolerance: skew,
  });
  const key = protectedHeader.jwk!;
  for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])
    if (Object.hasOwn(key, secret)) throw new Error('the key is private');
  return { payload, key };
}

/** Scheme, host and path, as RFC 3986 makes them one; undefined where it is no address. */
function addressOf(address: unknown): string | undefined {
  const url = typeof address === 'string' ? URL.parse(address) : null;
  return url === null || url.username !== '' ? undefined : `${url.origin}${url.pathname}`;
}

/** Made of the time, so that every instance knows it without asking. */
function nonceAt(now: number, key: Buffer): string {
  return createHmac('sha256', key)
    .update(`dpop nonce ${Math.floor(now / nonceTime)}`)
    .digest('base64url');
}

function isNonce(value: unknown, now: number, key: Buffer): boolean {
  if (typeof value !== 'string') return false;
  return [now, now - nonceTime].some((time) => {
    const [given, right] = [Buffer.from(value), Buffer.from(nonceAt(time, key))];
    return given.length === right.length && timingSafeEqual(given, right);
  });
}
