import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Principal } from '../access/principal.js';
import { watchFolder } from '../bridge/folder.js';
import { messageIdSystem } from '../bridge/message/identifiers.js';
import { sweepHeld } from '../bridge/held-cancellations.js';
import type { MessageParts } from '../bridge/message-parts.js';
import { startMllpServer } from '../bridge/mllp-server.js';
import { hl7Receiver } from '../bridge/receive-hl7.js';
import { ebxmlReceiver, looksLikeEbxml } from '../bridge/receive-ebxml.js';
import { ploReceiver } from '../bridge/receive-message.js';
import { sendAdmissionReport } from '../bridge/send/admission-report.js';
import type { AddressBook } from '../bridge/partner/partner.js';
import { askReferrer } from '../bridge/send/ask-referrer.js';
import { answerReferral } from '../bridge/send/answer-referral.js';
import { sendHealthInformation } from '../bridge/send/health-information.js';
import { sendLimitsQuestion } from '../bridge/send/limits-question.js';
import type { OutgoingParts } from '../bridge/send/outgoing-parts.js';
import { sendPlanToGp } from '../bridge/send/plan-to-gp.js';
import { sendRequested } from '../bridge/send/requested-message.js';
import { sendServiceNotice } from '../bridge/send/service-notice.js';
import type { Config } from '../config/config.js';
import type { PloEndpoint } from '../http/plo-endpoint.js';
import { startMessageSender } from '../delivery/message-sender.js';
import { parseJsonObject } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import { packageRoot } from '../fhir/package-root.js';
import { taskConcept } from '../followup/vocabulary/codes.js';
import { identifierSystem } from '../followup/vocabulary/systems.js';
import { referenceTo } from '../followup/vocabulary/element.js';
import type { JobHandler } from '../jobs/start-jobs.js';
import type { Services } from '../interactions/services.js';
import { Failure } from '../kernel/failure.js';
import { instant } from '../kernel/clock.js';
import { loadMessageMaps } from '../mapping/load-maps.js';
import { loadElementTrees } from '../mapping/tree/element-trees.js';
import { startLoop } from '../storage/loop.js';
import { ebxmlAnswers } from '../storage/ebxml-messages.js';
import { messageStore, queueMessage } from '../storage/messages.js';
import { organisationNumberOf } from '../storage/organisation-number.js';
import type { StuckMessage } from '../storage/outbound-messages.js';
import { patientTexts } from '../storage/patient-texts.js';
import type { Pool } from '../storage/pool.js';
import type { Session } from '../storage/session.js';
import { openTransports, partnerTransport, startFetching } from './message-transports.js';
import { type OpenPartners, startMeasuring } from './partners.js';
import type { Releaser } from './releaser.js';

export interface MessagingParts {
  readonly config: Config;
  readonly services: Services;
  readonly pool: Pool;
  readonly session: Session;
  readonly by: Principal;
  /** Number of this instance of the server. */
  readonly instance: number;
  readonly partners: OpenPartners;
}

/** What receiving a message works with. */
export function messageParts({ config, services, pool, by, partners: { book } }: MessagingParts): MessageParts {
  const { commit, clock, ids, log } = services;
  return {
    commit,
    by,
    clock,
    ids,
    log,
    messages: messageStore(pool),
    organisationNumber: async (herIds) => (await organisationNumberOf(pool, herIds)) ?? registered(herIds, book, log),
    maps: loadMessageMaps(path.join(packageRoot(), 'mappings')),
    trees: loadElementTrees(path.join(packageRoot(), 'mappings', 'trees')),
    settings: {
      ownHerIds: config.OWN_HER_IDS,
      copiedHerIds: config.COPIED_HER_IDS,
      syntheticPatients: !config.production,
      centreHerId: config.MESSAGE_SENDER_HER_ID,
    },
  };
}

/** As the address book has it, for a sender that the directory does not know. Whoever cannot be asked about stays unknown. */
async function registered(herIds: readonly string[], book: AddressBook, log: Services['log']) {
  for (const herId of herIds) {
    try {
      const organisation = (await book.find(herId))?.organisation;
      if (organisation !== undefined) return organisation;
    } catch (error) {
      log.warn({ err: error }, 'the sender of a message could not be looked up');
      return undefined;
    }
  }
  return undefined;
}

