// HL7 v2 over MLLP: https://www.hl7.eu/HL7v2x/v251/std251/ch02.html · acknowledgments §2.9, batches §2.10
import type { Principal } from '../access/principal.js';
import type { InboundMessage, Work } from '../interactions/commit-types.js';
import { Failure } from '../kernel/failure.js';
import { splitAcks, type Verdict as AckVerdict, wantedAcks } from '../mapping/hl7/acknowledgment.js';
import { readBatch, writeBatch, type Batch } from '../mapping/hl7/batch.js';
import { encodeHl7 } from '../mapping/hl7/charset.js';
import { patientIdentityOf } from '../mapping/hl7/patient-identity.js';
import { readHl7, type Hl7Header, type Hl7Message } from '../mapping/hl7/read-hl7.js';
import { ackTime, writeAck, type Ack } from '../mapping/hl7/write-ack.js';
import { applyHeldForVisit } from './held-cancellations.js';
import type { ArrivedHl7, Identity } from './hl7/arrived-hl7.js';
import { overtakesItsOriginal, visitOf } from './hl7/held-cancellations.js';
import { identitiesOf } from './hl7/identities.js';
import { eventsOf, hl7Treatment, messageName, messageTypesTaken } from './hl7/treatments.js';
import type { Handling } from './message/arrived.js';
import { provenanceOf } from './message/provenance.js';
import type { MessageParts } from './message-parts.js';
import { knownPeer } from './mllp-peers.js';
import type { MllpHandler, MllpPeer } from './mllp-server.js';

export interface Hl7Settings {
  /** Known senders (`mllp-peers.ts`); empty: all, and then only on loopback or behind mTLS (decision 20). */
  readonly peers: readonly string[];
  /** Who acts for a sender; the header is undefined for what could not be read. */
  readonly principalOf: (header: Hl7Header | undefined) => Principal;
}

type Verdict = Pick<Ack, 'text' | 'error'> & { readonly code: AckVerdict };

/** The handler of the MLLP server: one message or batch in, its acknowledgments out. */
export function hl7Receiver(parts: MessageParts, settings: Hl7Settings): MllpHandler {
  const receiver: Receiver = { parts, settings };
  return async (bytes, peer) => {
    if (bytes === undefined)
      return [
        acks(undefined, { code: 'AR', error: '207', text: 'The message is larger than this server takes.' }, parts),
      ];
    const batch = readBatch(bytes);
    if (batch !== undefined) return [await answerBatch(batch, peer, receiver)];
    return splitAcks(await answer(bytes, peer, receiver));
  };
}

interface Receiver {
  readonly parts: MessageParts;
  readonly settings: Hl7Settings;
}

/** What one message gets: its acknowledgments one after the other, none where the sender wants none. */
async function answer(
  bytes: Uint8Array,
  peer: MllpPeer | undefined,
  { parts, settings }: Receiver,
): Promise<Uint8Array> {
  let read: Hl7Message;
  try {
    read = readHl7(bytes);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    await keepUnreadable(bytes, error, parts, settings);
    return acks(undefined, { code: 'AR', error: '100', text: error.message }, parts);
  }
  const { header } = read;
  if (!knownPeer(settings.peers, header, peer)) {
    parts.log.warn(
      { application: header.sendingApplication, facility: header.sendingFacility, certificate: peer?.commonName },
      'an HL7 message from an unknown sender was refused',
    );
    return acks(header, { code: 'AR', error: '207', text: 'This sender (MSH-3, MSH-4) is not known here.' }, parts);
  }
  const principal = settings.principalOf(header);
  const organisation = peer?.organisation ?? (principal.role === 'hospital' ? principal.organisation : undefined);
  return receive({ bytes, read, principal, organisation }, parts);
}

