import { createHmac } from 'node:crypto';
import type { Resource } from '../../../src/fhir/resource.js';
import { Failure } from '../../../src/kernel/failure.js';
import type { CompiledSubscription } from '../../../src/subscriptions/compiled-subscription.js';
import { endpointPolicy } from '../../../src/subscriptions/endpoint-policy.js';
import { parseSubscription, refuseClientStatus } from '../../../src/subscriptions/parse-subscription.js';
import { signingKeyUrl } from '../../../src/subscriptions/parse-channel.js';
import {
  joinSecrets,
  redactSubscription,
  restoreSecrets,
  splitSecrets,
} from '../../../src/subscriptions/redact-subscription.js';
import { restHook } from '../../../src/subscriptions/rest-hook.js';

const rules = {
  endpoints: endpointPolicy({ allowedHosts: [], allowPublic: true, allowLoopback: true }),
  compile: (type: string, query: string) => {
    if (type === 'Nothing') throw new Failure('not-found', 'That is not a resource type of FHIR R4.');
    if (query.includes('wrong')) throw new Failure('invalid', 'The parameter wrong is not known.');
    return { matches: () => true, keys: [] };
  },
};

const channel = {
  type: 'rest-hook',
  endpoint: 'http://localhost:9000/hook',
  payload: 'application/fhir+json',
  header: ['Authorization: Bearer abc'],
};
const good: Resource = {
  resourceType: 'Subscription',
  id: 's1',
  status: 'requested',
  reason: 'alerts',
  criteria: 'DetectedIssue?status=preliminary',
  channel,
};

test('a rest-hook Subscription becomes what matching and delivery need', () => {
  expect(parseSubscription({ ...good, end: '2030-01-01T00:00:00Z' }, rules)).toMatchObject({
    id: 's1',
    status: 'requested',
    triggers: [{ type: 'DetectedIssue', comparesVersions: false }],
    text: 'DetectedIssue?status=preliminary',
    channel: {
      kind: 'rest-hook',
      endpoint: 'http://localhost:9000/hook',
      headers: [['Authorization', 'Bearer abc']],
    },
    content: 'full-resource',
    maxCount: 1,
    end: Date.UTC(2030, 0, 1),
  });
});

test('criteria may be a type alone', () => {
  expect(parseSubscription({ ...good, criteria: 'Task' }, rules)).toMatchObject({ triggers: [{ type: 'Task' }] });
  expect(parseSubscription({ ...good, criteria: 'Task?' }, rules)).toMatchObject({ triggers: [{ type: 'Task' }] });
});

describe('A Subscription that cannot be served is refused with the reason', () => {
  test.each<[string, Partial<Resource>, string, RegExp]>([
    ['unknown parameter', { criteria: 'Task?wrong=1' }, 'criteria', /wrong is not known/],
    ['unknown type', { criteria: 'Nothing?x=1' }, 'criteria', /not a resource type/],
    ['no search', { criteria: 'give me everything' }, 'criteria', /Type\?name=value/],
    ['an absolute URL', { criteria: 'http://x/Task?status=ready' }, 'criteria', /no such topic/],
    ['no criteria', { criteria: undefined }, 'criteria', /missing/],
    ['a status of its own', { status: 'on' }, 'status', /requested, active/],
    ['sms', { channel: { ...channel, type: 'sms' } }, 'channel.type', /rest-hook/],
    ['headers for a websocket', { channel: { ...channel, type: 'websocket' } }, 'channel.header', /no headers/],
    ['no endpoint', { channel: { type: 'rest-hook' } }, 'channel.endpoint', /needs an endpoint/],
    [
      'a forbidden endpoint',
      { channel: { ...channel, endpoint: 'http://169.254.169.254/' } },
      'channel.endpoint',
      /reserved/,
    ],
    ['XML', { channel: { ...channel, payload: 'application/fhir+xml' } }, 'channel.payload', /fhir\+json/],
    ['a header without colon', { channel: { ...channel, header: ['secret'] } }, 'channel.header[0]', /Name: value/],
    [
      'a header with a line break',
      { channel: { ...channel, header: ['A: b', 'X-Key: a\r\nHost: b'] } },
      'channel.header[1]',
      /not allowed/,
    ],
    ['the Host header', { channel: { ...channel, header: ['Host: x'] } }, 'channel.header[0]', /set by the server/],
    ['an end that is no instant', { end: 'soon' }, 'end', /instant/],
  ])('%s', (_, change, element, reason) => {
    const refusal = parseSubscription({ ...good, ...change } as Resource, rules);
    expect(refusal).toBeInstanceOf(Failure);
    expect((refusal as Failure).category).toBe('unprocessable');
    expect((refusal as Failure).issues[0]!.expression).toEqual([`Subscription.${element}`]);
    expect((refusal as Failure).message).toMatch(reason);
    expect((refusal as Failure).message).not.toContain('secret');
  });
});

