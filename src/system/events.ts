import { rowScope } from '../access/decide.js';
import type { Principal } from '../access/principal.js';
import type { Config } from '../config/config.js';
import { subscriptionStatusWriter } from './subscription-status-writer.js';
import { startAnnouncer } from '../delivery/announcer.js';
import { startDeliverer } from '../delivery/deliverer.js';
import type { SubscriberAccess } from '../delivery/delivery-ports.js';
import { composer } from '../delivery/compose.js';
import { httpSender } from '../delivery/http-sender.js';
import { mailSender } from '../delivery/mail-sender.js';
import { createOutbox } from '../delivery/outbox.js';
import { startRetention } from '../delivery/retention.js';
import { startMatcher } from '../delivery/matcher.js';
import type { Services } from '../interactions/services.js';
import { extractRows } from '../search/extract/extract-rows.js';
import { loadTopics } from './load-topics.js';
import { startPulse, type Pulse } from '../storage/heartbeat.js';
import type { Pool, Queryable } from '../storage/pool.js';
import { StoredTopics, topicsChannel } from '../storage/stored-topics.js';
import { withNarrowings } from '../storage/search/prepare-narrowing.js';
import { isVisible } from '../storage/visible-row.js';
import type { Session } from '../storage/session.js';
import { criteriaCompiler } from '../subscriptions/criteria.js';
import { endpointPolicy } from '../subscriptions/endpoint-policy.js';
import type { Secrets } from '../subscriptions/redact-subscription.js';
import { parseSubscription, type SubscriptionRules } from '../subscriptions/parse-subscription.js';
import type { RunningPart } from '../delivery/delivery-ports.js';
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import { subscriberFinder } from '../delivery/subscriber-finder.js';
import { type BindingClaim, type SocketHub, startSocketHub } from '../delivery/socket-hub.js';

export interface EventParts {
  readonly config: Config;
  readonly services: Services;
  readonly pool: Pool;
  readonly session: Session;
  readonly rules: SubscriptionRules;
  readonly topics: StoredTopics;
  /** Opens what was sealed of Subscriptions. */
  readonly secrets: { open(token: string): unknown };
  readonly by: Principal;
  /** Whether somebody who called once still could (`registeredClients`). */
  readonly isRegistered: (caller: Principal) => boolean;
  /** Number of this instance of the server. */
  readonly instance: number;
  readonly onRecovery: (standstill: {
    readonly part: string;
    readonly from: number;
    readonly to: number;
  }) => Promise<void>;
}

export interface RunningEvents extends RunningPart {
  wake(type?: string): void;
  /** Takes subscribers' connections. */
  readonly sockets: SocketHub;
  readonly pulses: readonly { readonly name: string; readonly pulse: Pulse }[];
}

/** Which Subscriptions this server can serve, and the topics that they can be about. */
export function subscriptionRules(
  config: Config,
  { registry, database, log }: Pick<Services, 'registry' | 'log'> & { readonly database: Queryable },
): { readonly subscriptionRules: SubscriptionRules; readonly topics: StoredTopics } {
  const compile = criteriaCompiler(registry, config.baseUrl);
  const topics = new StoredTopics(database, loadTopics(compile), compile, log);
  const open = !config.production && config.SUBSCRIPTION_HOSTS.length === 0;
  const subscriptionRules: SubscriptionRules = {
    compile,
    get topics() {
      return topics.all;
    },
    email: config.SMTP_URL !== undefined,
    endpoints: endpointPolicy({
      allowedHosts: config.SUBSCRIPTION_HOSTS,
      allowPublic: open,
      allowLoopback: open,
      demandTls: config.production,
    }),
  };
  return { subscriptionRules, topics };
}

const standstillMs = 5 * 60_000;
const timeoutMs = 10_000;

const mailOf = (config: Config) =>
  config.SMTP_URL === undefined
    ? undefined
    : mailSender({ url: config.SMTP_URL, from: config.SMTP_FROM, demandTls: config.production, timeoutMs });

