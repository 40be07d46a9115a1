import { createHash, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { type Authenticate, challenge, createAuthenticator } from '../../../src/http/authenticate.js';
import type { IssuerSettings } from '../../../src/http/issuer-settings.js';
import type { TokenRefused } from '../../../src/http/token-failure.js';
import { ManualClock } from '../../../src/kernel/index.js';

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

const start = Date.UTC(2026, 2, 2, 9);
const seconds = start / 1000;
const origin = 'https://dho.example';
const request = { method: 'POST', path: '/fhir/Patient/_search?_count=5' };
const helse = 'helseid://claims';
let issuerKey: Pair;
let clientKey: Pair;
let otherKey: Pair;
let settings: IssuerSettings;
let clock: ManualClock;
let authenticate: Authenticate;

/** As HelseID makes them: own scopes, claims with long names, bound to a key. */
const claims = {
  iss: 'https://helseid.example',
  aud: 'nhn:hjemmebro',
  sub: 'pseudonym',
  client_id: 'epj',
  scope: ['nhn:hjemmebro/measurements', 'openid'],
  iat: seconds,
  nbf: seconds,
  exp: seconds + 600,
  [`${helse}/client/claims/orgnr_parent`]: '310000027',
  [`${helse}/client/claims/orgnr_child`]: '310000035',
  [`${helse}/identity/security_level`]: '4',
  [`${helse}/identity/pid`]: '12834812019',
  [`${helse}/hpr/hpr_number`]: '999000103',
  authorization_details: [
    {
      type: 'nhn:tillitsrammeverk:parameters',
      practitioner: { hpr_nr: '999000103' },
      care_relation: { purpose_of_use: { code: 'TREAT' } },
      patients: [{ identifier: { value: '12834812019' } }],
    },
  ],
};

beforeAll(async () => {
  [issuerKey, clientKey, otherKey] = await Promise.all([
    generateKeyPair('RS256', { extractable: true }),
    generateKeyPair('ES256', { extractable: true }),
    generateKeyPair('ES256', { extractable: true }),
  ]);
  settings = {
    issuer: claims.iss,
    audience: claims.aud,
    keys: { set: { keys: [{ ...(await exportJWK(issuerKey.publicKey)), kid: 'k', alg: 'RS256' }] } },
    algorithms: ['RS256', 'PS256'],
    binding: 'dpop',
    types: ['at+jwt', 'jwt'],
    claims: {
      client: 'client_id',
      subject: 'sub',
      scope: 'scope',
      organisation: `${helse}/client/claims/orgnr_parent`,
      unit: `${helse}/client/claims/orgnr_child`,
      hpr: `${helse}/hpr/hpr_number`,
      securityLevel: `${helse}/identity/security_level`,
      pid: `${helse}/identity/pid`,
      purpose: 'authorization_details',
    },
    demanded: { [`${helse}/identity/security_level`]: ['4'] },
    scopes: { 'nhn:hjemmebro/measurements': ['user/Observation.rs'] },
    clients: { epj: { role: 'hospital', name: 'EPJ', controller: '310000019' } },
  };
});

const using = (change: Partial<IssuerSettings> = {}): Authenticate => {
  const used = new Set<string>();
  return createAuthenticator({
    issuers: [{ ...settings, ...change }],
    clock,
    dpop: {
      origin,
      nonceKey: Buffer.alloc(32, 7),
      firstUse: async (print) => {
        const text = print.toString('hex');
        return used.size < used.add(text).size;
      },
    },
  });
};

beforeEach(() => {
  clock = new ManualClock(start);
  authenticate = using();
});

async function accessToken(change: Record<string, unknown> = {}): Promise<string> {
  const jkt = await calculateJwkThumbprint(await exportJWK(clientKey.publicKey));
  return new SignJWT({ ...claims, cnf: { jkt }, ...change })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'k' })
    .sign(issuerKey.privateKey);
}

interface Change {
  readonly header?: Record<string, unknown>;
  readonly payload?: Record<string, unknown>;
  readonly key?: Pair;
}

