import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Principal } from '../../../src/access/principal.js';
import { startAnnouncer } from '../../../src/delivery/announcer.js';
import { startDeliverer } from '../../../src/delivery/deliverer.js';
import type { SubscriberAccess, SubscriptionStatusWriter } from '../../../src/delivery/delivery-ports.js';
import { composer } from '../../../src/delivery/compose.js';
import { httpSender } from '../../../src/delivery/http-sender.js';
import type { MailSender } from '../../../src/delivery/mail-sender.js';
import { createOutbox } from '../../../src/delivery/outbox.js';
import { startMatcher } from '../../../src/delivery/matcher.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { silentLog, systemClock, uuidv7 } from '../../../src/kernel/index.js';
import type { IndexRow } from '../../../src/search/index-row.js';
import type { Pool, Queryable } from '../../../src/storage/pool.js';
import { claimInstance } from '../../../src/storage/instance.js';
import { openSession } from '../../../src/storage/session.js';
import { storeSubscriptionOwner } from '../../../src/storage/subscription-events.js';
import { inTransaction } from '../../../src/storage/transaction.js';
import { codeKey } from '../../../src/subscriptions/discriminator.js';
import { endpointPolicy } from '../../../src/subscriptions/endpoint-policy.js';
import { parseSubscription } from '../../../src/subscriptions/parse-subscription.js';

/** The caller who makes the subscriptions of these tests. */
export const owner = {
  client: 'municipality',
  subject: 's',
  name: 'n',
  role: 'municipality',
  scopes: [],
  parties: ['client:municipality'],
  carries: [],
  controller: '',
} as unknown as Principal;

/** Writes one version of a resource with its history and log row, as the write path does. */
export async function write(db: Queryable, resource: Resource, kind: 'c' | 'u' | 'd' = 'c'): Promise<number> {
  const { resourceType: type, id } = resource;
  const { rows } = await db.query<{ rid: number; version: number; old: boolean }>(
    `select coalesce(r.rid, nextval('resource_rid')) as rid, coalesce(r.version, 0) + 1 as version, r.rid is not null as old
     from resource_type t left join resource r on r.type = t.id and r.id = $2 where t.name = $1`,
    [type, id],
  );
  const { rid, version, old } = rows[0]!;
  if (old) {
    await db.query(
      `insert into resource_history (rid, version, type, id, updated, controller, patients, content)
       select rid, version, type, id, updated, controller, patients, content from resource where rid = $1`,
      [rid],
    );
  }
  await db.query(
    `insert into resource (rid, type, id, version, updated, controller, content)
     select $1, t.id, $2, $3, now(), 1, $4 from resource_type t where t.name = $5
     on conflict (rid) do update set version = excluded.version, content = excluded.content`,
    [rid, id, version, kind === 'd' ? null : JSON.stringify(resource), type],
  );
  await db.query(
    `insert into change_log (kind, type, rid, version, controller, patients)
     select $1::text::"char", t.id, $2, $3, 1, '{}' from resource_type t where t.name = $4`,
    [kind, rid, version, type],
  );
  return rid;
}

/** Types are in the dictionary before a transaction uses them. */
export const addTypes = (pool: Pool): Promise<unknown> =>
  pool.query(`insert into resource_type (name) values ('Task'), ('Subscription') on conflict do nothing`);

export const subscriptionResource = (
  id: string,
  endpoint: string,
  criteria = 'Task?code=a',
  more: object = {},
): Resource => ({
  resourceType: 'Subscription',
  id,
  status: 'requested',
  reason: 'test',
  criteria,
  channel: { type: 'rest-hook', endpoint, payload: 'application/fhir+json' },
  ...more,
});

export const subscribe = (pool: Pool, resource: Resource): Promise<number> =>
  inTransaction(pool, async (tx) => {
    const rid = await write(tx, resource);
    await storeSubscriptionOwner(tx, rid, owner);
    return rid;
  });

export const change = async (pool: Pool, resource: Resource, kind: 'c' | 'u' | 'd' = 'c'): Promise<number> => {
  const rid = await inTransaction(pool, (tx) => write(tx, resource, kind));
  await pool.query(`select pg_notify('hjemmebro_change', '')`);
  return rid;
};