test.each<[string, string | undefined, boolean]>([
  ['requested', undefined, true],
  ['off', undefined, true],
  ['active', undefined, false],
  ['error', undefined, false],
  ['active', 'active', true],
  ['active', 'off', false],
  ['error', 'error', true],
])('a client that sends status %s where %s is stored is let through: %s', (status, present, allowed) => {
  expect(refuseClientStatus({ ...good, status }, present) === undefined).toBe(allowed);
});

describe('A notification', () => {
  const compiled = (change: object): CompiledSubscription =>
    parseSubscription({ ...good, channel: { ...channel, ...change } }, rules) as CompiledSubscription;
  const hook = (subscription: CompiledSubscription, text: string) =>
    restHook(subscription, subscription.channel as Parameters<typeof restHook>[1], {
      event: { event: 7, type: 'Task', id: 't1' },
      text,
      at: 1_700_000_000_999,
    });

  test('with payload is an update below the endpoint', () => {
    const { method, url, body, headers } = hook(
      compiled({ endpoint: 'http://localhost:9000/hook/?key=1' }),
      '{"x":1.0}',
    );
    expect({ method, url, body }).toEqual({
      method: 'PUT',
      url: 'http://localhost:9000/hook/Task/t1?key=1',
      body: '{"x":1.0}',
    });
    expect(headers).toEqual(
      expect.arrayContaining([
        ['Authorization', 'Bearer abc'],
        ['x-event-number', '7'],
        ['x-subscription-id', 's1'],
      ]),
    );
  });

  test('without payload is an empty POST to the endpoint itself', () => {
    const notification = hook(compiled({ payload: undefined, endpoint: 'http://localhost:9000/hook' }), '{"x":1}');
    expect(notification).toMatchObject({ method: 'POST', url: 'http://localhost:9000/hook' });
    expect(notification.body).toBeUndefined();
  });
});

test('a notification is signed over its time, method, path, number and body', () => {
  const key = 'k'.repeat(32);
  const subscription = parseSubscription(
    { ...good, channel: { ...channel, extension: [{ url: signingKeyUrl, valueString: key }] } },
    rules,
  ) as CompiledSubscription;
  const { headers } = restHook(subscription, subscription.channel as Parameters<typeof restHook>[1], {
    event: { event: 7, type: 'Task', id: 't1' },
    text: '{"x":1.0}',
    at: 1_700_000_000_999,
  });
  const digest = createHmac('sha256', key).update('1700000000\nPUT\n/hook/Task/t1\n7\n{"x":1.0}').digest('hex');
  expect(headers.find(([name]) => name === 'x-signature')).toEqual(['x-signature', `t=1700000000,v1=${digest}`]);
});

describe('Secrets of a Subscription', () => {
  const stored: Resource = { ...good, channel: { ...channel, endpoint: 'http://localhost:9000/hook?key=verysecret' } };

  test('are not seen by others', () => {
    const seen = redactSubscription(stored);
    expect(JSON.stringify(seen)).not.toMatch(/abc|verysecret/);
    expect(seen.meta?.tag).toEqual([expect.objectContaining({ code: 'SUBSETTED' })]);
    expect(stored.meta).toBeUndefined();
  });

  test('are split off and joined again without loss', () => {
    const keyed = {
      ...stored,
      channel: { ...(stored['channel'] as object), extension: [{ url: signingKeyUrl, valueString: 'k'.repeat(40) }] },
    };
    const { shown, secrets } = splitSecrets(keyed);
    expect(JSON.stringify(shown)).not.toMatch(/abc|verysecret|kkkk/);
    expect(joinSecrets(shown, secrets!)).toEqual(keyed);
    expect(restoreSecrets(redactSubscription(keyed), keyed)['channel']).toEqual(keyed.channel);
    expect(parseSubscription(shown, rules)).not.toBeInstanceOf(Failure);
  });

  test('stay when what was seen is sent back', () => {
    expect(restoreSecrets(redactSubscription(stored), stored)['channel']).toEqual(stored['channel']);
  });

  test('do not follow to another endpoint', () => {
    const seen = redactSubscription(stored);
    const moved = { ...seen, channel: { ...(seen['channel'] as object), endpoint: 'http://elsewhere.example.org/' } };
    expect(() => restoreSecrets(moved, stored)).toThrow(/send the secret itself/);
  });
});