/** Every message of a batch for itself; the answers come as a batch. */
async function answerBatch(batch: Batch, peer: MllpPeer | undefined, receiver: Receiver): Promise<Uint8Array> {
  const answers: Uint8Array[] = [];
  for (const bytes of batch.messages) answers.push(await answer(bytes, peer, receiver));
  const { clock, ids } = receiver.parts;
  const wrong = batch.announced !== undefined && batch.announced !== batch.messages.length;
  return writeBatch(batch, answers, {
    id: ids.next().replaceAll('-', '').slice(-20),
    time: ackTime(clock.now()),
    ...(wrong && { comment: `BTS-1 says ${batch.announced} messages, ${batch.messages.length} came` }),
  });
}

interface Received {
  readonly bytes: Uint8Array;
  readonly read: Hl7Message;
  readonly principal: Principal;
  readonly organisation: string | undefined;
}

/** The acknowledgments that the header asks for, as bytes of its character set. */
function acks(header: Hl7Header | undefined, verdict: Verdict, { ids, clock }: MessageParts): Uint8Array {
  const codes = wantedAcks(
    { accept: header?.acceptAck ?? '', application: header?.applicationAck ?? '' },
    verdict.code,
  );
  return Buffer.concat(
    codes.map((code) =>
      encodeHl7(
        writeAck(header, { ...verdict, code, id: ids.next().replaceAll('-', ''), at: clock.now() }),
        header?.charset ?? '',
      ),
    ),
  );
}

const senderOf = (header: Hl7Header): string => `${header.sendingFacility}|${header.sendingApplication}`;
/** Some senders count MSH-10 anew every day, so the time of the message (MSH-7), which a resend keeps, belongs to its identity. */
const messageIdOf = (header: Hl7Header): string => `${header.controlId}/${header.time}`;

async function receive(received: Received, parts: MessageParts): Promise<Uint8Array> {
  const { header } = received.read;
  const stored = async (): Promise<Uint8Array | undefined> =>
    (await parts.messages.find(senderOf(header), messageIdOf(header)))?.receipt;
  try {
    return (await stored()) ?? (await take(received, parts));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const first = error.category === 'conflict' ? await stored() : undefined;
    if (first !== undefined) return first;
    parts.log.error(
      { category: error.category, error: error.message, type: header.type, event: header.event },
      'an HL7 message could not be taken in',
    );
    if (error.category === 'busy') return acks(header, { code: 'AR', error: '207', text: 'Try again shortly.' }, parts);
    // Another attempt would end the same way: it is kept as refused, for a person to look at.
    const refused: Verdict = { code: 'AE', error: '207', text: error.message };
    return store(received, refused, parts).catch(() => acks(header, refused, parts));
  }
}

async function take(received: Received, parts: MessageParts): Promise<Uint8Array> {
  const { read, bytes, organisation } = received;
  const { header } = read;
  const refused = refusal(header, parts);
  if (refused !== undefined) return store(received, refused, parts);
  const identity = patientIdentityOf(read.tree);
  if (identity === undefined)
    return store(
      received,
      { code: 'AE', error: '101', text: 'PID-3 holds no valid Norwegian identity number.' },
      parts,
    );
  const arrived: ArrivedHl7 = { read, bytes, identity, messageId: messageIdOf(header), organisation };
  const effects = prepare(arrived, parts);
  if (effects instanceof Failure) return store(received, { code: 'AE', error: '102', text: effects.message }, parts);
  if (await overtakesItsOriginal(read, senderOf(header), parts)) return store(received, { code: 'AA' }, parts);
  const receipt = await store(received, { code: 'AA' }, parts, effects);
  const visit = visitOf(read);
  if (visit !== undefined)
    await applyHeldForVisit({ sender: senderOf(header), visit, type: messageName(header) }, parts);
  return receipt;
}