/** Jobs that write outgoing messages, by kind. */
export function messageJobHandlers({
  config,
  services,
  pool,
  by,
}: MessagingParts): Readonly<Record<string, JobHandler>> {
  const { commit, log } = services;
  const parts: OutgoingParts = {
    // Selects the plan and nothing more: who may read and answer it is decided after the login.
    planLink: (plan) => new URL(`/plan?plan=${plan}`, config.baseUrl).href,
    commit,
    by,
    log,
    senderHerId: config.MESSAGE_SENDER_HER_ID,
    maps: loadMessageMaps(path.join(packageRoot(), 'mappings')),
    trees: loadElementTrees(path.join(packageRoot(), 'mappings', 'trees')),
    queue: (message, at) => queueMessage(pool, message, { now: at, patients: [] }),
  };
  return {
    'message-referral-answer': answerReferral(parts),
    'message-referral-question': askReferrer(parts),
    'message-plan-to-gp': sendPlanToGp(parts),
    'message-limits-question': sendLimitsQuestion(parts),
    'message-health-information': sendHealthInformation(parts),
    'message-service-notice': sendServiceNotice(parts),
    'message-admission-report': sendAdmissionReport(parts),
    'message-requested': sendRequested(parts),
  };
}

/** Starts the transports: MLLP, watched folder, and the sender of queued messages. */
export async function startMessages(
  parts: MessagingParts,
  receiving: MessageParts,
  releaser: Releaser,
): Promise<{ readonly receiveHttp: PloEndpoint['receive']; readonly mllpPort: number | undefined }> {
  const { config, services, pool, session, by, instance } = parts;
  const { clock, log } = services;
  const receive = ploReceiver(receiving);
  const folder = folderOf(config);
  const transports = await openTransports(config, folder, services);
  const sender = startMessageSender({
    pool,
    session,
    instance,
    clock,
    log,
    transport: partnerTransport(transports.outgoing, parts.partners, config, services),
    alarm: (message) => alarm(message, { services, pool, by }),
    backoff: { firstMs: 2000, longestMs: 3600_000 },
    retryForMs: 72 * 3600_000,
    receiptWithinMs: 96 * 3600_000,
    leaseMs: 60_000,
  });
  releaser.add('message sender', () => sender.stop());
  const carrier: Principal = { ...by, client: config.MESSAGE_CARRIER, subject: config.MESSAGE_CARRIER };
  const fetching = {
    receive: (bytes: Uint8Array, way: 'edi' | 'amqp') => receive(bytes, carrier, way),
    sendReceipt: ({ receiver, body }: { readonly receiver: string; readonly body: Uint8Array }) =>
      queueMessage(
        pool,
        { id: services.ids.next(), msgType: 'APPREC', sender: config.MESSAGE_SENDER_HER_ID, receiver, raw: body },
        { now: clock.now(), patients: [] },
      ),
    queues: config.AMQP_QUEUES,
  };
  startFetching(transports, fetching, services, releaser);
  startMeasuring(parts.partners.partners.measurementReceivers, { ...parts, maps: receiving.maps }, releaser);
  if (folder !== undefined) {
    const watched = await watchFolder({ folder }, (bytes) => receive(bytes, carrier, 'folder'), log);
    releaser.add('watched folder', () => watched.stop());
  }
  const sweep = startLoop({ name: 'held cancellations', log, everyMs: 60_000, round: () => sweepHeld(receiving) });
  releaser.add('held cancellations', () => sweep.stop());
  const mllp = config.MLLP_PORT === 0 ? undefined : await startMllp(parts, receiving);
  if (mllp !== undefined) releaser.add('mllp', () => mllp.stop());
  const receiveEbxml = ebxmlReceiver({
    parts: receiving,
    receive,
    answers: ebxmlAnswers(pool),
    sendReceipt: ({ sender, receiver, body, conversation }) =>
      queueMessage(
        pool,
        { id: services.ids.next(), msgType: 'APPREC', sender, receiver, conversation, raw: body },
        { now: clock.now(), patients: [] },
      ),
  });
  return {
    receiveHttp: (body, principal, contentType) =>
      looksLikeEbxml(contentType, body) ? receiveEbxml(contentType, body, principal) : receive(body, principal, 'http'),
    mllpPort: mllp?.port,
  };
}

