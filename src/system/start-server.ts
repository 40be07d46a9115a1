import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import path from 'node:path';
import type { Config } from '../config/config.js';
import { systemPrincipal } from '../access/principal.js';
import { loadDefinitions } from '../fhir/definitions.js';
import { packageRoot } from '../fhir/package-root.js';
import { createApp } from '../http/app.js';
import { closing } from '../http/closing.js';
import { createAuthenticator } from '../http/authenticate.js';
import { demoIssuerSettings, demoKeys, refuseDemoKeysInProduction } from '../http/demo-keys.js';
import { embeddedIssuerSettings } from '../http/issuer/user-claims.js';
import { issuerSettings } from '../http/issuer-settings.js';
import { httpServer } from '../http/listen.js';
import { registeredClients } from '../http/registered-clients.js';
import { auditKey, createSealer, dpopNonceKey, ownSecret, sealingKey } from '../http/sealed.js';
import { takeSockets } from '../http/websocket-upgrade.js';
import { capabilityStatement } from '../interactions/capability-statement.js';
import { createCommit, type CommitSettings } from '../interactions/commit/commit.js';
import { createFollowUp } from '../interactions/follow-up/follow-up.js';
import { operations } from '../interactions/operations/index.js';
import type { Services } from '../interactions/services.js';
import { createProfiles } from '../interactions/profiles.js';
import { routes } from '../interactions/table.js';
import { type Clock, systemClock } from '../kernel/clock.js';
import { uuidv7 } from '../kernel/ids.js';
import { usualDuties } from '../followup/duties/service-duties.js';
import { bulkHandlers } from '../jobs/bulk-handlers.js';
import { reindexJob } from '../jobs/reindex.js';
import { startSealing } from '../jobs/start-sealing.js';
import { startJobs } from '../jobs/start-jobs.js';
import type { Log } from '../kernel/log.js';
import { createHealth } from '../observability/health.js';
import { createMetrics } from '../observability/metrics.js';
import { createServerMetrics } from '../observability/server-metrics.js';
import { loadSearchRegistry } from '../search/load-registry.js';
import { AuditBatcher } from '../storage/audit.js';
import { AuditAgents } from '../storage/audit-agents.js';
import { AuditedReads } from '../storage/audited-reads.js';
import { Dictionary } from '../storage/dictionary.js';
import { claimInstance } from '../storage/instance.js';
import { Rids } from '../storage/rids.js';
import { withNarrowings } from '../storage/search/prepare-narrowing.js';
import { parametersChannel, StoredParameters } from '../storage/search/stored-parameters.js';
import { TextIndex } from '../storage/search/text-index.js';
import { openSession } from '../storage/session.js';
import { usedProofs } from '../storage/used-proofs.js';
import { compileValidator } from '../validation/compile-validator.js';
import { approvalReminder } from './approval-reminder.js';
import { calibrationReminder } from './calibration-reminder.js';
import { loadPageFiles } from '../web/page-files.js';
import { pagesEndpoint } from '../web/pages-endpoint.js';
import { openDatabase } from './database.js';
import { embeddedIssuer, patientByNumber, smartEndpointsOf } from './embedded-issuer.js';
import { loadDemoDirectory, loadDemoPatients } from './demo-world.js';
import { subscriptionRules, startEvents } from './events.js';
import { reEvaluate, standstillCheck, startFollowUpTimers } from './follow-up-timers.js';
import { loadProfiles } from './load-profiles.js';
import { messageJobHandlers, messageParts, startMessages } from './messages.js';
import { openPartners } from './partners.js';
import { relatedPersonsByNumber } from './related-persons.js';
import { Releaser } from './releaser.js';
import { deskAddresses } from './after-hours-desks.js';
import { responseTime } from './response-time.js';
import { fencedServices } from './tenancy.js';
import { startTextIndexing } from './search-parts.js';

