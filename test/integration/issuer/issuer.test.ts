import { decodeJwt, importJWK, SignJWT } from 'jose';
import { demoBackendKey } from '../../../src/http/issuer/issuer-keys.js';
import { type RunningServer, startServer } from '../../support/server.js';
import { Browser, logIn, token } from './browser.js';

let server: RunningServer;
/** Ids of patients: Ola is the citizen of the demo; the GP has him on her list. */
let ola: string;
let other: string;
let redirect: string;

const fnr = 'urn:oid:2.16.578.1.12.4.1.4.1';
const pages = 'hjemmebro-pages';
const app = 'demo-smart-app';
const appRedirect = 'http://127.0.0.1:4711/callback';

const as = (accessToken: string, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${server.base}/${path}`, {
    ...init,
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/fhir+json' },
  });

async function register(value: string, family: string): Promise<string> {
  const answer = await server.request('municipality', 'Patient', {
    method: 'POST',
    body: {
      resourceType: 'Patient',
      identifier: [{ system: fnr, value }],
      name: [{ family, given: ['Test'] }],
      birthDate: '1948-03-12',
      generalPractitioner: [{ identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: '999000102' } }],
    },
  });
  expect(answer.status).toBe(201);
  const { id } = (await answer.json()) as { id: string };
  const episode = {
    resourceType: 'EpisodeOfCare',
    status: 'active',
    patient: { reference: `Patient/${id}` },
    managingOrganization: { identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.101', value: '310000019' } },
  };
  expect((await server.request('municipality', 'EpisodeOfCare', { method: 'POST', body: episode })).status).toBe(201);
  return id;
}

beforeAll(async () => {
  server = await startServer();
  redirect = `${server.origin}/app/`;
  ola = await register('12834812019', 'Prøvepasient');
  other = await register('17912099997', 'Testesen');
});
afterAll(() => server.stop());

describe('discovery', () => {
  test('SMART and OpenID configuration are open and agree', async () => {
    const smart = (await (await fetch(`${server.base}/.well-known/smart-configuration`)).json()) as Record<
      string,
      unknown
    >;
    const oidc = (await (await fetch(`${server.origin}/auth/.well-known/openid-configuration`)).json()) as Record<
      string,
      unknown
    >;
    for (const name of ['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri'])
      expect([name, smart[name]]).toEqual([name, oidc[name]]);
    expect(smart).toMatchObject({
      code_challenge_methods_supported: ['S256'],
      grant_types_supported: ['authorization_code', 'client_credentials'],
      capabilities: expect.arrayContaining(['launch-ehr', 'launch-standalone', 'permission-v2']) as unknown,
    });
  });

  test('only public keys are published', async () => {
    const { keys } = (await (await fetch(`${server.origin}/auth/jwks`)).json()) as { keys: Record<string, unknown>[] };
    expect(keys.map(({ kty }) => kty).toSorted()).toEqual(['EC', 'RSA']);
    expect(keys.flatMap((key) => ['d', 'p', 'q'].filter((name) => name in key))).toEqual([]);
  });
});

describe('the pages of the product', () => {
  test('a nurse logs in without being asked for consent, reads, and goes on with a refresh token', async () => {
    const { tokens, landing } = await logIn(server.origin, {
      client: pages,
      user: 'demo-user-nurse',
      scope: 'openid fhirUser online_access user/*.cruds',
      redirect,
    });
    expect(landing.at).toMatch(new RegExp(`^${redirect}\\?code=.*state=state-of-the-app`));
    expect(decodeJwt(tokens!.access_token)).toMatchObject({
      role: 'municipality',
      hpr: '999000101',
      aud: expect.any(String) as unknown,
    });
    expect(decodeJwt(tokens!.id_token!)).toMatchObject({
      fhirUser: expect.stringMatching(/Practitioner\/demo-siri/) as unknown,
    });
    expect((await as(tokens!.access_token, `Patient/${ola}`)).status).toBe(200);
    const again = await token(server.origin, {
      grant_type: 'refresh_token',
      client_id: pages,
      refresh_token: tokens!.refresh_token!,
    });
    expect((await as(again.access_token, `Patient/${ola}`)).status).toBe(200);
    const replay = { grant_type: 'refresh_token', client_id: pages, refresh_token: tokens!.refresh_token! };
    expect((await token(server.origin, replay)).error).toBe('invalid_grant');
    const afterwards = { grant_type: 'refresh_token', client_id: pages, refresh_token: again.refresh_token! };
    expect((await token(server.origin, afterwards)).error).toBe('invalid_grant');
  });

  test('a citizen is the patient of the token and sees nobody else', async () => {
    const { tokens } = await logIn(server.origin, {
      client: pages,
      user: 'demo-user-ola',
      scope: 'openid fhirUser launch/patient patient/*.rs',
      redirect,
    });
    expect(tokens).toMatchObject({ patient: ola, scope: expect.stringContaining('patient/*.rs') as unknown });
    expect(decodeJwt(tokens!.access_token)['fnr']).toBeUndefined();
    expect((await as(tokens!.access_token, `Patient/${ola}`)).status).toBe(200);
    expect((await as(tokens!.access_token, `Patient/${other}`)).status).toBe(404);
    const all = (await (await as(tokens!.access_token, 'Patient')).json()) as { entry: { resource: { id: string } }[] };
    expect(all.entry.map(({ resource }) => resource.id)).toEqual([ola]);
    const episodes = (await (await as(tokens!.access_token, 'EpisodeOfCare')).json()) as { entry: unknown[] };
    expect(episodes.entry).toHaveLength(1);
  });

  test.each(['patient/*.cruds', 'user/*.cruds'])(
    'with %s a citizen sends measurements of themself, and nothing else',
    async (scope) => {
      const { tokens } = await logIn(server.origin, {
        client: pages,
        user: 'demo-user-ola',
        scope: `openid fhirUser launch/patient ${scope}`,
        redirect,
      });
      const send = async (type: string, content: object, id?: string): Promise<number> =>
        (
          await as(tokens!.access_token, id === undefined ? type : `${type}/${id}`, {
            method: id === undefined ? 'POST' : 'PUT',
            body: JSON.stringify({ resourceType: type, ...(id === undefined ? {} : { id }), ...content }),
          })
        ).status;
      const weight = (patient?: string): object => ({
        status: 'final',
        code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
        ...(patient === undefined ? {} : { subject: { reference: `Patient/${patient}` } }),
        effectiveDateTime: '2026-03-02T08:00:00Z',
        valueQuantity: { value: 80, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
      });
      expect(await send('Observation', weight(ola))).toBe(201);
      const form = (patient: string): object => ({
        status: 'completed',
        questionnaire: 'http://hjemmebro.no/fhir/Questionnaire/kols-daily',
        subject: { reference: `Patient/${patient}` },
        authored: '2026-03-02T08:00:00Z',
        item: [{ linkId: 'dyspnoea', answer: [{ valueBoolean: true }] }],
      });
      expect(await send('QuestionnaireResponse', form(ola))).toBe(201);
      expect(await send('QuestionnaireResponse', form(other))).toBe(403);
      expect(await send('Observation', weight(other))).toBe(403);
      expect(await send('Observation', weight())).toBe(403);
      expect(await send('Observation', weight(ola), 'of-my-own-choice')).toBe(403);
      expect(await send('Condition', { subject: { reference: `Patient/${ola}` }, code: { text: 'x' } })).toBe(403);
      expect(await send('Patient', { name: [{ family: 'Ny' }] })).toBe(403);
    },
  );
});

describe('a SMART app', () => {
  const standalone = {
    client: app,
    user: 'demo-user-gp',
    scope: 'openid launch/patient patient/*.rs offline_access',
    redirect: appRedirect,
    parameters: { aud: '' },
  };

  test('gets the patient that the person chose, and no other, although the person may see more', async () => {
    const login = { ...standalone, parameters: { aud: await audience() }, consent: { patient: ola } };
    const { tokens } = await logIn(server.origin, login);
    expect(tokens).toMatchObject({
      patient: ola,
      need_patient_banner: true,
      refresh_token: expect.any(String) as unknown,
    });
    for (const accessToken of [tokens!.access_token, (await refreshed(tokens!.refresh_token!)).access_token]) {
      expect((await as(accessToken, `Patient/${ola}`)).status).toBe(200);
      expect((await as(accessToken, `Patient/${other}`)).status).toBe(404);
      expect((await as(accessToken, `EpisodeOfCare?patient=${other}`)).status).toBe(200);
      expect(await total(accessToken, 'EpisodeOfCare')).toBe(1);
    }
  });

  const refreshed = (refreshToken: string) =>
    token(server.origin, { grant_type: 'refresh_token', client_id: app, refresh_token: refreshToken });

  test('is launched from a system with a patient open', async () => {
    const made = await server.request('gp', '/auth/launch', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: { client_id: app, patient: ola },
    });
    const { launch, url } = (await made.json()) as { launch: string; url: string };
    expect(new URL(url).searchParams.get('iss')).toBe(await audience());
    const login = {
      ...standalone,
      scope: 'openid launch patient/Observation.rs',
      parameters: { aud: await audience(), launch },
      consent: {},
    };
    expect((await logIn(server.origin, login)).tokens).toMatchObject({ patient: ola });
    const forged = await logIn(server.origin, {
      ...login,
      parameters: { aud: await audience(), launch: `${launch}x` },
    });
    expect(new URL(forged.landing.at).searchParams.get('error')).toBe('invalid_request');
    // The hospital has no relation to the patient, so the launch gives its doctor nothing.
    const stranger = await logIn(server.origin, { ...login, user: 'demo-user-hospital' });
    expect([stranger.tokens, stranger.landing.status]).toEqual([undefined, 403]);
  });

  test('gets nothing where the request is not right', async () => {
    const wrong: [string, Record<string, string>, RegExp][] = [
      ['another server', { aud: 'https://evil.example/fhir' }, /invalid_request/],
      ['no PKCE', { code_challenge: '', code_challenge_method: '' }, /invalid_request/],
      ['plain PKCE', { code_challenge_method: 'plain' }, /invalid_request/],
      ['a token in the address', { response_type: 'token' }, /unsupported_response_type/],
    ];
    for (const [name, parameters, error] of wrong) {
      const { landing } = await logIn(server.origin, { ...standalone, parameters });
      expect([name, `${landing.at} ${landing.html}`]).toEqual([name, expect.stringMatching(error)]);
    }
  });

  test('is not led to an address that is not its own', async () => {
    const evil = [
      [app, 'https://evil.example/callback'],
      [app, 'http://127.0.0.1.evil.example/callback'],
      [app, 'http://127.0.0.1:4711/other'],
      [pages, 'https://evil.example/'],
      [pages, `${server.origin}@evil.example/`],
      [pages, `${server.origin.replace('http:', 'javascript:')}/`],
      [pages, `//evil.example/`],
      [pages, `${server.origin}/\\evil.example`],
    ] as const;
    for (const [client, address] of evil) {
      const { landing } = await logIn(server.origin, { ...standalone, client, redirect: address, parameters: {} });
      expect([address, landing.status, landing.response.headers.get('location')]).toEqual([address, 400, null]);
    }
  });

  test('the pages have no script, and name no other place', async () => {
    const browser = new Browser(server.origin);
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: app,
      redirect_uri: appRedirect,
      scope: 'openid patient/*.rs <script>alert(1)</script>',
      code_challenge: 'a'.repeat(43),
      code_challenge_method: 'S256',
      state: '"><script>alert(1)</script>',
    });
    const { html, response } = await browser.follow(`/auth/authorize?${query.toString()}`);
    expect(html).toContain('Logg inn');
    expect(html).not.toContain('<script');
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none';script-src 'none';style-src 'self';base-uri 'none';form-action 'self' http://127.0.0.1:4711;frame-ancestors 'none'",
    );
  });
});

