import { startHere, type HereServer } from '../../support/here.js';

let server: HereServer;
beforeAll(async () => {
  server = await startHere();
});
afterAll(() => server.stop());

test('a created resource is read as it was sent, with its version and time', async () => {
  const created = await server.request('admin', 'Basic', {
    body: '{"resourceType":"Basic","code":{"text":"note"},"extension":[{"url":"http://example.org/n","valueDecimal":1.0}]}',
  });
  expect(created.status).toBe(201);
  const { id } = created.json as { id: string };
  expect(created.headers.get('location')).toBe(`${server.base}/Basic/${id}/_history/1`);
  const read = await server.request('admin', `Basic/${id}`);
  expect(read.status).toBe(200);
  expect(read.text).toContain('"valueDecimal":1.0');
  expect(read.headers.get('etag')).toBe('W/"1"');
});
