// HL7 v2 ADT: https://www.hl7.eu/HL7v2x/v251/std251/ch03.html · acknowledgment in original mode: ch02 §2.9.2
import type { Principal } from '../access/principal.js';
import type { InboundMessage } from '../interactions/commit-types.js';
import { Failure } from '../kernel/failure.js';
import { encodeHl7 } from '../mapping/hl7/charset.js';
import { patientIdentityOf } from '../mapping/hl7/patient-identity.js';
import { readHl7, type Hl7Header, type Hl7Message } from '../mapping/hl7/read-hl7.js';
import { writeAck, type Ack } from '../mapping/hl7/write-ack.js';
import { hl7Handling, hl7Events } from './message/adt.js';
import type { Handling } from './message/arrived.js';
import type { MessageParts } from './message-parts.js';
import type { MllpHandler } from './mllp-server.js';

export interface Hl7Settings {
  /** Known senders as `application|facility` (MSH-3|MSH-4); empty: all, and then only on loopback (decision 20). */
  readonly peers: readonly string[];
  /** Who acts for a sender; the header is undefined for what could not be read. */
  readonly principalOf: (header: Hl7Header | undefined) => Principal;
}

type Verdict = Pick<Ack, 'code' | 'text' | 'error'>;

/** The handler of the MLLP server: one message in, its ACK out. */
export function hl7Receiver(parts: MessageParts, settings: Hl7Settings): MllpHandler {
  const ack = (header: Hl7Header | undefined, verdict: Verdict): Buffer =>
    encodeHl7(
      writeAck(header, { ...verdict, id: parts.ids.next().replaceAll('-', ''), at: parts.clock.now() }),
      header?.charset ?? '',
    );
  return async (bytes) => {
    if (bytes === undefined)
      return ack(undefined, { code: 'AR', error: '207', text: 'The message is larger than this server takes.' });
    let read: Hl7Message;
    try {
      read = readHl7(bytes);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      await keepUnreadable(bytes, error, parts, settings);
      return ack(undefined, { code: 'AR', error: '100', text: error.message });
    }
    const { header } = read;
    if (
      settings.peers.length > 0 &&
      !settings.peers.includes(`${header.sendingApplication}|${header.sendingFacility}`)
    ) {
      parts.log.warn(
        { application: header.sendingApplication, facility: header.sendingFacility },
        'an HL7 message from an unknown sender was refused',
      );
      return ack(header, { code: 'AR', error: '207', text: 'This sender (MSH-3, MSH-4) is not known here.' });
    }
    return receive(
      { bytes, read, principal: settings.principalOf(header), ack: (verdict) => ack(header, verdict) },
      parts,
    );
  };
}

interface Received {
  readonly bytes: Uint8Array;
  readonly read: Hl7Message;
  readonly principal: Principal;
  readonly ack: (verdict: Verdict) => Buffer;
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
    return received.ack({
      code: error.category === 'busy' ? 'AR' : 'AE',
      error: '207',
      text: error.category === 'busy' ? 'Try again shortly.' : error.message,
    });
  }
}

async function take(received: Received, parts: MessageParts): Promise<Uint8Array> {
  const { read, bytes } = received;
  const { header } = read;
  if (header.controlId === '')
    return store(received, { code: 'AE', error: '101', text: 'MSH-10 (message control id) is missing.' }, parts);
  if (header.type !== 'ADT')
    return store(
      received,
      { code: 'AR', error: '200', text: `Messages of type ${header.type} are not supported; ADT is.` },
      parts,
    );
  if (!hl7Events.has(header.event))
    return store(
      received,
      { code: 'AR', error: '201', text: `ADT events supported: ${[...hl7Events].join(', ')}.` },
      parts,
    );
  const identity = patientIdentityOf(read.tree);
  if (identity === undefined)
    return store(
      received,
      { code: 'AE', error: '101', text: 'PID-3 holds no valid Norwegian identity number.' },
      parts,
    );
  const organisation = received.principal.role === 'hospital' ? received.principal.organisation : undefined;
  const handling = hl7Handling({ read, bytes, identity, messageId: messageIdOf(header), organisation }, parts);
  if (handling instanceof Failure) return store(received, { code: 'AE', error: '102', text: handling.message }, parts);
  return store(received, { code: 'AA' }, parts, { handling, identity });
}

interface Effects {
  readonly handling: Handling;
  readonly identity: { readonly system: string; readonly value: string };
}

async function store(
  received: Received,
  verdict: Verdict,
  parts: MessageParts,
  effects?: Effects,
): Promise<Uint8Array> {
  const { read, bytes, principal } = received;
  const { header } = read;
  const receipt = received.ack(verdict);
  const message: InboundMessage = {
    id: parts.ids.next(),
    transport: 'mllp',
    ...(header.controlId !== '' && { msgId: messageIdOf(header) }),
    msgType: `${header.type}^${header.event}`,
    sender: senderOf(header),
    receiver: `${header.receivingFacility}|${header.receivingApplication}`,
    raw: bytes,
    state: verdict.code === 'AA' ? 'accepted' : 'rejected',
    receipt,
    receiptCode: verdict.code,
    ...(verdict.text && { error: verdict.text }),
  };
  const work = { action: `message ${message.msgType}`.slice(0, 60), message };
  if (effects === undefined) await parts.commit({ ...work, decide: () => [] }, principal, message.id);
  else await parts.commit({ ...work, patients: [effects.identity], decide: effects.handling }, principal, message.id);
  parts.log.info({ message: message.id, type: message.msgType, code: verdict.code }, 'a message was received');
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
