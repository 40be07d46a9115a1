import { endpointPolicy } from '../../../src/subscriptions/endpoint-policy.js';

const open = endpointPolicy({ allowedHosts: [], allowPublic: true, allowLoopback: false });
const development = endpointPolicy({ allowedHosts: [], allowPublic: true, allowLoopback: true });
const listed = endpointPolicy({
  allowedHosts: ['epj.example.org', '*.sykehus.example.org', '10.1.2.3', 'hook.internal:8443'],
  allowPublic: false,
  allowLoopback: false,
});

describe('An endpoint may be notified or not', () => {
  test.each([
    // endpoint, any public host, development, listed hosts only
    ['https://epj.example.org/hook', true, true, true],
    ['http://epj.example.org:8080/hook?x=1', true, true, true],
    ['https://a.sykehus.example.org/hook', true, true, true],
    ['https://sykehus.example.org/hook', true, true, false],
    ['https://evilsykehus.example.org/', true, true, false],
    ['https://other.example.org/', true, true, false],
    ['https://EPJ.Example.ORG./hook', true, true, true],
    ['http://10.1.2.3/hook', false, false, true],
    ['http://10.1.2.4/hook', false, false, false],
    ['https://hook.internal:8443/', false, false, true],
    ['https://hook.internal/', false, false, false],
    ['http://localhost:3000/', false, true, false],
    ['http://a.localhost/', false, true, false],
    ['http://127.0.0.1/', false, true, false],
    ['http://127.9.9.9/', false, true, false],
    ['http://2130706433/', false, true, false],
    ['http://0x7f.1/', false, true, false],
    ['http://[::1]/', false, true, false],
    ['http://[::ffff:127.0.0.1]/', false, true, false],
    ['http://[::ffff:169.254.169.254]/', false, false, false],
    ['http://169.254.169.254/latest/meta-data', false, false, false],
    ['http://[fe80::1]/', false, false, false],
    ['http://[fd00:ec2::254]/', false, false, false],
    ['http://0.0.0.0/', false, false, false],
    ['http://[::]/', false, false, false],
    ['http://192.168.1.1/', false, false, false],
    ['http://172.20.0.1/', false, false, false],
    ['http://100.64.0.1/', false, false, false],
    ['http://[fc00::1]/', false, false, false],
    ['http://224.0.0.1/', false, false, false],
    ['http://intranet/', false, false, false],
    ['http://metadata.google.internal/', false, false, false],
    ['http://8.8.8.8/', true, true, false],
    ['ftp://epj.example.org/', false, false, false],
    ['epj.example.org/hook', false, false, false],
    ['https://user:secret@epj.example.org/', false, false, false],
    ['https://epj.example.org/#part', false, false, false],
    ['', false, false, false],
  ])('%s – public %s, development %s, listed %s', (endpoint, isOpen, inDevelopment, isListed) => {
    expect([open, development, listed].map((policy) => policy.check(endpoint) === undefined)).toEqual([
      isOpen,
      inDevelopment,
      isListed,
    ]);
  });

  test('a refusal names the element and never repeats the endpoint', () => {
    const refusal = open.check('https://user:secret@epj.example.org/')!;
    expect(refusal.issues[0]!.expression).toEqual(['Subscription.channel.endpoint']);
    expect(refusal.message).not.toContain('secret');
  });
});

describe('A name may lead to an address or not', () => {
  test.each([
    ['epj.example.org', '93.184.216.34', true, true],
    ['epj.example.org', '10.0.0.7', false, true],
    ['a.sykehus.example.org', '192.168.0.9', false, true],
    ['other.example.org', '10.0.0.7', false, false],
    ['epj.example.org', '127.0.0.1', false, false],
    ['epj.example.org', '169.254.169.254', false, false],
    ['epj.example.org', '::ffff:127.0.0.1', false, false],
  ])('%s → %s: public hosts %s, listed hosts %s', (host, address, isOpen, isListed) => {
    expect([open.allowsAddress(host, address), listed.allowsAddress(host, address)]).toEqual([isOpen, isListed]);
  });

  test('in development a name may lead to this machine', () => {
    expect(development.allowsAddress('localhost', '127.0.0.1')).toBe(true);
    expect(development.allowsAddress('localhost', '::1')).toBe(true);
    expect(development.allowsAddress('localhost', '169.254.169.254')).toBe(false);
  });
});

test('where encryption is demanded, plain http is refused even for an allowed host', () => {
  const policy = endpointPolicy({
    allowedHosts: ['hook.example.org'],
    allowPublic: false,
    allowLoopback: false,
    demandTls: true,
  });
  expect(policy.check('http://hook.example.org/x')?.message).toMatch(/https/);
  expect(policy.check('https://hook.example.org/x')).toBeUndefined();
});