function folderOf(config: Config): string | undefined {
  if (config.MESSAGE_FOLDER === 'off') return undefined;
  return path.resolve(config.MESSAGE_FOLDER ?? path.join(config.HJEMMEBRO_DATA, 'messages'));
}

/** Decision 20: only loopback is heard, unless a peer table says who may speak. */
function startMllp({ config, services, by }: MessagingParts, receiving: MessageParts) {
  const loopback = config.MLLP_HOST === '127.0.0.1' || config.MLLP_HOST === '::1' || config.MLLP_HOST === 'localhost';
  const tls = mllpTls(config);
  if (!loopback && config.MLLP_PEERS.length === 0 && tls?.clientCa === undefined) {
    throw new Failure(
      'fault',
      'MLLP_HOST: the MLLP listener may only leave loopback where MLLP_PEERS or MLLP_TLS_CLIENT_CA_FILE says who may send.',
    );
  }
  const principal: Principal = { ...by, client: 'mllp', subject: 'mllp' };
  const handler = hl7Receiver(receiving, { peers: config.MLLP_PEERS, principalOf: () => principal });
  return startMllpServer(
    { host: config.MLLP_HOST, port: config.MLLP_PORT, ...(tls && { tls }) },
    handler,
    services.log,
  );
}

function mllpTls({ MLLP_TLS_CERT_FILE: cert, MLLP_TLS_KEY_FILE: key, MLLP_TLS_CLIENT_CA_FILE: clientCa }: Config) {
  if (cert === undefined && key === undefined && clientCa === undefined) return undefined;
  if (cert === undefined || key === undefined)
    throw new Failure(
      'fault',
      'MLLP_TLS_CERT_FILE and MLLP_TLS_KEY_FILE belong together, and MLLP_TLS_CLIENT_CA_FILE needs both.',
    );
  const read = (file: string): string => {
    try {
      return readFileSync(file, 'utf8');
    } catch (cause) {
      throw new Failure('fault', `MLLP over TLS: ${file} cannot be read.`, { cause });
    }
  };
  return { cert: read(cert), key: read(key), ...(clientCa !== undefined && { clientCa: read(clientCa) }) };
}

/** A message that could not be sent, or that nobody has acknowledged: a person must see it. */
async function alarm(
  message: StuckMessage,
  { services: { commit, ids, clock }, pool, by }: Pick<MessagingParts, 'services' | 'pool' | 'by'>,
): Promise<void> {
  const [told] = message.patients.length === 1 ? await patientTexts(pool, message.patients) : [];
  const patient = told === undefined ? undefined : referenceTo(parseJsonObject(told) as Resource);
  const text =
    message.state === 'dead' ? 'Meldingen kunne ikke sendes' : 'Meldingen er ikke kvittert av mottaker innen 96 timer';
  const at = instant(clock.now());
  await commit(
    {
      action: 'message alarm',
      decide: async (view) => {
        const [kept] = await view.search('Communication', `identifier=${messageIdSystem}|${message.id}`);
        return [
          {
            op: 'create',
            by: 'module',
            managed: true,
            resource: {
              resourceType: 'Task',
              id: ids.next(),
              status: 'requested',
              intent: 'order',
              priority: 'urgent',
              code: taskConcept('message-failed'),
              description: `${text}: ${message.msgType ?? 'melding'} til ${message.receiver ?? 'ukjent mottaker'}.`,
              identifier: [{ system: identifierSystem.worklist, value: `message-failed|${message.id}` }],
              ...(patient && { for: patient }),
              ...(kept === undefined
                ? {}
                : { focus: referenceTo(kept), ...(kept['subject'] === undefined ? {} : { for: kept['subject'] }) }),
              authoredOn: at,
              lastModified: at,
              owner: {
                type: 'Organization',
                identifier: { system: identifierSystem.organisation, value: by.controller },
              },
            },
          },
        ];
      },
    },
    by,
    message.id,
  );
}
