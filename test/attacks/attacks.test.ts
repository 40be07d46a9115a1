import { createHash, randomUUID } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { calculateJwkThumbprint, CompactSign, exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import {
  ambiguous,
  criteria,
  endpoints,
  injections,
  regexTraps,
  resultParameters,
  xmlAttacks,
} from './hostile-inputs.js';
import { boundIssuer, openStage, secretContent, type Stage } from './stage.js';

let stage: Stage;
let good: string;
/** A resource that must be there, unchanged, when all is over. */
let canary: string;

const basic = { resourceType: 'Basic', code: { text: 'canary' } };
/** Who hangs is found out: nothing may take this long. */
const patience = 20_000;

interface Ask {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

const ask = (where: string, { method, token = good, headers = {}, body }: Ask = {}): Promise<Response> =>
  fetch(where.startsWith('/') ? `${stage.server.origin}${where}` : `${stage.server.base}/${where}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    redirect: 'manual',
    signal: AbortSignal.timeout(patience),
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }),
      ...headers,
    },
    ...(body !== undefined && { body }),
  });
const status = async (...words: Parameters<typeof ask>): Promise<number> => {
  const answer = await ask(...words);
  await answer.arrayBuffer();
  return answer.status;
};
const create = async (resource: object, token = good): Promise<string> => {
  const answer = await ask((resource as { resourceType: string }).resourceType, {
    body: JSON.stringify(resource),
    token,
  });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { id: string }).id;
};

beforeAll(async () => {
  stage = await openStage();
  good = await stage.token();
  canary = await create(basic);
});
afterAll(async () => {
  // What every attack must leave behind: nothing.
  const kept = await ask(`Basic/${canary}`);
  expect([kept.status, await kept.text()]).toEqual([200, expect.stringContaining('"versionId":"1"')]);
  expect(stage.trap.visits()).toEqual([]);
  expect(stage.server.output()).not.toMatch(/request failed|"level":"?(error|50|fatal)/);
  expect(stage.server.output()).not.toContain(secretContent);
});
afterAll(() => stage.stop());

describe('tokens', () => {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);

  test('forged tokens open nothing', async () => {
    const stranger = await generateKeyPair('RS256', { extractable: true });
    const [head, body, signature] = good.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
    const symmetric = async (secret: string): Promise<string> =>
      new CompactSign(Buffer.from(JSON.stringify(claims)))
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' })
        .sign(Buffer.from(secret));
    const own = { jwk: await exportJWK(stranger.publicKey) };
    const url = stage.trap.url;
    const forged: [string, string][] = [
      ['alg none', `${part({ alg: 'none', typ: 'at+jwt' })}.${body}.`],
      ['alg NONE with the signature', `${part({ alg: 'NONE', typ: 'at+jwt' })}.${body}.${signature}`],
      ['no alg', `${part({ typ: 'at+jwt' })}.${body}.${signature}`],
      ['no signature', `${head}.${body}.`],
      ['signed with the public key as PEM', await symmetric(await exportSPKI(stage.issuerKey.publicKey))],
      ['signed with the public key as JWK', await symmetric(JSON.stringify(stage.publicKey))],
      ['signed with nothing', await symmetric('\0')],
      ['other claims', `${head}.${part({ ...claims, scope: 'system/*.cruds', sub: 'root' })}.${signature}`],
      ['a stranger’s key', await stage.token({}, {}, stranger.privateKey)],
      ['its own key', await stage.token({}, own, stranger.privateKey)],
      ['a key to fetch (jku)', await stage.token({}, { jku: `${url}/jwks` }, stranger.privateKey)],
      ['a certificate to fetch (x5u)', await stage.token({}, { x5u: `${url}/x5u` }, stranger.privateKey)],
      ['kid as a path', await stage.token({}, { kid: '../../../../dev/null' }, stranger.privateKey)],
      ['kid as SQL', await stage.token({}, { kid: "k1' or '1'='1" }, stranger.privateKey)],
      ['kid as an address', await stage.token({}, { kid: `${url}/kid` }, stranger.privateKey)],
      ['expired', await stage.token({ exp: now - 60, iat: now - 120, nbf: now - 120 })],
      ['not valid yet', await stage.token({ nbf: now + 600 })],
      ['without an end', await stage.token({ exp: undefined })],
      ['for another', await stage.token({ aud: 'another' })],
      ['of another issuer', await stage.token({ iss: 'https://evil.example' })],
      ['of an issuer that is an address', await stage.token({ iss: url })],
      ['of the other issuer’s clients', await stage.token({ iss: boundIssuer })],
      ['of no client', await stage.token({ client_id: '__proto__' })],
      ['an id token', await stage.token({}, { typ: 'JWT+id' })],
      ['twice', `${good}, Bearer ${good}`],
    ];
    for (const [name, token] of forged) {
      const answer = await ask(`Basic/${canary}`, { token });
      expect([name, answer.status, answer.headers.get('www-authenticate')]).toEqual([
        name,
        401,
        expect.stringMatching(/^(Bearer|DPoP) realm=/),
      ]);
    }
    expect(await status(`Basic/${canary}?access_token=${good}`, { token: '' })).toBe(401);
    expect(await status(`Basic/${canary}`)).toBe(200);
  });

  test('scopes of a token are not widened', async () => {
    const narrow = await stage.token({ scope: 'system/Patient.r openid' });
    expect(await status(`Basic/${canary}`, { token: narrow })).toBe(403);
    for (const scope of [
      'system/*.SDURC',
      'system/*.cruds?',
      'system/**.cruds',
      'system/*.*.cruds',
      '*/*.cruds',
      'patient/*.cruds',
    ])
      expect([401, 403]).toContain(await status(`Basic/${canary}`, { token: await stage.token({ scope }) }));
  });

  test('a proof of possession is good for one request, one address, one token, one key', async () => {
    const key = await generateKeyPair('ES256', { extractable: true });
    const other = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(key.publicKey);
    const cnf = { jkt: await calculateJwkThumbprint(jwk) };
    const bound = await stage.token({ iss: boundIssuer, client_id: 'bound', cnf });
    const base = stage.server.base.replace('127.0.0.1', 'localhost');
    const prove = async (change: Record<string, unknown> = {}, by = key): Promise<string> =>
      new SignJWT({
        jti: randomUUID(),
        htm: 'GET',
        htu: `${base}/Basic/${canary}`,
        iat: Math.floor(Date.now() / 1000),
        ath: createHash('sha256').update(bound).digest('base64url'),
        ...change,
      })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(by.publicKey) })
        .sign(by.privateKey);
    const show = async (dpop: string | undefined, scheme = 'DPoP'): Promise<number> => {
      const answer = await fetch(`${stage.server.base}/Basic/${canary}?_pretty=true`, {
        headers: { authorization: `${scheme} ${bound}`, ...(dpop !== undefined && { dpop }) },
      });
      return answer.status;
    };
    const once = await prove();
    expect(await show(once)).toBe(200);
    expect(await show(once)).toBe(401);
    const racing = await prove();
    expect(
      (await Promise.all(Array.from({ length: 8 }, () => show(racing)))).filter((one) => one === 200),
    ).toHaveLength(1);
    const refused: [string, string | undefined, string?][] = [
      ['none', undefined],
      ['as a bearer', undefined, 'Bearer'],
      ['as a bearer with a proof', await prove(), 'Bearer'],
      ['another method', await prove({ htm: 'DELETE' })],
      ['another address', await prove({ htu: `${base}/Basic` })],
      ['another token', await prove({ ath: 'x' })],
      ['another key', await prove({}, other)],
      ['old', await prove({ iat: now - 3600 })],
      ['of the future', await prove({ iat: now + 3600 })],
    ];
    for (const [name, dpop, scheme] of refused) expect([name, await show(dpop, scheme)]).toEqual([name, 401]);
  });
});

describe('requests that make the server call out', () => {
  test('a subscription does not lead into the own network', async () => {
    for (const endpoint of endpoints(stage.trap.url)) {
      const subscription = {
        resourceType: 'Subscription',
        status: 'requested',
        reason: 'test',
        criteria: 'Observation?code=x',
        channel: { type: 'rest-hook', endpoint, payload: 'application/fhir+json' },
      };
      const answer = await status('Subscription', { body: JSON.stringify(subscription) });
      expect([endpoint, answer >= 400 && answer < 500]).toEqual([endpoint, true]);
    }
  });

  test('references, profiles and value sets are not fetched', async () => {
    const { url } = stage.trap;
    const resource = {
      ...basic,
      meta: { profile: [`${url}/profile`] },
      extension: [{ url: `${url}/extension`, valueAttachment: { url: `${url}/attachment` } }],
      subject: { reference: `${url}/fhir/Patient/1` },
    };
    const questions: [string, Ask?][] = [
      ['Basic', { body: JSON.stringify(resource) }],
      ['Basic/$validate', { body: JSON.stringify(resource) }],
      [`Basic/$validate?profile=${encodeURIComponent(`${url}/profile`)}`, { body: JSON.stringify(basic) }],
      [`Observation?code:in=${encodeURIComponent(`${url}/valueset`)}`],
      [`Observation?patient=${encodeURIComponent(`${url}/fhir/Patient/1`)}`],
      [`Basic?_include=*&_profile=${encodeURIComponent(url)}`],
      [`PlanDefinition/$apply?planDefinition=${encodeURIComponent(`${url}/plan`)}`],
      [`ValueSet?url=${encodeURIComponent(url)}`],
    ];
    for (const [where, what] of questions) expect([where, (await status(where, what)) < 500]).toEqual([where, true]);
  });
});

describe('documents', () => {
  test('entities, inclusions and depth in XML read nothing, call nowhere and end', async () => {
    const fhir = '<Basic xmlns="http://hl7.org/fhir"><code><text value="x"/></code><language value="CONTENT"/></Basic>';
    const inText =
      '<Basic xmlns="http://hl7.org/fhir"><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">CONTENT</div></text><code/></Basic>';
    const message =
      '<MsgHead xmlns="http://www.kith.no/xmlstds/msghead/2006-05-24"><MsgInfo><MsgId>CONTENT</MsgId></MsgInfo></MsgHead>';
    for (const [name, attack] of xmlAttacks(path.join(stage.folder, 'secret.txt'), stage.trap.url)) {
      for (const [where, root, type] of [
        ['Basic', fhir, 'application/fhir+xml'],
        ['Basic', inText, 'application/fhir+xml'],
        ['/messages/plo', message, 'application/xml'],
      ] as const) {
        const answer = await ask(where, { body: attack(root), headers: { 'content-type': type } });
        const said = await answer.text();
        expect([name, where, answer.status < 500, said.includes(secretContent)]).toEqual([name, where, true, false]);
      }
    }
  });

  test('bodies that grow when they are unpacked are refused', async () => {
    const large = Buffer.alloc(20_000_000, 0x20);
    const packed: [string, Buffer][] = [
      ['gzip', gzipSync(large)],
      ['deflate', deflateSync(large)],
      ['br', brotliCompressSync(large)],
    ];
    for (const [coding, body] of packed)
      expect([coding, await status('Basic', { body, headers: { 'content-encoding': coding } })]).toEqual([coding, 413]);
    const odd: [string, Buffer][] = [
      ['gzip', gzipSync(gzipSync(JSON.stringify(basic)))],
      ['gzip', Buffer.from('not gzip')],
      ['gzip', gzipSync(JSON.stringify(basic)).subarray(0, 20)],
      ['gzip, gzip', gzipSync(gzipSync(JSON.stringify(basic)))],
      ['compress', Buffer.from('x')],
    ];
    for (const [coding, body] of odd) {
      const answer = await status('Basic', { body, headers: { 'content-encoding': coding } });
      expect([coding, answer >= 400 && answer < 500]).toEqual([coding, true]);
    }
    expect(await status('Basic', { body: large })).toBe(413);
    const deep = `{"resourceType":"Basic","extension":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    expect([400, 422]).toContain(await status('Basic', { body: deep }));
  });

  test('members that change every object change none', async () => {
    const bodies = [
      '{"resourceType":"Basic","code":{"text":"x"},"__proto__":{"polluted":true}}',
      '{"resourceType":"Basic","code":{"text":"x"},"constructor":{"prototype":{"polluted":true}}}',
      '{"resourceType":"__proto__"}',
      '{"resourceType":"Basic","code":{"text":"x","__proto__":{"coding":[{"code":"polluted"}]}}}',
      '{"__proto__":{"resourceType":"Basic"}}',
    ];
    for (const body of bodies) expect(await status('Basic', { body })).toBeLessThan(500);
    const patches = ['/__proto__/polluted', '/constructor/prototype/polluted', '/code/__proto__/polluted'];
    for (const at of patches) {
      const patch = JSON.stringify([{ op: 'add', path: at, value: 'polluted' }]);
      const headers = { 'content-type': 'application/json-patch+json' };
      const answer = await status(`Basic/${canary}`, { method: 'PATCH', body: patch, headers });
      expect([at, answer >= 400 && answer < 500]).toEqual([at, true]);
    }
    for (const query of [
      '__proto__=x',
      '__proto__[polluted]=x',
      'constructor=x',
      'constructor.prototype=x',
      '_has:__proto__:a:b=c',
      '_include=__proto__:constructor',
    ])
      expect([query, (await status(`Basic?${query}`)) < 500]).toEqual([query, true]);
    for (const type of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
      expect([type, await status(type), await status(`${type}/1`), await status(`Basic/$${type}`)]).toEqual([
        type,
        404,
        404,
        404,
      ]);
    const fresh = await (await ask(`Basic/${await create(basic)}`)).text();
    expect(fresh).not.toContain('polluted');
  });
});

describe('parameters', () => {
  test('no criterion becomes SQL', async () => {
    for (const [type, parameter] of criteria) {
      for (const text of injections) {
        const answer = await ask(`${type}?${parameter}=${encodeURIComponent(text)}`);
        const body = (await answer.json()) as { entry?: unknown[] };
        expect([parameter, text, answer.status < 500]).toEqual([parameter, text, true]);
        // `:not` finds what has another value, and there are no patients here at all.
        expect([parameter, text, body.entry ?? []]).toEqual([parameter, text, []]);
      }
    }
  });

  test('nor does what stands in other places', async () => {
    for (const text of injections) {
      const value = encodeURIComponent(text);
      for (const parameter of resultParameters)
        expect([parameter, text, (await status(`Basic?${parameter}=${value}`)) < 500]).toEqual([parameter, text, true]);
      for (const where of [
        `Basic/${value}`,
        `Basic/${canary}/_history/${value}`,
        `Basic/_history?_since=${value}`,
        `${value}/1`,
        `Observation/$lastn?max=${value}`,
      ])
        expect([where, (await status(where)) < 500]).toEqual([where, true]);
      const header = text.replace(/[^\x20-\x7e]/g, '');
      const headers: Record<string, string>[] = [
        { 'if-none-exist': `identifier=${header}` },
        { 'if-match': `W/"${header}"` },
        { prefer: header },
      ];
      for (const one of headers)
        expect(await status(`Basic/${randomUUID()}`, { method: 'PUT', body: '{}', headers: one })).toBeLessThan(500);
    }
    expect(await status('Basic?_summary=count')).toBe(200);
  });

  test('no text keeps a pattern busy', async () => {
    for (const text of regexTraps) {
      for (const [type, parameter] of criteria) {
        const answer = await status(`${type}/_search`, {
          body: `${encodeURIComponent(parameter)}=${encodeURIComponent(text)}`,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        });
        expect([parameter, text.slice(0, 20), answer < 500]).toEqual([parameter, text.slice(0, 20), true]);
      }
      const resource = {
        resourceType: 'Patient',
        id: text.slice(0, 5000),
        meta: { lastUpdated: text, profile: [text] },
        language: text,
        birthDate: text,
        identifier: [{ system: text, value: text }],
        text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${text}<${text}</div>` },
        generalPractitioner: [{ reference: text }],
      };
      expect(await status('Patient', { body: JSON.stringify(resource) })).toBeLessThan(500);
      const headers = { prefer: text.slice(0, 8000).trim(), accept: text.slice(0, 8000).trim() };
      expect(await status(`Basic/${canary}`, { headers })).toBeLessThan(500);
    }
  });
});

describe('places', () => {
  test('no path leads out of the API', async () => {
    const paths = [
      '/fhir/Binary/..%2f..%2fsecret.key',
      '/fhir/Binary/%2e%2e%2f%2e%2e%2fsecret.key',
      '/fhir/Binary/..%5c..%5csecret.key',
      '/fhir/Binary/%00',
      '/fhir/Binary/..%252f..%252fsecret.key',
      '/fhir/..%2f..%2fetc%2fpasswd',
      '/auth/..%2f..%2fpackage.json',
      '/auth/style.css/..%2f..%2fpackage.json',
      '/..%2fpackage.json',
      '/package.json',
      '/data/secret.key',
      '/fhir/Binary/%c0%ae%c0%ae%2fsecret.key',
      '/fhir/Basic?_format=../../../../etc/passwd',
      '/fhir/Basic?_format=application/fhir%2bjson%0d%0aX-Injected:%20y',
    ];
    for (const where of paths) {
      const answer = await ask(where);
      const said = await answer.text();
      expect([where, answer.status >= 400 && answer.status < 500, /root:|"dependencies"/.test(said)]).toEqual([
        where,
        true,
        false,
      ]);
    }
    const raw = await stage.raw(
      `GET /fhir/../../../../etc/passwd HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${good}\r\nConnection: close\r\n\r\n`,
    );
    expect(raw).toMatch(/^HTTP\/1\.1 4/);
  });

  test('names of message files lead nowhere', async () => {
    const messages = path.join(stage.server.dataFolder, 'messages');
    const before = await readdir(stage.server.dataFolder);
    for (const name of [
      '..%2f..%2fescape.xml',
      '$(touch escape).xml',
      ';rm -rf x.xml',
      '-rf.xml',
      'a\nb.xml',
      "';drop.xml",
      '\\..\\escape.xml',
    ])
      await writeFile(path.join(messages, 'in', name), '<x/>');
    let left = await readdir(path.join(messages, 'in'));
    for (let tries = 0; tries < 100 && left.some((name) => !name.startsWith('.')); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      left = await readdir(path.join(messages, 'in'));
    }
    // What begins with a point is some program's own.
    expect(left.filter((name) => !name.startsWith('.'))).toEqual([]);
    expect(await readdir(stage.server.dataFolder)).toEqual(before);
  });

  test('no header can be added to an answer', async () => {
    const evil = 'x%0d%0aX-Injected:%20yes%0d%0a%0d%0a<script>';
    const asks: [string, Ask?][] = [
      [`Basic/${evil}`],
      [`Basic/${evil}`, { method: 'PUT', body: JSON.stringify({ ...basic, id: 'x' }) }],
      [`Basic?_id=${evil}`],
      [`Basic?code=${evil}&_count=1`],
      [`${evil}`],
      [`Basic/${canary}/_history/${evil}`],
      [`/auth/authorize?client_id=${evil}&redirect_uri=${evil}&state=${evil}`],
      [`/auth/logout?post_logout_redirect_uri=${evil}`],
    ];
    for (const [where, what] of asks) {
      const answer = await ask(where, what);
      expect([where, answer.status < 500, answer.headers.get('x-injected')]).toEqual([where, true, null]);
      expect([where, answer.headers.get('content-security-policy') !== null]).toEqual([where, true]);
    }
  });

  test('the issuer leads nobody away', async () => {
    const evil = 'https://evil.example/';
    for (const where of [
      `/auth/logout?post_logout_redirect_uri=${evil}`,
      `/auth/logout?client_id=hjemmebro-pages&post_logout_redirect_uri=${evil}`,
      `/auth/authorize?client_id=hjemmebro-pages&response_type=code&redirect_uri=${evil}`,
      `/auth/authorize?client_id=nobody&response_type=code&redirect_uri=${evil}`,
      `/auth/interaction/x?redirect_uri=${evil}`,
      `/auth//evil.example/`,
      `//evil.example/`,
    ]) {
      const answer = await ask(where, { token: '' });
      expect([where, answer.status < 500, answer.headers.get('location') ?? '']).toEqual([
        where,
        true,
        expect.not.stringContaining('evil.example'),
      ]);
    }
  });

  test('ids of another controller’s resources are those of nothing', async () => {
    const foreign = await stage.token({ client_id: 'foreign' });
    const theirs = await create(basic, foreign);
    for (const [token, id] of [
      [foreign, canary],
      [good, theirs],
    ] as const) {
      const body = JSON.stringify({ ...basic, id, code: { text: 'taken' } });
      const patch = { 'content-type': 'application/json-patch+json' };
      const replace = '[{"op":"replace","path":"/code/text","value":"taken"}]';
      const entry = [{ request: { method: 'DELETE', url: `Basic/${id}` } }];
      const answers = {
        read: await status(`Basic/${id}`, { token }),
        version: await status(`Basic/${id}/_history/1`, { token }),
        history: await status(`Basic/${id}/_history`, { token }),
        update: await status(`Basic/${id}`, { token, method: 'PUT', body }),
        patch: await status(`Basic/${id}`, { token, method: 'PATCH', body: replace, headers: patch }),
        delete: await status(`Basic/${id}`, { token, method: 'DELETE' }),
        transaction: await status('', {
          token,
          body: JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry }),
        }),
        operation: await status(`Basic/${id}/$meta`, { token }),
      };
      const never = randomUUID();
      const nothing = Object.fromEntries(Object.keys(answers).map((name) => [name, 404]));
      // The same as for an id that nobody has; the canary is looked at in the end.
      expect(answers).toEqual({
        ...nothing,
        delete: await status(`Basic/${never}`, { token, method: 'DELETE' }),
        transaction: await status('', {
          token,
          body: JSON.stringify({
            resourceType: 'Bundle',
            type: 'transaction',
            entry: [{ request: { method: 'DELETE', url: `Basic/${never}` } }],
          }),
        }),
      });
      const found = (await (await ask(`Basic?_id=${id}`, { token })).json()) as { entry?: unknown[] };
      expect(found.entry ?? []).toEqual([]);
      const listed = await (await ask('Basic/_history', { token })).text();
      expect(listed).not.toContain(id);
    }
    expect(await status(`Basic/${theirs}`, { token: foreign })).toBe(200);
  });
});

test('requests whose length is ambiguous hide no other request', async () => {
  const hidden = `DELETE /fhir/Basic/${canary} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${good}\r\n\r\n`;
  for (const [name, text] of ambiguous(hidden, good)) {
    const said = await stage.raw(text);
    expect([name, said.startsWith('HTTP/1.1 4') || said === '']).toEqual([name, true]);
    expect([name, said.match(/HTTP\/1\.1 2/g)]).toEqual([name, null]);
  }
  expect(await status(`Basic/${canary}`)).toBe(200);
});

test('what comes behind a request that is refused as HTTP is not done, however often it is tried', async () => {
  const behind = await create(basic);
  const hidden = `DELETE /fhir/Basic/${behind} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${good}\r\n\r\n`;
  for (let times = 0; times < 25; times += 1)
    expect(await stage.raw(`GET /fhir/Basic HTTP/1.1\r\nContent-Length: 0\r\n\r\n${hidden}`)).toMatch(
      /^HTTP\/1\.1 400 /,
    );
  expect(await status(`Basic/${behind}`)).toBe(200);
});
