import { request as secureRequest } from 'node:https';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { root } from '../../architecture/source-files.js';
import { type RunningServer, startServer } from '../../support/server.js';

describe('a server with limits', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer({
      environment: {
        RATE_LIMIT: '20',
        RATE_LIMIT_REFUSED: '10',
        CORS_ORIGINS: 'https://app.example',
        REQUEST_TIMEOUT_SECONDS: '1',
        SECRET_KEY: 'n'.repeat(32),
        SECRET_KEY_PREVIOUS: 'f'.repeat(32),
      },
    });
  });
  afterAll(() => server.stop());

  test('lets scripts of named origins call, and tells those of others nothing', async () => {
    const preflight = (origin: string) =>
      fetch(`${server.base}/Patient`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      });
    const good = await preflight('https://app.example');
    expect([good.status, good.headers.get('access-control-allow-origin')]).toEqual([204, 'https://app.example']);
    expect(good.headers.get('access-control-allow-headers')).toContain('Authorization');
    expect(good.headers.get('access-control-allow-credentials')).toBeNull();
    for (const origin of ['https://evil.example', 'https://app.example.evil.example', 'null', 'http://app.example'])
      expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull();
  });

  test('one client that asks too much is told when to come back, the others are not held up', async () => {
    const asked = await Promise.all(Array.from({ length: 30 }, () => server.request('gp', 'Organization?_count=1')));
    const refused = asked.filter(({ status }) => status === 429);
    expect(asked.filter(({ status }) => status === 200)).toHaveLength(20);
    expect(refused).toHaveLength(10);
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused[0]!.json()).toMatchObject({
      resourceType: 'OperationOutcome',
      issue: [{ code: 'throttled' }],
    });
    expect((await server.request('hospital', 'Organization?_count=1')).status).toBe(200);
  });

  test('one address that has no usable token is told when to come back too', async () => {
    const asked = await Promise.all(
      Array.from({ length: 15 }, () => fetch(`${server.base}/Patient`, { headers: { authorization: 'Bearer a.b.c' } })),
    );
    const count = (status: number) => asked.filter((answer) => answer.status === status).length;
    expect(count(401)).toBeLessThanOrEqual(10);
    expect(count(401) + count(429)).toBe(15);
    expect(asked.find(({ status }) => status === 429)!.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  test('a request that comes drop by drop is ended', async () => {
    const { port } = new URL(server.origin);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () =>
        socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: '),
      );
      let said = '';
      socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
      socket.once('close', () => resolve(said));
      socket.once('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });
});

test('a full server says so at once, with a time to come back, and still says that it lives', async () => {
  const server = await startServer({ environment: { MAX_REQUESTS_AT_ONCE: '1' } });
  try {
    const { port } = new URL(server.origin);
    const token = await server.token('admin');
    const held = connect(Number(port), '127.0.0.1');
    held.write(
      `POST /fhir/Basic HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/fhir+json\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n`,
    );
    // From here on it is under way.
    expect(String(await new Promise((resolve) => held.once('data', resolve)))).toContain('100 Continue');
    const answer = await server.request('admin', 'Basic');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await fetch(`${server.origin}/health/live`)).status).toBe(200);
    held.destroy();
  } finally {
    await server.stop();
  }
});

describe('TLS', () => {
  const file = (name: string) => path.join(root, 'test/fixtures/tls', name);

  const get = (port: string, who?: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port,
        path: '/health/live',
        agent: false as const,
        ca: readFileSync(file('server.pem')),
        ...(who !== undefined && { cert: readFileSync(file(`${who}.pem`)), key: readFileSync(file(`${who}.key`)) }),
      };
      secureRequest(options, (response) => resolve(response.resume().statusCode!))
        .once('error', reject)
        .end();
    });

  test('is spoken with a certificate, and with client certificates of the known authority alone', async () => {
    const server = await startServer({
      secure: () => get(String(port), 'client').then((status) => status === 200),
      environment: {
        TLS_CERT_FILE: file('server.pem'),
        TLS_KEY_FILE: file('server.key'),
        TLS_CLIENT_CA_FILE: file('client.pem'),
      },
      onPort: (chosen) => (port = chosen),
    });
    try {
      expect(await get(String(port), 'client')).toBe(200);
      await expect(get(String(port), 'stranger')).rejects.toThrow();
      await expect(get(String(port))).rejects.toThrow();
      await expect(fetch(`http://127.0.0.1:${port}/health/live`)).rejects.toThrow();
    } finally {
      expect(await server.stop()).toBe(0);
    }
  });
  let port = 0;
});