async function proof(token: string, { header = {}, payload = {}, key = clientKey }: Change = {}): Promise<string> {
  return new SignJWT({
    jti: randomUUID(),
    htm: 'POST',
    htu: `${origin}/fhir/Patient/_search`,
    iat: seconds,
    ath: createHash('sha256').update(token).digest('base64url'),
    ...payload,
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(key.publicKey), ...header })
    .sign(key.privateKey);
}

const attempt = (headers: Parameters<Authenticate>[0], by = authenticate): Promise<TokenRefused> =>
  by(headers, request).then(
    () => {
      throw new Error('was let in');
    },
    (error: unknown) => error as TokenRefused,
  );

test('a token with a proof of its key says who calls, and why', async () => {
  const token = await accessToken();
  const principal = await authenticate({ authorization: `DPoP ${token}`, dpop: await proof(token) }, request);
  expect(principal).toMatchObject({
    client: 'epj',
    organisation: '310000027',
    unit: '310000035',
    hpr: '999000103',
    securityLevel: '4',
    parties: ['org:310000027', 'org:310000035', 'hpr:999000103', 'client:epj'],
    scopes: [{ level: 'user', type: 'Observation', permissions: ['r', 's'] }],
  });
  expect(principal.purpose).toContain('TREAT');
  expect(JSON.stringify(principal)).not.toContain('12834812019');
});

test('the identity number of a citizen leads to the Patient, and goes nowhere', async () => {
  const citizens = createAuthenticator({
    issuers: [{ ...settings, binding: 'bearer', clients: { epj: { role: 'citizen', controller: '310000019' } } }],
    clock,
    patientOf: async (number, controller) =>
      number === '12834812019' && controller === '310000019' ? 'p1' : undefined,
  });
  const token = await accessToken({
    cnf: undefined,
    [`${helse}/client/claims/orgnr_parent`]: undefined,
    [`${helse}/client/claims/orgnr_child`]: undefined,
  });
  const principal = await citizens({ authorization: `Bearer ${token}` });
  expect(principal.patient).toBe('p1');
  expect(JSON.stringify(principal)).not.toContain('12834812019');
});