async function audience(): Promise<string> {
  const smart = (await (await fetch(`${server.base}/.well-known/smart-configuration`)).json()) as { issuer: string };
  return smart.issuer.replace(/auth$/, 'fhir');
}

async function total(accessToken: string, type: string): Promise<number> {
  return ((await (await as(accessToken, `${type}?_summary=count`)).json()) as { total: number }).total;
}

describe('a backend', () => {
  const assertion = async (change: Record<string, unknown> = {}, lifetime = 240): Promise<string> => {
    const key = await demoBackendKey(server.dataFolder);
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({
      iss: 'demo-backend',
      sub: 'demo-backend',
      aud: `${(await audience()).replace(/fhir$/, 'auth')}/token`,
      jti: `${Math.random()}`,
      exp: now + lifetime,
      ...change,
    })
      .setProtectedHeader({ alg: 'ES384', kid: key.kid!, typ: 'JWT' })
      .sign(await importJWK(key, 'ES384'));
  };
  const ask = (clientAssertion: string, scope = 'system/Organization.rs') =>
    token(server.origin, {
      grant_type: 'client_credentials',
      scope,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: clientAssertion,
    });

  test('gets a short-lived token for a signed assertion, for what it may ask', async () => {
    const answer = await ask(await assertion(), 'system/Organization.rs user/*.cruds');
    expect(answer).toMatchObject({ scope: 'system/Organization.rs', expires_in: 300, token_type: 'Bearer' });
    expect(answer.refresh_token).toBeUndefined();
    expect((await as(answer.access_token, 'Organization')).status).toBe(200);
    expect((await as(answer.access_token, 'Patient')).status).toBe(403);
  });

  test('gets nothing for an assertion that is used twice, too long, or another’s', async () => {
    const once = await assertion();
    await ask(once);
    const refused = [
      once,
      await assertion({}, 3600),
      await assertion({ sub: 'hjemmebro-pages' }),
      await assertion({ aud: 'https://elsewhere.example/token' }),
      await assertion({ exp: 1 }),
    ];
    for (const one of refused) expect((await ask(one)).error).toBe('invalid_client');
  });
});

