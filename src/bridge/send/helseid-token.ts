// HelseID, client credentials with private_key_jwt and DPoP: https://utviklerportal.nhn.no/informasjonstjenester/helseid
// RFC 7523 (client assertion), RFC 9449 (DPoP)
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { createHash } from 'node:crypto';
import type { Clock } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import type { Ids } from '../../kernel/ids.js';

export interface HelseIdSettings {
  readonly tokenUrl: string;
  /** `iss` of the token issuer: the audience of the client assertion. */
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
  /** The client's private key, with `alg`. */
  readonly key: JWK;
}

/** Headers that authorise one request: the access token and the proof of possession of its key. */
export type Authorise = (method: string, url: string) => Promise<Readonly<Record<string, string>>>;

interface Token {
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** A token is asked for anew so long before its end. */
const early = 30_000;

/**
 * Tokens are fetched when they are needed and kept until shortly before their end. Requests that need one at the same time
 * wait for the same.
 *
 * @throws Failure `busy` when the issuer does not answer or refuses: configuration or the issuer may be mended
 */
export async function helseIdAuthorisation(
  settings: HelseIdSettings,
  { clock, ids }: { readonly clock: Clock; readonly ids: Ids },
): Promise<Authorise> {
  const key = await importJWK(settings.key, settings.key.alg ?? 'PS256');
  const proofKeys = await generateKeyPair('ES256');
  const jwk = await exportJWK(proofKeys.publicKey);
  const seconds = (): number => Math.floor(clock.now() / 1000);
  let waiting: Promise<Token> | undefined;
  let token: Token | undefined;

  const assertion = (): Promise<string> =>
    new SignJWT({ jti: ids.next() })
      .setProtectedHeader({
        alg: settings.key.alg ?? 'PS256',
        typ: 'client-authentication+jwt',
        ...(settings.key.kid && { kid: settings.key.kid }),
      })
      .setIssuer(settings.clientId)
      .setSubject(settings.clientId)
      .setAudience(settings.issuer)
      .setIssuedAt(seconds())
      .setNotBefore(seconds())
      .setExpirationTime(seconds() + 30)
      .sign(key);

  const proof = (method: string, url: string, more: Readonly<Record<string, string>>): Promise<string> =>
    new SignJWT({ jti: ids.next(), htm: method, htu: url.replace(/[?#].*$/, ''), ...more })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .setIssuedAt(seconds())
      .sign(proofKeys.privateKey);

  const ask = async (nonce?: string): Promise<Token> => {
    const response = await fetch(settings.tokenUrl, {
      method: 'POST',
      headers: { dpop: await proof('POST', settings.tokenUrl, nonce === undefined ? {} : { nonce }) },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: settings.clientId,
        scope: settings.scope,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await assertion(),
      }),
      redirect: 'error',
      signal: AbortSignal.timeout(20_000),
    });
    const demanded = response.headers.get('dpop-nonce');
    if (!response.ok && nonce === undefined && demanded !== null) return ask(demanded);
    if (!response.ok) throw new Failure('busy', `The token issuer answered ${response.status}.`);
    const answer = (await response.json()) as { readonly access_token?: string; readonly expires_in?: number };
    if (answer.access_token === undefined) throw new Failure('busy', 'The token issuer gave no access token.');
    return { value: answer.access_token, until: clock.now() + (answer.expires_in ?? 60) * 1000 };
  };

  const current = async (): Promise<Token> => {
    if (token !== undefined && token.until - early > clock.now()) return token;
    waiting ??= ask().finally(() => (waiting = undefined));
    try {
      return (token = await waiting);
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      throw new Failure('busy', 'The token issuer did not answer.', { cause });
    }
  };

  return async (method, url) => {
    const { value } = await current();
    const ath = createHash('sha256').update(value).digest('base64url');
    return { authorization: `DPoP ${value}`, dpop: await proof(method, url, { ath }) };
  };
}
