// Receiving: recognise → check who sends → duplicate? → map → one commit with effects and receipt → receipt.
// Rules for receipts: HIS 80415 Applikasjonskvittering, HITS 1168.
import type { Principal } from '../access/principal.js';
import { worklistEntry } from '../followup/vocabulary/worklist.js';
import type { InboundMessage } from '../interactions/commit-types.js';
import { Failure } from '../kernel/failure.js';
import { addresseeOf, checkHead, patientIdentity } from '../mapping/plo/check-head.js';
import type { MsgHead } from '../mapping/plo/envelope.js';
import { readMsgHead } from '../mapping/plo/msg-head.js';
import { addressOf, herIdsOf } from '../mapping/plo/party.js';
import { isAppRec, readAppRec, type InboundReceipt } from '../mapping/plo/read-app-rec.js';
import { receiptFor, type ReceiptError } from '../mapping/plo/receipt.js';
import { renderAppRec } from '../mapping/plo/render-app-rec.js';
import { salvageHead } from '../mapping/plo/salvage-head.js';
import { treeFault } from '../mapping/tree/check-tree.js';
import { readXml } from '../mapping/xml/read-xml.js';
import { applyHeldFor, overtakesItsOriginal } from './held-cancellations.js';
import type { Arrived, Handling } from './message/arrived.js';
import { centreReference } from './message/directory.js';
import { provenanceOf } from './message/provenance.js';
import { keepForReading } from './message/read.js';
import { treatmentFor } from './message/treatments.js';
import type { MessageParts, Transport } from './message-parts.js';
import type { PloAnswer, PloDelivery } from './plo-delivery.js';
import { receiveAppRec } from './receive-app-rec.js';
import { checkSender, onBehalfOf } from './sender-check.js';

/**
 * Takes one message (MsgHead, the envelope of Henvisning 1.x and Epikrise, or an AppRec).
 *
 * @throws Failure `forbidden` for a sender the caller may not send for, `busy` to try again, `invalid` where not even a
 * negative receipt can be made (the bytes are kept all the same)
 */
export type ReceivePlo = (bytes: Uint8Array, principal: Principal, transport: Transport) => Promise<PloAnswer>;

export function ploReceiver(parts: MessageParts): ReceivePlo {
  return async (bytes, principal, transport) => {
    const delivery = { bytes, principal, transport };
    const read = readEnvelope(bytes);
    if (read.kind === 'unusable') return refuseUnusable(delivery, read.failure, parts);
    if (read.kind === 'receipt') return receiveAppRec(read.receipt, delivery, parts);
    checkSender(principal, herIdsOf(read.head.sender));
    const sender = addressOf(read.head.sender);
    const before = await storedAnswer(sender, read.head.id, parts);
    if (before !== undefined) return before;
    try {
      return await take(read.head, read.errors, delivery, parts);
    } catch (error) {
      // Two of the same at once: the other one was first, and its receipt is the answer to both.
      const first =
        error instanceof Failure && error.category === 'conflict'
          ? await storedAnswer(sender, read.head.id, parts)
          : undefined;
      if (first !== undefined) return first;
      throw error;
    }
  };
}

type Envelope =
  | { readonly kind: 'message'; readonly head: MsgHead; readonly errors: readonly ReceiptError[] }
  | { readonly kind: 'receipt'; readonly receipt: InboundReceipt }
  | { readonly kind: 'unusable'; readonly failure: Failure };

function readEnvelope(bytes: Uint8Array): Envelope {
  try {
    const root = readXml(bytes);
    return isAppRec(root)
      ? { kind: 'receipt', receipt: readAppRec(root) }
      : { kind: 'message', head: readMsgHead(root), errors: [] };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const head = error.category === 'invalid' ? salvageHead(bytes) : undefined;
    if (head === undefined || herIdsOf(head.sender).length === 0) return { kind: 'unusable', failure: error };
    return { kind: 'message', head, errors: [{ code: 'T01', text: error.message }] };
  }
}

/** The stored receipt, byte for byte: a message with a known id has no second effect. */
async function storedAnswer(
  sender: string,
  msgId: string,
  { messages, log }: MessageParts,
): Promise<PloAnswer | undefined> {
  const found = await messages.find(sender, msgId);
  if (found === undefined) return undefined;
  log.info({ message: found.id, type: found.msgType }, 'a message arrived again; its receipt is repeated');
  return answer(found.receipt, found.state !== 'rejected');
}

/** Without a receipt where another system answers. */
const answer = (body: Uint8Array | undefined, accepted: boolean): PloAnswer =>
  body === undefined ? { status: 204, accepted } : { status: 200, body, accepted };