export const task = (id: string, code = 'a'): Resource => ({ resourceType: 'Task', id, code });

/** Criteria of these tests: `Type?code=value`. */
const rules = {
  endpoints: endpointPolicy({ allowedHosts: [], allowPublic: false, allowLoopback: true }),
  compile: (_: string, query: string) => {
    const code = new URLSearchParams(query).get('code');
    return {
      keys: code === null ? [] : [[codeKey('code', undefined, code)]],
      matches: (resource: Resource) => code === null || resource['code'] === code,
    };
  },
};
const rowsOf = (resource: Resource): readonly IndexRow[] => [
  { kind: 'token', param: 'code', system: '', code: String(resource['code']) },
];
const compile = (resource: Resource) => parseSubscription(resource, rules);

export interface InstanceOptions {
  readonly access?: Partial<SubscriberAccess>;
  readonly writer?: SubscriptionStatusWriter;
  readonly retryForMs?: number;
  readonly timeoutMs?: number;
  readonly mail?: MailSender;
  readonly matching?: boolean;
  readonly delivering?: boolean;
  /** How often the matcher looks at the log unasked. */
  readonly pollMs?: number;
}

/** One instance of the server's delivery. `crash` ends it without letting anything finish. */
export async function startInstance(pool: Pool, options: InstanceOptions = {}) {
  const session = openSession(pool, silentLog);
  const instance = await claimInstance(session);
  const access: SubscriberAccess = {
    isKnown: () => true,
    mayReceive: async () => true,
    present: async (_owner, _row, text) => text,
    ...options.access,
  };
  const shared = { pool, session, instance, clock: systemClock, log: silentLog, compile, access };
  const sender = httpSender({ endpoints: rules.endpoints, timeoutMs: options.timeoutMs ?? 1000 });
  const announcer =
    options.writer === undefined ? undefined : startAnnouncer({ ...shared, writer: options.writer, pollMs: 50 });
  const deliverer =
    options.delivering === false
      ? undefined
      : startDeliverer({
          ...shared,
          openSecrets: (sealed) => JSON.parse(sealed) as object,
          compose: composer({ ids: uuidv7(systemClock), clock: systemClock, base: 'http://server.test/fhir' }),
          outbox: createOutbox(sender, options.mail),
          timeoutMs: options.timeoutMs ?? 1000,
          handshakeForMs: 300,
          backoff: { firstMs: 40, longestMs: 200 },
          retryForMs: options.retryForMs ?? 60_000,
          leaseMs: 20_000,
          pollMs: 50,
          onStatus: () => announcer?.wake(),
        });
  const matcher =
    options.matching === false
      ? undefined
      : startMatcher({
          ...shared,
          rowsOf,
          pollMs: options.pollMs ?? 50,
          batch: 20,
          onNumbered: (rids) => deliverer?.deliver(rids),
          onFollowed: () => announcer?.wake(),
        });
  return {
    session,
    instance,
    wake: () => matcher?.wake(),
    async stop() {
      await matcher?.stop();
      await deliverer?.stop();
      await announcer?.stop();
      await session.close();
      sender.close();
    },
  };
}

export interface Arrival {
  readonly subscription: string;
  readonly event: number;
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly at: number;
}

type Answer = number | undefined;

/** A receiver of notifications on this machine. `answer` decides the status, or never answers (undefined). */
export async function startSink(answer: (arrival: Arrival) => Answer | Promise<Answer> = () => 200, location?: string) {
  const arrivals: Arrival[] = [];
  const server: Server = createServer((request, response) => {
    void readBody(request).then(async (body) => {
      const arrival: Arrival = {
        subscription: String(request.headers['x-subscription-id']),
        event: Number(request.headers['x-event-number']),
        method: request.method!,
        path: request.url!,
        body,
        at: Date.now(),
      };
      arrivals.push(arrival);
      const status = await answer(arrival);
      if (status !== undefined) response.writeHead(status, location === undefined ? {} : { location }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    arrivals,
    of: (subscription: string) => arrivals.filter((arrival) => arrival.subscription === subscription),
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

/** Waits until the condition holds; fails after a while. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 10_000,
): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`still waiting: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