test('the same proof works once, also under another token of the same key', async () => {
  const token = await accessToken();
  const dpop = await proof(token);
  await authenticate({ authorization: `DPoP ${token}`, dpop }, request);
  const refusal = await attempt({ authorization: `DPoP ${token}`, dpop });
  expect(challenge(refusal)).toMatch(/^DPoP realm="hjemmebro", algs="ES256 .*error="invalid_dpop_proof"/);
});

test.each<[string, Change]>([
  ['for another method', { payload: { htm: 'GET' } }],
  ['for another path', { payload: { htu: `${origin}/fhir/Observation/_search` } }],
  ['for another server', { payload: { htu: 'https://evil.example/fhir/Patient/_search' } }],
  ['for the address behind the proxy', { payload: { htu: 'http://127.0.0.1:8080/fhir/Patient/_search' } }],
  ['without an address', { payload: { htu: undefined } }],
  ['without a method', { payload: { htm: undefined } }],
  ['for another token', { payload: { ath: createHash('sha256').update('other').digest('base64url') } }],
  ['for no token', { payload: { ath: undefined } }],
  ['without an id', { payload: { jti: undefined } }],
  ['with an endless id', { payload: { jti: 'x'.repeat(300) } }],
  ['of the past', { payload: { iat: seconds - 30 } }],
  ['of the future', { payload: { iat: seconds + 30 } }],
  ['of no time', { payload: { iat: undefined } }],
  ['that has expired', { payload: { exp: seconds - 60 } }],
  ['of another type', { header: { typ: 'JWT' } }],
  ['of no type', { header: { typ: undefined } }],
  ['without its key', { header: { jwk: undefined } }],
  ['of another key, which the token does not name', {}],
])('a proof %s is refused', async (what, change) => {
  const token = await accessToken();
  const key = what.startsWith('of another key') ? otherKey : clientKey;
  expect(
    (await attempt({ authorization: `DPoP ${token}`, dpop: await proof(token, { ...change, key }) })).category,
  ).toBe('unauthenticated');
});

test('a proof that shows its private key, is signed symmetrically, or with a key it does not show, is refused', async () => {
  const token = await accessToken();
  const secret = Buffer.alloc(32, 1);
  const shown = (await exportJWK(clientKey.publicKey)) as JWK;
  const symmetric = await new SignJWT({ htm: 'POST' })
    .setProtectedHeader({ alg: 'HS256', typ: 'dpop+jwt', jwk: { kty: 'oct', k: secret.toString('base64url') } as JWK })
    .sign(secret);
  const proofs = [
    await proof(token, { header: { jwk: await exportJWK(clientKey.privateKey) } }),
    symmetric,
    await proof(token, { header: { jwk: shown }, key: otherKey }),
    `${Buffer.from(JSON.stringify({ alg: 'none', typ: 'dpop+jwt', jwk: shown })).toString('base64url')}.e30.`,
    `${await proof(token)}, ${await proof(token)}`,
    '',
    'x'.repeat(10_000),
  ];
  for (const dpop of proofs)
    expect((await attempt({ authorization: `DPoP ${token}`, dpop })).category).toBe('unauthenticated');
  expect((await attempt({ authorization: `DPoP ${token}` })).category).toBe('unauthenticated');
});

test('a bound token is no bearer token, an unbound one needs no proof, and an issuer has one way only', async () => {
  const bound = await accessToken();
  const unbound = await accessToken({ cnf: undefined });
  const bearer = using({ binding: 'bearer' });
  expect(challenge(await attempt({ authorization: `Bearer ${bound}`, dpop: await proof(bound) }))).toMatch(/^DPoP /);
  expect((await attempt({ authorization: `DPoP ${unbound}`, dpop: await proof(unbound) })).category).toBe(
    'unauthenticated',
  );
  expect((await attempt({ authorization: `Bearer ${bound}` }, bearer)).category).toBe('unauthenticated');
  expect((await attempt({ authorization: `DPoP ${unbound}`, dpop: await proof(unbound) }, bearer)).category).toBe(
    'unauthenticated',
  );
  expect((await bearer({ authorization: `Bearer ${unbound}` }, request)).client).toBe('epj');
});

test('a token that is bound to a client certificate is taken in no way: no certificate is looked at here', async () => {
  const token = await accessToken({ cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' } });
  for (const [scheme, by] of [
    ['Bearer', using({ binding: 'bearer' })],
    ['Bearer', authenticate],
    ['DPoP', authenticate],
  ] as const) {
    const refusal = await attempt({ authorization: `${scheme} ${token}`, dpop: await proof(token) }, by);
    expect(refusal.category).toBe('unauthenticated');
  }
});

test('a nonce is demanded where the issuer’s settings say so, and taken for a while', async () => {
  const strict = using({ nonce: true });
  const token = await accessToken();
  const authorization = `DPoP ${token}`;
  const refusal = await attempt({ authorization, dpop: await proof(token) }, strict);
  expect(challenge(refusal)).toContain('error="use_dpop_nonce"');
  const { nonce } = refusal;
  expect((await strict({ authorization, dpop: await proof(token, { payload: { nonce } }) }, request)).client).toBe(
    'epj',
  );
  const wrong = await attempt({ authorization, dpop: await proof(token, { payload: { nonce: 'x' } }) }, strict);
  expect(wrong.nonce).toBe(nonce);
  clock.advance(400_000);
  const late = { iat: seconds + 400, nonce };
  expect((await attempt({ authorization, dpop: await proof(token, { payload: late }) }, strict)).nonce).not.toBe(nonce);
});

test('a level of login below the one that is demanded is refused', async () => {
  const token = await accessToken({ [`${helse}/identity/security_level`]: '3' });
  expect((await attempt({ authorization: `DPoP ${token}`, dpop: await proof(token) })).category).toBe(
    'unauthenticated',
  );
});
