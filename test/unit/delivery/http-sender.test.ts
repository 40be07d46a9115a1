import type { lookup } from 'node:dns';
import { httpSender } from '../../../src/delivery/http-sender.js';
import type { Failure } from '../../../src/kernel/failure.js';
import { endpointPolicy } from '../../../src/subscriptions/endpoint-policy.js';
import { type NotificationSink, openSink } from '../../support/notification-sink.js';

let inner: NotificationSink;
let port: string;
beforeAll(async () => {
  inner = await openSink();
  ({ port } = new URL(inner.url));
});
afterAll(() => inner.close());
beforeEach(() => void (inner.received.length = 0));

/** A resolver whose answer for every name changes from one question to the next. */
const resolver = (...answers: readonly string[][]): typeof lookup => {
  let asked = 0;
  return ((_host: string, _options: object, done: (error: null, found: object[]) => void) => {
    const addresses = answers[Math.min(asked++, answers.length - 1)]!;
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  }) as unknown as typeof lookup;
};
const outside = endpointPolicy({ allowedHosts: [], allowPublic: true, allowLoopback: false });
const inside = endpointPolicy({ allowedHosts: [], allowPublic: true, allowLoopback: true });

async function sent(endpoints: typeof outside, names: typeof lookup, host: string): Promise<number | Failure> {
  const sender = httpSender({ endpoints, names, timeoutMs: 2000 });
  try {
    const url = `http://${host}:${port}/hook`;
    return (await sender.send({ method: 'POST', url, headers: [], body: '{}' })).status;
  } catch (error) {
    return error as Failure;
  } finally {
    sender.close();
  }
}

test.each([
  ['loopback', ['127.0.0.1']],
  ['loopback in IPv6', ['::1']],
  ['loopback, mapped', ['::ffff:127.0.0.1']],
  ['the metadata of a cloud', ['169.254.169.254']],
  ['a private network', ['10.0.0.1', '192.168.1.1']],
])('a name that leads elsewhere at the moment of sending is not followed: %s', async (_, addresses) => {
  const failure = await sent(outside, resolver(addresses), 'epj.example.org');
  expect(failure).toMatchObject({ category: 'forbidden' });
  expect((failure as Failure).message).not.toContain(addresses[0]);
  expect(inner.received).toEqual([]);
});

test('of several addresses the allowed ones are connected to', async () => {
  // 127.0.0.1 is allowed here, 169.254.169.254 never is.
  expect(await sent(inside, resolver(['169.254.169.254', '127.0.0.1']), 'localhost')).toBe(200);
  expect(inner.received).toHaveLength(1);
});

test('a redirect is not followed: where it leads was never approved', async () => {
  inner.answer = () => 307;
  expect(await sent(inside, resolver(['127.0.0.1']), 'localhost')).toBe(307);
  expect(inner.received).toHaveLength(1);
});
