// https://www.rfc-editor.org/rfc/rfc9449
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { calculateJwkThumbprint, decodeJwt, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { demoBackendKey } from '../../../src/http/issuer/issuer-keys.js';
import { type HereServer, startHere } from '../../support/here.js';
import { type RunningServer, startServer } from '../../support/server.js';

/** An authorization server of its own (oidc-provider), and a resource server that takes its tokens bound to a key alone. */
let authorization: RunningServer;
let resource: HereServer;
let folder: string;
let key: Awaited<ReturnType<typeof generateKeyPair>>;
let publicKey: JWK;
let other: Awaited<ReturnType<typeof generateKeyPair>>;

beforeAll(async () => {
  [key, other] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
  publicKey = await exportJWK(key.publicKey);
  const environment: Record<string, string> = { FOLLOWUP: 'off' };
  const onPort = (port: number): void => void (environment['BASE_URL'] = `http://127.0.0.1:${port}/fhir`);
  authorization = await startServer({ environment, onPort });
  folder = mkdtempSync(path.join(tmpdir(), 'hjemmebro-dpop-'));
  const issuer = `${authorization.origin}/auth`;
  const here = { role: 'municipality', organisation: '310000019' };
  writeFileSync(
    path.join(folder, 'issuers.json'),
    JSON.stringify([
      {
        issuer,
        audience: authorization.base,
        jwks: `${issuer}/jwks`,
        tokens: 'dpop',
        nonce: true,
        clients: { 'demo-backend': here },
      },
    ]),
  );
  resource = await startHere({
    environment: { ISSUERS_FILE: path.join(folder, 'issuers.json'), EMBEDDED_ISSUER: 'off', FOLLOWUP: 'off' },
  });
});
afterAll(async () => {
  await resource.stop();
  await authorization.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Proof {
  readonly url: string;
  readonly method?: string;
  readonly token?: string;
  readonly nonce?: string | undefined;
  readonly by?: typeof key;
}

const proof = async ({ url, method = 'GET', token, nonce, by = key }: Proof): Promise<string> =>
  new SignJWT({
    htm: method,
    htu: url,
    jti: randomUUID(),
    ...(token !== undefined && { ath: createHash('sha256').update(token).digest('base64url') }),
    ...(nonce !== undefined && { nonce }),
  })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: await exportJWK(by.publicKey) })
    .setIssuedAt()
    .sign(by.privateKey);

/** A token of Backend Services; with a proof it is bound to the key of the proof. */
async function token(bound: boolean): Promise<{ access_token: string; token_type: string }> {
  const endpoint = `${authorization.origin}/auth/token`;
  const backend = await demoBackendKey(authorization.dataFolder);
  const now = Math.floor(Date.now() / 1000);
  const assertion = await new SignJWT({
    iss: 'demo-backend',
    sub: 'demo-backend',
    aud: endpoint,
    jti: randomUUID(),
    exp: now + 240,
  })
    .setProtectedHeader({ alg: 'ES384', kid: backend.kid!, typ: 'JWT' })
    .sign(await importJWK(backend, 'ES384'));
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: bound ? { dpop: await proof({ url: endpoint, method: 'POST' }) } : {},
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'system/Organization.rs',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }),
  });
  expect([answer.status, answer.ok ? '' : await answer.text()]).toEqual([200, '']);
  return (await answer.json()) as { access_token: string; token_type: string };
}

const asked = (scheme: string, accessToken: string, dpop?: string): Promise<Response> =>
  fetch(`${resource.base}/Organization`, {
    headers: { authorization: `${scheme} ${accessToken}`, ...(dpop !== undefined && { dpop }) },
  });

test('a token that the authorization server bound to a key opens with a proof that holds the nonce, once', async () => {
  const { access_token: bound, token_type: type } = await token(true);
  expect(type).toBe('DPoP');
  expect(decodeJwt(bound)['cnf']).toEqual({ jkt: await calculateJwkThumbprint(publicKey) });
  const url = `${resource.base}/Organization`;
  const first = await asked('DPoP', bound, await proof({ url, token: bound }));
  expect(first.status).toBe(401);
  expect(first.headers.get('www-authenticate')).toMatch(/^DPoP .*error="use_dpop_nonce"/);
  const nonce = first.headers.get('dpop-nonce')!;
  const good = await proof({ url, token: bound, nonce });
  expect((await asked('DPoP', bound, good)).status).toBe(200);
  const refused = {
    'the same proof again': await asked('DPoP', bound, good),
    'another key': await asked('DPoP', bound, await proof({ url, token: bound, nonce, by: other })),
    'another address': await asked('DPoP', bound, await proof({ url: `${url}/1`, token: bound, nonce })),
    'another method': await asked('DPoP', bound, await proof({ url, token: bound, nonce, method: 'POST' })),
    'a made-up nonce': await asked('DPoP', bound, await proof({ url, token: bound, nonce: 'x' })),
    'no proof': await asked('DPoP', bound),
    'as a bearer': await asked('Bearer', bound),
    'as a bearer, with a proof': await asked('Bearer', bound, await proof({ url, token: bound, nonce })),
  };
  expect(Object.entries(refused).filter(([, { status }]) => status !== 401)).toEqual([]);
});

test('a token that is bound to nothing opens nothing here, with or without a proof', async () => {
  const { access_token: plain, token_type: type } = await token(false);
  expect(type).toBe('Bearer');
  expect((await asked('Bearer', plain)).status).toBe(401);
  expect((await asked('DPoP', plain, await proof({ url: `${resource.base}/Organization`, token: plain }))).status).toBe(
    401,
  );
});

test('where bearers are taken, a bound token is refused however it is shown', async () => {
  const { access_token: bound } = await token(true);
  const url = `${authorization.base}/Organization`;
  for (const scheme of ['Bearer', 'DPoP']) {
    const headers = { authorization: `${scheme} ${bound}`, dpop: await proof({ url, token: bound }) };
    expect([scheme, (await fetch(url, { headers })).status]).toEqual([scheme, 401]);
  }
  const { access_token: plain } = await token(false);
  expect((await fetch(url, { headers: { authorization: `Bearer ${plain}` } })).status).toBe(200);
});