describe('a scope with a query', () => {
  const category = 'http://terminology.hl7.org/CodeSystem/observation-category';
  const observation = (code: string) => ({
    resourceType: 'Observation',
    status: 'final',
    category: [{ coding: [{ system: category, code }] }],
    code: { text: code },
    subject: { reference: `Patient/${ola}` },
    effectiveDateTime: '2026-03-02T08:00:00+01:00',
    performer: [{ reference: `Patient/${ola}` }],
    valueString: 'x',
  });
  let narrow: string;
  let vital: string;
  let laboratory: string;
  /** Was a laboratory result first. */
  let moved: string;

  const store = async (resource: object): Promise<string> => {
    const answer = await server.request('municipality', 'Observation', { method: 'POST', body: resource });
    expect(answer.status).toBe(201);
    return ((await answer.json()) as { id: string }).id;
  };
  const ids = async (path: string): Promise<string[]> => {
    const answer = await as(narrow, path);
    expect([path, answer.status]).toEqual([path, 200]);
    const { entry = [] } = (await answer.json()) as { entry?: { resource: { resourceType: string; id: string } }[] };
    return entry.flatMap(({ resource }) => (resource.resourceType === 'Observation' ? [resource.id] : [])).toSorted();
  };

  beforeAll(async () => {
    vital = await store(observation('vital-signs'));
    laboratory = await store(observation('laboratory'));
    moved = await store(observation('laboratory'));
    const change = { ...observation('vital-signs'), id: moved };
    expect((await server.request('municipality', `Observation/${moved}`, { method: 'PUT', body: change })).status).toBe(
      200,
    );
    const scope = `openid user/Observation.cruds?category=${category}|vital-signs user/Patient.rs`;
    narrow = (await logIn(server.origin, { client: pages, user: 'demo-user-nurse', scope, redirect })).tokens!
      .access_token;
  });

  test('reaches what fulfils it, by read, search, include, history, count and version', async () => {
    const seen = [vital, moved].toSorted();
    expect((await as(narrow, `Observation/${vital}`)).status).toBe(200);
    expect((await as(narrow, `Observation/${laboratory}`)).status).toBe(404);
    expect((await as(narrow, `Observation/${laboratory}/_history`)).status).toBe(404);
    expect((await as(narrow, `Observation/${moved}/_history/1`)).status).toBe(404);
    expect((await as(narrow, `Observation/${moved}/_history/2`)).status).toBe(200);
    expect(await ids(`Observation/${moved}/_history`)).toEqual([moved]);
    expect(await ids('Observation/_history')).toEqual(seen);
    expect(await ids('Observation')).toEqual(seen);
    expect(await ids(`Observation?category=laboratory`)).toEqual([]);
    expect(await ids(`Observation?patient=${ola}&_sort=date`)).toEqual(seen);
    expect(await ids(`Patient?_id=${ola}&_revinclude=Observation:patient`)).toEqual(seen);
    expect(await total(narrow, 'Observation')).toBe(2);
    const has = await as(narrow, `Patient?_has:Observation:patient:category=laboratory&_summary=count`);
    expect(await has.json()).toMatchObject({ total: 0 });
  });

  test('and writes only that', async () => {
    const write = (method: string, path: string, resource?: object) =>
      as(narrow, path, { method, ...(resource !== undefined && { body: JSON.stringify(resource) }) }).then(
        ({ status }) => status,
      );
    expect(await write('POST', 'Observation', observation('vital-signs'))).toBe(201);
    expect(await write('POST', 'Observation', observation('laboratory'))).toBe(403);
    expect(await write('PUT', `Observation/${vital}`, { ...observation('laboratory'), id: vital })).toBe(403);
    expect(await write('PUT', `Observation/${laboratory}`, { ...observation('vital-signs'), id: laboratory })).toBe(
      404,
    );
    // As for what was never there; it is still there.
    expect(await write('DELETE', `Observation/${laboratory}`)).toBe(204);
    expect((await server.request('municipality', `Observation/${laboratory}`)).status).toBe(200);
    expect(await write('DELETE', `Observation/${vital}`)).toBe(204);
    expect(await write('POST', 'EpisodeOfCare', {})).toBe(403);
    const entry = [{ resource: observation('laboratory'), request: { method: 'POST', url: 'Observation' } }];
    expect(await write('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })).toBe(403);
  });

  test('that cannot be held against single rows permits nothing', async () => {
    for (const query of [
      '_id=1',
      'subject.name=x',
      '_has:Provenance:target:agent=x',
      'category:not=x',
      'nonsense=1',
      '_include=*',
    ]) {
      const scope = `user/Observation.rs?${query}`;
      const { tokens } = await logIn(server.origin, { client: pages, user: 'demo-user-nurse', scope, redirect });
      expect([query, (await as(tokens!.access_token, 'Observation')).status]).toEqual([query, 403]);
    }
  });
});

test('a patient scope writes for its patient alone', async () => {
  const login = { client: app, user: 'demo-user-nurse', redirect: appRedirect, parameters: { aud: await audience() } };
  const { tokens } = await logIn(server.origin, {
    ...login,
    scope: 'launch/patient patient/*.cruds',
    consent: { patient: ola },
  });
  const task = (patient: string) => ({
    resourceType: 'Communication',
    status: 'completed',
    subject: { reference: `Patient/${patient}` },
    payload: [{ contentString: 'Hei' }],
  });
  const write = (resource: object) =>
    as(tokens!.access_token, 'Communication', { method: 'POST', body: JSON.stringify(resource) }).then(
      ({ status }) => status,
    );
  expect(await write(task(ola))).toBe(201);
  expect(await write(task(other))).toBe(403);
});
