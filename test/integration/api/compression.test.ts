// https://www.rfc-editor.org/rfc/rfc9110#name-content-encoding
import { request as httpRequest } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type HereServer, startHere } from '../../support/here.js';

let server: HereServer;
let small: string;
let large: string;
beforeAll(async () => {
  server = await startHere();
  const create = async (text: string): Promise<string> =>
    `Basic/${(await server.request('admin', 'Basic', { body: { resourceType: 'Basic', code: { text } } })).json.id as string}`;
  small = await create('x');
  large = await create('blåbær '.repeat(1000));
});
afterAll(() => server.stop());

interface Raw {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** As it comes over the wire: fetch would unpack it. */
async function raw(path: string, headers: Record<string, string>, method = 'GET'): Promise<Raw> {
  const authorization = `Bearer ${await server.token('admin')}`;
  return new Promise((resolve, reject) => {
    const asked = httpRequest(
      `${server.base}/${path}`,
      { method, headers: { authorization, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        );
        response.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

test.each([
  ['gzip', gunzipSync],
  ['br', brotliDecompressSync],
])('a large answer comes as %s to whoever takes it, and is the same', async (coding, unpack) => {
  for (const path of [large, 'metadata', 'Basic?_count=2', `${large}/_history`, `${large}?_pretty=true`]) {
    const plain = await raw(path, {});
    const answer = await raw(path, { 'accept-encoding': coding });
    expect([path, answer.status, answer.headers['content-encoding'], answer.headers['vary']]).toEqual([
      path,
      200,
      coding,
      'Accept, Accept-Encoding',
    ]);
    expect(answer.headers['content-length']).toBe(String(answer.body.length));
    expect(answer.body.length).toBeLessThan(plain.body.length / 2);
    const shape = (text: string): string => text.replace(/"(id|date|lastUpdated)": ?"[^"]*"/g, '');
    expect(shape(unpack(answer.body).toString())).toBe(shape(plain.body.toString()));
    expect([plain.headers['content-encoding'], plain.headers['vary']]).toEqual([undefined, 'Accept, Accept-Encoding']);
    expect(answer.headers['etag']).toBe(plain.headers['etag']);
  }
});

test('a small answer, and one to who takes no coding, comes as it is', async () => {
  for (const [path, accepted] of [
    [small, 'gzip, br'],
    [large, 'identity'],
    [large, 'gzip;q=0'],
    [large, 'zstd'],
  ] as const) {
    const answer = await raw(path, { 'accept-encoding': accepted });
    expect([path, answer.headers['content-encoding'], JSON.parse(answer.body.toString()).resourceType]).toEqual([
      path,
      undefined,
      'Basic',
    ]);
  }
});

test('HEAD tells of the coding and sends nothing', async () => {
  const answer = await raw(large, { 'accept-encoding': 'gzip' }, 'HEAD');
  expect([answer.status, answer.headers['content-encoding'], answer.body.length]).toEqual([200, 'gzip', 0]);
});