/** What the header alone says against the message. https://terminology.hl7.org/CodeSystem-v2-0357.html */
function refusal(header: Hl7Header, { settings }: MessageParts): Verdict | undefined {
  if (header.controlId === '') return { code: 'AE', error: '101', text: 'MSH-10 (message control id) is missing.' };
  if (header.version !== '' && !/^2\.[1-8](\.\d)?$/.test(header.version))
    return { code: 'AR', error: '203', text: 'Versions 2.1 to 2.8 are supported.' };
  if (/^[DT]/.test(header.processing) && !settings.syntheticPatients)
    return { code: 'AR', error: '202', text: 'Test messages (MSH-11) are not taken in production.' };
  if (!messageTypesTaken.includes(header.type))
    return {
      code: 'AR',
      error: '200',
      text: `Messages of type ${header.type} are not supported; ${messageTypesTaken.join(', ')} are.`,
    };
  if (hl7Treatment(header) === undefined)
    return { code: 'AR', error: '201', text: `${header.type} events supported: ${eventsOf(header.type).join(', ')}.` };
  return undefined;
}

/** Content that is not what its type says is refused before anything is begun. */
function prepare(arrived: ArrivedHl7, parts: MessageParts): Effects | Failure {
  try {
    const treated = hl7Treatment(arrived.read.header)!(arrived, parts);
    const work = typeof treated === 'function' ? { decide: treated } : treated;
    return { work, messageId: arrived.messageId, identities: identitiesOf(arrived.read.tree) };
  } catch (error) {
    if (error instanceof Failure && (error.category === 'unprocessable' || error.category === 'invalid')) return error;
    throw error;
  }
}

interface Effects {
  readonly work: { readonly decide: Handling } & Pick<Work, 'conclude' | 'reaction'>;
  readonly messageId: string;
  /** Of every person the message names: their locks are taken first. */
  readonly identities: readonly Identity[];
}

/** One commit: message, effects and receipt, or none of them. Without effects an accepted message waits (`held`). */
async function store(
  received: Received,
  verdict: Verdict,
  parts: MessageParts,
  effects?: Effects,
): Promise<Uint8Array> {
  const { read, bytes, principal } = received;
  const { header } = read;
  const receipt = acks(header, verdict, parts);
  const visit = visitOf(read);
  const message: InboundMessage = {
    id: parts.ids.next(),
    transport: 'mllp',
    ...(header.controlId !== '' && { msgId: messageIdOf(header) }),
    msgType: messageName(header),
    ...(visit !== undefined && { conversation: visit }),
    sender: senderOf(header),
    receiver: `${header.receivingFacility}|${header.receivingApplication}`,
    raw: bytes,
    state: verdict.code !== 'AA' ? 'rejected' : effects === undefined ? 'held' : 'accepted',
    receipt,
    receiptCode: verdict.code,
    ...(verdict.text && { error: verdict.text }),
  };
  const work = { action: `message ${message.msgType}`.slice(0, 60), message };
  if (effects === undefined) await parts.commit({ ...work, decide: () => [] }, principal, message.id);
  else {
    const { work: own, identities, messageId } = effects;
    await parts.commit(
      {
        ...work,
        ...own,
        patients: identities,
        // Nobody else makes the same new Patient meanwhile.
        criteria: identities.map(({ system, value }) => ({
          type: 'Patient',
          query: `identifier=${encodeURIComponent(`${system}|${value}`)}`,
        })),
        decide: async (view) => {
          const changes = await own.decide(view);
          return [...changes, ...provenanceOf(changes, messageId, { now: view.now, ids: parts.ids })];
        },
      },
      principal,
      message.id,
    );
  }
  parts.log.info(
    { message: message.id, type: message.msgType, state: message.state, code: verdict.code },
    'a message was received',
  );
  return receipt;
}

async function keepUnreadable(
  bytes: Uint8Array,
  error: Failure,
  { commit, ids }: MessageParts,
  settings: Hl7Settings,
): Promise<void> {
  const id = ids.next();
  await commit(
    {
      action: 'message unreadable',
      message: { id, transport: 'mllp', raw: bytes, state: 'failed', error: error.message },
      decide: () => [],
    },
    settings.principalOf(undefined),
    id,
  );
}
