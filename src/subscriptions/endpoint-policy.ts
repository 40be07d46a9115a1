import { BlockList, isIP } from 'node:net';
import { Failure } from '../kernel/failure.js';

export interface EndpointRules {
  /** Hosts that may be notified: `host`, `host:port` or `*.domain`. An entry that is an address opens that address. */
  readonly allowedHosts: readonly string[];
  /** May hosts on the public internet that are not listed be notified? */
  readonly allowPublic: boolean;
  /** May this machine be notified (development)? */
  readonly allowLoopback: boolean;
  /** Must notifications be encrypted (production)? */
  readonly demandTls?: boolean;
}

/** Where notifications may go: nobody shall use a Subscription to reach what only this server can reach. */
export interface EndpointPolicy {
  /** Why the endpoint is refused, or nothing. */
  check(endpoint: string): Failure | undefined;
  /** May the connection be made, now that the host's address is known? (A name may point anywhere.) */
  allowsAddress(host: string, address: string): boolean;
}

type Reach = 'public' | 'private' | 'loopback' | 'never';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** https://www.iana.org/assignments/iana-ipv4-special-registry/ and the IPv6 one. */
const inner = new BlockList();
for (const [net, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['198.18.0.0', 15],
] as const) {
  inner.addSubnet(net, bits);
}
inner.addSubnet('fc00::', 7, 'ipv6');

/** Link-local (with the cloud metadata services), unspecified, multicast, reserved, translated. */
const never = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  never.addSubnet(net, bits);
for (const [net, bits] of [
  ['fe80::', 10],
  ['ff00::', 8],
  ['64:ff9b::', 96],
  ['2002::', 16],
  ['fd00:ec2::', 32],
] as const) {
  never.addSubnet(net, bits, 'ipv6');
}
never.addAddress('::', 'ipv6');

function reachOf(address: string): Reach {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? hexMapped(address);
  const plain = mapped ?? address;
  const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
  if (loopback.check(plain, family)) return 'loopback';
  if (never.check(plain, family)) return 'never';
  return inner.check(plain, family) ? 'private' : 'public';
}

/** `::ffff:7f00:1`, as the URL parser writes `::ffff:127.0.0.1`. */
function hexMapped(address: string): string | undefined {
  const match = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address);
  if (match === null) return undefined;
  const [high, low] = [Number.parseInt(match[1]!, 16), Number.parseInt(match[2]!, 16)];
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

const isLoopbackName = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost');
const innerName = /(^|\.)(internal|local|localdomain|lan|intranet|corp|home\.arpa)$/;
const bare = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');

/** @returns the policy for the given rules; it needs no name service, which the sender asks (`allowsAddress`) */
export function endpointPolicy(rules: EndpointRules): EndpointPolicy {
  const entries = rules.allowedHosts.map((entry) => entry.toLowerCase());
  const listed = (host: string, port: string): boolean =>
    entries.some((entry) => {
      if (entry.startsWith('*.')) return host.endsWith(entry.slice(1)) && isIP(host) === 0;
      return bare(entry) === host || entry === `${host}:${port}` || entry === `[${host}]:${port}`;
    });
  const allows = (reach: Reach, isListed: boolean): boolean =>
    isListed || (reach === 'public' && rules.allowPublic) || (reach === 'loopback' && rules.allowLoopback);

  const check = (endpoint: string): Failure | undefined => {
    const url = parse(endpoint);
    if (typeof url === 'string') return refused(url);
    if (rules.demandTls === true && url.protocol === 'http:')
      return refused('The endpoint must use https: notifications are not sent unencrypted.');
    const host = bare(url.hostname);
    const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
    const reach: Reach = isIP(host) !== 0 ? reachOf(host) : isLoopbackName(host) ? 'loopback' : nameReach(host);
    if (allows(reach, listed(host, port))) return undefined;
    return refused(
      reach === 'public'
        ? `The host of the endpoint is not one that subscriptions may notify; ask the server's operator to allow it.`
        : `The endpoint's host is a ${reach === 'never' ? 'reserved' : reach} address, which subscriptions may not notify.`,
    );
  };
  const allowsAddress = (host: string, address: string): boolean => {
    const reach = reachOf(address);
    const name = bare(host);
    if (reach === 'never' || reach === 'loopback')
      return (
        entries.some((entry) => bare(entry) === bare(address)) ||
        (reach === 'loopback' &&
          (rules.allowLoopback || (isLoopbackName(name) && entries.some((entry) => bare(entry) === name))))
      );
    return (
      reach === 'public' ||
      entries.some(
        (entry) =>
          bare(entry.replace(/:\d+$/, '')) === name || (entry.startsWith('*.') && name.endsWith(entry.slice(1))),
      )
    );
  };
  return { check, allowsAddress };
}

function nameReach(host: string): Reach {
  return !host.includes('.') || innerName.test(host) ? 'private' : 'public';
}

function parse(endpoint: string): URL | string {
  let url: URL;
  try {
    url = new URL(endpoint);
  } catch {
    return 'The endpoint must be an absolute http or https URL.';
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return 'The endpoint must be an absolute http or https URL.';
  if (url.username !== '' || url.password !== '')
    return 'The endpoint must not carry a user name or password; use channel.header.';
  if (url.hash !== '') return 'The endpoint must not have a fragment (#).';
  return url;
}

const refused = (why: string): Failure =>
  new Failure('unprocessable', why, { expression: 'Subscription.channel.endpoint', code: 'value' });