/** Reads the change log, matches, numbers and delivers. */
export function startEvents({
  secrets,
  config,
  services,
  pool,
  session,
  rules,
  topics,
  by,
  isRegistered,
  instance,
  onRecovery,
}: EventParts): RunningEvents {
  const { clock, log, registry } = services;
  const compile = (resource: Resource) => parseSubscription(resource, rules);
  const pulse = (part: string): Pulse => startPulse({ pool, clock, part, standstillMs, onRecovery });
  const [matching, delivering] = [pulse('matcher'), pulse('deliverer')];
  const access = subscriberAccess(services, pool, isRegistered);
  const openSecrets = (sealed: string): Secrets => secrets.open(sealed) as Secrets;
  const announcer = startAnnouncer({ pool, session, clock, log, writer: subscriptionStatusWriter(services, by) });
  const sender = httpSender({ endpoints: rules.endpoints, timeoutMs });
  const mail = mailOf(config);
  const deliverer = startDeliverer({
    pool,
    session,
    instance,
    clock,
    log,
    compile,
    access,
    openSecrets,
    compose: composer(services),
    outbox: createOutbox(sender, mail),
    timeoutMs,
    backoff: { firstMs: 500, longestMs: 3600_000 },
    retryForMs: 72 * 3600_000,
    leaseMs: 90_000,
    pulse: delivering,
    onStatus: () => announcer.wake(),
  });
  const retention = startRetention({
    pool,
    session,
    clock,
    log,
    days: config.EVENT_DAYS,
    onStatus: () => announcer.wake(),
  });
  const sockets = startSocketHub({
    pool,
    session,
    clock,
    log,
    ids: services.ids,
    base: services.base,
    dictionary: services.dictionary,
    access,
    subscriber: subscriberFinder(pool, compile, openSecrets),
    openToken: (token) => openBindingToken(token, services),
  });
  const matcher = startMatcher({
    pool,
    session,
    instance,
    clock,
    log,
    compile,
    rowsOf: (resource) => extractRows(resource, registry, { base: services.base }),
    access,
    beforeFollowing: () => topics.refresh(),
    onNumbered(subscriptions) {
      deliverer.deliver(subscriptions);
      sockets.deliver(subscriptions);
    },
    onFollowed() {
      announcer.wake();
      deliverer.wake(); // there may be somebody to greet
    },
    pulse: matching,
  });
  session.listen(topicsChannel, () => {
    topics.refresh().then(
      () => matcher.reload(),
      () => {}, // asked again before the next Subscription is followed
    );
  });
  return {
    sockets,
    pulses: [
      { name: 'matcher', pulse: matching },
      { name: 'deliverer', pulse: delivering },
    ],
    wake: (type) => matcher.wake(type),
    async stop() {
      await matcher.stop();
      await sockets.stop();
      await deliverer.stop();
      await retention.stop();
      await announcer.stop();
      sender.close();
      mail?.close();
    },
  };
}

function openBindingToken(token: string, { bindingTokens, clock }: Services): BindingClaim {
  const claim = bindingTokens.open(token) as BindingClaim;
  if (claim.until < clock.now())
    throw new Failure('unauthenticated', 'The binding token has expired; get a new one.', { code: 'expired' });
  return claim;
}

/** The access that the principal who created the Subscription has now. */
export function subscriberAccess(
  { base, clock, dictionary, registry }: Services,
  pool: Pool,
  isRegistered: (caller: Principal) => boolean,
): SubscriberAccess {
  return {
    isKnown: isRegistered,
    async mayReceive(owner, row) {
      if (!isRegistered(owner)) return false;
      const now = await withNarrowings(owner, pool, { dictionary, registry, base });
      return isVisible(pool, row, rowScope(now, clock.now()), dictionary);
    },
    present: (_owner, _row, text) => Promise.resolve(text),
  };
}
