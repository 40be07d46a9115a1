// https://hl7.org/fhir/R4/messageheader-operation-process-message.html, https://hl7.org/fhir/R4/messaging.html
import type { Principal } from '../../access/principal.js';
import { parseJsonObject, stringifyJson } from '../../fhir/json.js';
import { identifierSystems } from '../../fhir/national-identifiers.js';
import type { Resource, ResourceKey } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { keepReceipt, messageStore } from '../../storage/messages.js';
import { accessEntry } from '../audit-access.js';
import { demandValid } from '../commit/validity.js';
import { withKnownPatients } from '../messaging/known-patients.js';
import { entryOfMessage } from '../messaging/message-entries.js';
import { messageEvents, type MessageEvent } from '../messaging/message-events.js';
import { acceptedEvent, type Message, readMessage } from '../messaging/read-message.js';
import { responseMessage } from '../messaging/response-message.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';
import { transaction } from '../transaction.js';

const known = new Set(['content', 'resource', 'async', 'response-url']);

/**
 * Takes a message and answers it with a response message: all that it brings is stored in one commit with the message itself
 * and the answer, so that a repetition gets the same answer and changes nothing. What cannot be taken is answered with
 * `fatal-error`; only what is no message is refused with a 4xx.
 */
export const processMessage: Operation = {
  name: 'process-message',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/process-message',
  type: '*',
  level: 'system',
  affectsState: true,
  judgesResource: true,
  handle,
};

async function handle(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const { services } = context;
  const bundle = contentOf(request);
  demandValid(bundle, services.validator, { conditionalReferences: true });
  const message = readMessage(bundle);
  const before = await answerBefore(message, context);
  if (before !== undefined) return before;
  try {
    const event = acceptedEvent(message);
    demandOwnSender(message, context.principal);
    return respond(await carriedOut(message, event, bundle, context));
  } catch (error) {
    if (!(error instanceof Failure) || error.category === 'busy' || error.category === 'fault') throw error;
    // The same message at the same moment: the other one has been answered meanwhile.
    const other = error.category === 'conflict' ? await answerBefore(message, context) : undefined;
    return other ?? refused(message, error, context);
  }
}

/** @throws Failure invalid */
function contentOf(request: FhirRequest): Resource {
  const parameters = new OperationParameters(request);
  const wrong = (name: string, what: string): Failure =>
    new Failure('invalid', what, {
      expression: `Parameters.parameter.where(name='${name}')`,
      code: 'not-supported',
    });
  for (const [name] of parameters.entries())
    if (!known.has(name))
      throw new Failure('invalid', '$process-message takes content; async and response-url are not supported.', {
        code: 'not-supported',
      });
  if (parameters.flag('async') === true) throw wrong('async', 'Messages are answered at once here, never later.');
  if (parameters.one('response-url') !== undefined)
    throw wrong('response-url', 'Messages are answered here, not at another address.');
  const content = (parameters.one('content') ?? parameters.one('resource')) as Resource | undefined;
  if (content?.resourceType === 'Bundle') return content;
  throw new Failure('invalid', 'The parameter content is needed: a Bundle of type message.', {
    expression: "Parameters.parameter.where(name='content')",
    code: 'required',
  });
}

const senderOf = ({ client }: Principal): string => `fhir:${client}`;
const typeOf = ({ code }: MessageEvent): string => `fhir:${code}`;

/**
 * What the message was answered with when it came before. https://hl7.org/fhir/R4/messaging.html#reliable: the ids of the message
 * and of its envelope come together or not at all.
 */
async function answerBefore(message: Message, context: Context): Promise<FhirResponse | undefined> {
  const messages = messageStore(context.services.pool);
  const sender = senderOf(context.principal);
  const stored = await messages.find(sender, message.id);
  if (stored?.receipt !== undefined && stored.conversation === message.envelope) {
    const detail = `repeated ${stored.id}`;
    await context.services.audit(accessEntry(context, { action: '$process-message', detail }));
    return respond(parseJsonObject(Buffer.from(stored.receipt).toString('utf8')) as Resource);
  }
  const types = messageEvents.map(typeOf);
  const reused = stored ?? (await messages.came({ sender, conversation: message.envelope, types }));
  if (reused === false) return undefined;
  const what =
    stored === undefined
      ? 'Another message has come in an envelope with this id (Bundle.identifier, or Bundle.id).'
      : 'This message (MessageHeader.id) has been taken already, in another envelope; it is not taken again.';
  const expression = stored === undefined ? 'Bundle.identifier' : 'Bundle.entry[0].resource.id';
  return refused(message, new Failure('conflict', what, { expression, code: 'duplicate' }), context);
}

/** Nobody speaks for another organisation, but for registered carriers. @throws Failure forbidden */
function demandOwnSender({ header }: Message, { organisation, unit, carries }: Principal): void {
  const { system, value } = header.sender?.identifier ?? {};
  if (carries === '*' || system !== identifierSystems.enh || value === organisation || value === unit) return;
  throw new Failure('forbidden', 'This client is neither the sender of the message nor registered as its carrier.', {
    expression: 'MessageHeader.sender',
  });
}

/** @throws Failure as a transaction does, with places in the message's Bundle */
async function carriedOut(
  message: Message,
  event: MessageEvent,
  bundle: Resource,
  context: Context,
): Promise<Resource> {
  const { services, principal } = context;
  const entries = (await withKnownPatients(message, context)).map((entry) => entryOfMessage(entry, principal));
  const row = services.ids.next();
  let answer: Resource | undefined;
  await transaction(entries, { method: 'POST', segments: [], query: [], headers: {} }, context, {
    action: '$process-message',
    detail: event.code,
    message: {
      id: row,
      transport: 'fhir',
      msgId: message.id,
      msgType: typeOf(event),
      conversation: message.envelope,
      sender: senderOf(principal),
      raw: Buffer.from(stringifyJson(bundle)),
      state: 'accepted',
    },
    async conclude(db, stored: readonly ResourceKey[]) {
      const focus = message.entries.filter(({ isFocus }) => isFocus).map(({ index }) => stored[index]!);
      answer = responseMessage(message, focus, services);
      await keepReceipt(db, row, { code: 'ok', bytes: Buffer.from(stringifyJson(answer)) });
    },
  });
  return answer!;
}

async function refused(message: Message, failure: Failure, context: Context): Promise<FhirResponse> {
  const { services } = context;
  const detail = `fatal-error ${failure.issues.map(({ code }) => code).join(' ')}`.slice(0, 200);
  await services.audit(accessEntry(context, { action: '$process-message', outcome: 4, detail }));
  return respond(responseMessage(message, failure, services));
}

const respond = (bundle: Resource): FhirResponse => ({ status: 200, headers: {}, body: stringifyJson(bundle) });