export interface RunningServer {
  /** The FHIR base URL. */
  readonly base: string;
  readonly port: number;
  readonly mllpPort: number | undefined;
  readonly services: Services;
  /** Finishes what is in flight, then stops everything in reverse order of its start. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly config: Config;
  readonly log: Log;
  /** For tests; default the machine's clock. */
  readonly clock?: Clock;
  /** Loads patients of the demo world with a fortnight of measurements (never in production). */
  readonly demo?: boolean;
}

const version = '0.1.0';

/** The composition root: Config → parts, started in order, stopped in reverse. What fails to start stops what has started. */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const releaser = new Releaser(options.log);
  try {
    return await start(options, releaser);
  } catch (error) {
    await releaser.release();
    throw error;
  }
}

async function start(
  { config, log, clock = systemClock, demo = false }: StartOptions,
  releaser: Releaser,
): Promise<RunningServer> {
  await mkdir(config.HJEMMEBRO_DATA, { recursive: true });
  const ids = uuidv7(clock);
  const metrics = createMetrics();
  const counted = createServerMetrics(metrics);
  const health = createHealth();
  const database = await openDatabase(config, log);
  releaser.add('database', () => database.stop());
  health.register('database', async () =>
    (await database.side.query('select 1')).rows.length === 1 ? { ok: true } : { ok: false },
  );

  const definitions = loadDefinitions();
  const registry = loadSearchRegistry();
  const validator = compileValidator(definitions);
  const dictionary = await Dictionary.load(database.side, {
    types: definitions.resourceTypes,
    params: registry.rowParams(),
    controllers: [config.CONTROLLER],
  });
  const profiles = createProfiles(database.side, { dictionary, registry }, clock);
  const parameters = new StoredParameters(database.side, dictionary, registry);
  await parameters.refresh();
  const audit = new AuditBatcher(database.side);
  releaser.add('audit', () => audit.close());
  const subscribing = subscriptionRules(config, { registry, log, database: database.side });
  await subscribing.topics.refresh();
  const system = systemPrincipal(config.CONTROLLER);
  const agents = new AuditAgents(database.side);
  await agents.know(system);
  let wake = (_type?: string): void => {};
  const duties = {
    ...usualDuties,
    trialDays: config.TRIAL_DAYS,
    followUpMonths: config.FOLLOW_UP_MONTHS,
    evaluationMonths: config.EVALUATION_MONTHS,
    handOverDays: config.HAND_OVER_DAYS,
  };
  const redClock = {
    response: responseTime(config.RED_RESPONSE_TIME),
    chain: config.RED_CHAIN.map((reference) => ({ reference })),
    desks: deskAddresses(config.AFTER_HOURS_DESKS),
  };
  const secret = config.SECRET_KEY ?? (await ownSecret(config.HJEMMEBRO_DATA));
  const former = config.SECRET_KEY_PREVIOUS.map(sealingKey);
  const secrets = createSealer(sealingKey(secret), 'subscription-secrets', former);
  const commitSettings: CommitSettings = {
    pool: database.pool,
    dictionary,
    registry,
    parameters,
    rids: new Rids(database.side),
    definitions,
    validator,
    profiles,
    clock,
    ids,
    log,
    base: config.baseUrl,
    testNumbers: !config.production,
    referentialIntegrity: config.REFERENTIAL_INTEGRITY,
    ...(config.FOLLOWUP
      ? {
          followUp: createFollowUp({
            ids,
            redClock,
            duties,
            onFailure: () => counted.engineFailures.add(),
          }),
        }
      : {}),
    audit: (entry) => audit.record(entry),
    onCommitted: (type) => wake(type),
    onRetry: () => counted.commitRetries.add({ reason: 'locks' }),
    daysAfterEnd: config.RELATION_DAYS_AFTER_END,
    ...subscribing,
    secrets,
  };
  const commit = createCommit(commitSettings);
  const parts = {
    registry,
    base: config.baseUrl,
    software: { name: 'Hjemmebro', version },
    clock,
    followUp: config.FOLLOWUP,
    topics: () => subscribing.topics.open,
    conditionalDelete: config.CONDITIONAL_DELETE,
    testNumbers: !config.production,
    referentialIntegrity: config.REFERENTIAL_INTEGRITY,
    socketUrl: `${config.baseUrl.replace(/^http/, 'ws')}/ws`,
  };
  const reads = new AuditedReads(database.planned, dictionary, (entry) => audit.record(entry), {
    dictionary,
    registry,
    base: config.baseUrl,
  });
  const texts = new TextIndex(database.side, dictionary, registry);
  const services: Services = {
    ...parts,
    pool: database.pool,
    dictionary,
    definitions,
    validator,
    profiles,
    commit,
    ids,
    log,
    audit: (entry) => audit.record(entry),
    read: (key, by, entry) => reads.read(key, by, entry),
    planned: database.planned,
    texts,
    sealer: createSealer(sealingKey(secret), 'page', former),
    hidden: secrets,
    bindingTokens: createSealer(sealingKey(secret), 'ws-binding', former),
    centre: { herId: config.MESSAGE_SENDER_HER_ID, afterHours: config.AFTER_HOURS },
    emergencyHours: config.EMERGENCY_ACCESS_HOURS,
    approvalDays: config.APPROVAL_REMINDER_DAYS,
    stockMinimum: config.STOCK_MINIMUM,
    capabilities: () => capabilityStatement(parts, routes, operations),
  };
  const written = await loadProfiles(commit, system, { pool: database.pool, dictionary });
  if (written > 0) log.info({ written }, 'profiles loaded');
  if (!config.production) await loadDemoDirectory(services, system);
  if (demo && !config.production) {
    const made = await loadDemoPatients({ config, services, commitSettings, by: system });
    log.info({ made }, 'demo patients loaded');
  }

  const sealing = startSealing({ pool: database.side, key: auditKey(secret), clock, log });
  releaser.add('sealing', () => sealing.stop());
  const session = openSession(database.side, log);
  releaser.add('session', () => session.close());
  const instance = await claimInstance(session);
  const partners = openPartners(config, services);
  const running = { config, services, pool: database.side, session, by: system, health, instance, partners };
  const timers = config.FOLLOWUP
    ? startFollowUpTimers({ ...running, onStandstill: (part) => counted.standstills.add({ part }) })
    : undefined;
  if (timers !== undefined) releaser.add('timers', () => timers.stop());
  const issuer = config.EMBEDDED_ISSUER
    ? await embeddedIssuer({
        config,
        services,
        database: database.side,
        secrets: [secret, ...config.SECRET_KEY_PREVIOUS],
      })
    : undefined;
  const smart = smartEndpointsOf(config, issuer?.issuer);
  const trusted = [...(await issuersOf(config)), ...(issuer === undefined ? [] : [embeddedIssuerSettings(issuer)])];
  const onRecovery = async (standstill: { part: string; from: number; to: number }): Promise<void> =>
    timers?.engineDown(standstill);
  const events = startEvents({
    ...running,
    rules: subscribing.subscriptionRules,
    topics: subscribing.topics,
    secrets,
    onRecovery,
    isRegistered: registeredClients(trusted),
  });
  releaser.add('events', () => events.stop());
  for (const { name, pulse } of events.pulses) health.register(name, standstillCheck(pulse, clock));
  wake = (type) => events.wake(type);
  const jobs = startJobs({
    pool: database.side,
    session,
    clock,
    log,
    handlers: {
      ...messageJobHandlers(running),
      ...bulkHandlers(services, database.side),
      reindex: reindexJob({ pool: database.side, services, parameters, texts }),
      ...(config.FOLLOWUP
        ? {
            're-evaluate': (payload: unknown) => reEvaluate(payload, services, system),
            'approval-reminder': (payload: unknown) => approvalReminder(payload, running),
            'calibration-due': (payload: unknown) => calibrationReminder(payload, running),
          }
        : {}),
    },
  });
  releaser.add('jobs', () => jobs.stop());
  session.listen(parametersChannel, () => void parameters.refresh().catch(() => {}));
  const indexing = startTextIndexing(texts, log);
  releaser.add('texts', () => indexing.stop());
  const receiving = messageParts(running);
  const messages = await startMessages(running, receiving, releaser);

  const authenticate = createAuthenticator({
    issuers: trusted,
    clock,
    dpop: {
      origin: new URL(config.baseUrl).origin,
      firstUse: usedProofs(database.side),
      nonceKey: dpopNonceKey(secret),
    },
    patientOf: (number, controller) => patientByNumber(number, controller, { services, database: database.side }),
    relatedPersonsOf: (number, controller) =>
      relatedPersonsByNumber(number, controller, { services, database: database.side }),
    prepare: async (caller) => {
      const ready = await withNarrowings(caller, database.side, { dictionary, registry, base: config.baseUrl });
      await agents.know(ready);
      await dictionary.ensure({ controllers: [ready.controller, ...(ready.controllers ?? [])] });
      return ready;
    },
  });
  const app = createApp({
    services,
    ...(database.tenants === undefined ? {} : { servicesOf: fencedServices(services, database.tenants) }),
    authenticate,
    observe: ({ method, status, seconds }) => {
      counted.requests.add({ interaction: method, status: String(status) });
      counted.requestDuration.observe(seconds, { interaction: method });
    },
    maxBody: config.MAX_BODY_BYTES,
    limits: { requests: config.RATE_LIMIT, refusals: config.RATE_LIMIT_REFUSED },
    mostAtOnce: config.MAX_REQUESTS_AT_ONCE,
    trustedProxies: config.TRUSTED_PROXIES,
    corsOrigins: config.CORS_ORIGINS,
    health: { live: async () => health.live(), ready: () => health.ready() },
    metrics: async () => {
      const { contentType, body } = await metrics.expose();
      return { contentType, text: body };
    },
    ...(issuer !== undefined && { issuer }),
    ...(smart !== undefined && { smart }),
    receivePlo: messages.receiveHttp,
    pages: pagesEndpoint({
      files: await loadPageFiles(path.join(packageRoot(), 'generated', 'pages')),
      connect: config.issuers.map((one) => new URL(one.issuer).origin),
    }),
  });
  const http = httpServer(
    {
      certificate: config.TLS_CERT_FILE,
      key: config.TLS_KEY_FILE,
      clientAuthorities: config.TLS_CLIENT_CA_FILE,
      requestTimeout: config.REQUEST_TIMEOUT_SECONDS * 1000,
    },
    app,
  );
  const close = closing(http);
  await listen(http, config);
  releaser.add('http', () => close(config.SHUTDOWN_SECONDS * 1000));
  takeSockets(http, {
    authenticate,
    now: () => clock.now(),
    onSocket: (socket, caller) => events.sockets.serve(socket, caller),
  });
  releaser.add('sockets', () => events.sockets.stop());
  releaser.add('readiness', async () => health.hold('stopping'));
  health.release();
  const port = (http.address() as { port: number }).port;
  return { base: config.baseUrl, port, mllpPort: messages.mllpPort, services, stop: () => releaser.release() };
}

async function issuersOf(config: Config) {
  const issuers = config.issuers.map((issuer) => issuerSettings(issuer, config.CONTROLLER));
  if (config.production) {
    refuseDemoKeysInProduction({ production: issuers.length === 0 });
    return issuers;
  }
  return [...issuers, demoIssuerSettings(await demoKeys(path.resolve(config.HJEMMEBRO_DATA)), config.CONTROLLER)];
}

function listen(server: Server, config: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.PORT, config.HOST, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