async function take(
  head: MsgHead,
  broken: readonly ReceiptError[],
  delivery: PloDelivery,
  parts: MessageParts,
): Promise<PloAnswer> {
  const errors = broken.length > 0 ? broken : faultsOf(head, parts);
  if (errors.length > 0) return store({ head, errors, delivery }, undefined, parts);
  const arrived: Arrived = { head, bytes: delivery.bytes, identity: patientIdentity(head) };
  const handling = prepare(arrived, parts);
  if (handling instanceof Failure)
    return store({ head, errors: [{ code: 'T02', text: handling.message }], delivery }, undefined, parts);
  const outcome = { head, errors: [], delivery, identity: arrived.identity };
  if (await overtakesItsOriginal(head, parts)) return store({ ...outcome, held: true }, undefined, parts);
  try {
    const stored = await store(outcome, handling, parts);
    await applyHeldFor(head, parts);
    return stored;
  } catch (error) {
    if (!(error instanceof Failure) || !cannotBeStored(error)) throw error;
    parts.log.warn(
      { type: head.type.code, error: error.message },
      'a message could not be taken in by itself; a person must read it',
    );
  }
  try {
    return await store(
      outcome,
      (view) => keepForReading(arrived, view, parts, 'Meldingen kunne ikke tolkes automatisk.'),
      parts,
    );
  } catch (error) {
    if (!(error instanceof Failure) || !cannotBeStored(error)) throw error;
    return store({ head, errors: [{ code: 'X99', text: 'Meldingen kunne ikke lagres' }], delivery }, undefined, parts);
  }
}

/** The rules of the envelope first: they say more than the place where the structure is broken. */
function faultsOf(head: MsgHead, { settings, trees }: MessageParts): readonly ReceiptError[] {
  const errors = checkHead(head, settings);
  if (errors.length > 0) return errors;
  const { content } = head;
  // Another version of a standard that is known, not something else altogether.
  if (content !== undefined && /\/xmlstds\//.test(content.namespace) && !trees.knows(content.namespace))
    return [{ code: 'T10', text: `Innholdet ${content.name} er i en versjon som ikke støttes` }];
  const fault = treeFault(head.root, trees);
  return fault === undefined ? [] : [{ code: 'T02', text: fault }];
}

/** Runs the map once without a store: content that is not what its type says is refused before anything is begun. */
function prepare(arrived: Arrived, parts: MessageParts): Handling | Failure {
  try {
    return treatmentFor(arrived, parts);
  } catch (error) {
    if (error instanceof Failure && contentIsWrong(error)) return error;
    throw error;
  }
}

const contentIsWrong = ({ category }: Failure): boolean => category === 'unprocessable' || category === 'invalid';

/** Also what was mapped of it into something that is not valid here: another attempt would end the same way. */
const cannotBeStored = (failure: Failure): boolean => contentIsWrong(failure) || failure.category === 'fault';

interface Outcome {
  /** It waits for the message that it cancels. */
  readonly held?: boolean;
  readonly head: MsgHead;
  readonly errors: readonly ReceiptError[];
  readonly delivery: PloDelivery;
  readonly identity?: { readonly system: string; readonly value: string } | undefined;
}

/** One commit: message, effects and receipt, or none of them. */
async function store(
  { head, errors, delivery, identity, held = false }: Outcome,
  handling: Handling | undefined,
  parts: MessageParts,
): Promise<PloAnswer> {
  const { clock, ids, commit, log } = parts;
  const addressee = addresseeOf(head, parts.settings);
  const body =
    addressee?.receiptedElsewhere === true
      ? undefined
      : Buffer.from(renderAppRec(receiptFor(head, { id: ids.next(), at: clock.now() }, errors, addressee)));
  const accepted = errors.length === 0;
  const message: InboundMessage = {
    id: ids.next(),
    transport: delivery.transport,
    msgId: head.id,
    msgType: head.type.code,
    ...(head.conversation && { conversation: head.conversation.conversation, parent: head.conversation.parent }),
    sender: addressOf(head.sender),
    receiver: addressOf(head.receiver),
    raw: delivery.bytes,
    state: held ? 'held' : accepted ? 'accepted' : 'rejected',
    ...(body && { receipt: body }),
    receiptCode: errors[0]?.code ?? '1',
    ...(errors.length > 0 && { error: errors.map(({ code, text }) => `${code} ${text ?? ''}`.trim()).join('; ') }),
  };
  const principal = onBehalfOf(delivery.principal, await parts.organisationNumber(herIdsOf(head.sender)));
  const named = identity && {
    patients: [identity],
    // Nobody else makes the same new Patient meanwhile.
    criteria: [{ type: 'Patient', query: `identifier=${encodeURIComponent(`${identity.system}|${identity.value}`)}` }],
  };
  await commit(
    {
      action: `message ${head.type.code}`.slice(0, 60),
      ...named,
      message,
      decide: async (view) => {
        const changes = handling === undefined ? [] : await handling(view);
        return [...changes, ...provenanceOf(changes, head.id, { now: view.now, ids })];
      },
    },
    principal,
    message.id,
  );
  log.info(
    { message: message.id, type: head.type.code, state: message.state, code: message.receiptCode },
    'a message was received',
  );
  return answer(body, accepted);
}

/** Kept as it came, for a person to look at; nothing can be answered. */
async function refuseUnusable(
  { bytes, principal, transport }: PloDelivery,
  failure: Failure,
  { commit, ids, settings }: MessageParts,
): Promise<never> {
  if (failure.category === 'too-large') throw failure;
  const id = ids.next();
  await commit(
    {
      action: 'message unreadable',
      message: { id, transport, raw: bytes, state: 'failed', error: failure.message },
      decide: async (view) => [
        worklistEntry(
          {
            code: 'message-failed',
            owner: await centreReference(view, { name: 'Oppfølgingssenter', idents: [] }, settings.centreHerId),
            description: `En melding kunne ikke leses og er ikke kvittert (${id}).`,
          },
          { ids, now: view.now },
        ),
      ],
    },
    principal,
    id,
  );
  throw new Failure('invalid', failure.issues, { cause: failure });
}
