// https://hl7.org/fhir/R4/messaging.html, https://hl7.org/fhir/R4/messageheader.html
import type { Coding, Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { eventOf, type MessageEvent } from './message-events.js';

export interface MessageHeader extends Resource {
  readonly eventCoding?: Coding;
  readonly eventUri?: string;
  readonly source: { readonly name?: string; readonly endpoint: string };
  readonly sender?: { readonly identifier?: { readonly system?: string; readonly value?: string } };
  readonly focus?: readonly { readonly reference?: string }[];
  readonly response?: unknown;
}

export interface MessageEntry {
  /** In Bundle.entry. */
  readonly index: number;
  readonly fullUrl?: string;
  readonly resource: Resource;
  readonly isFocus: boolean;
}

export interface Message {
  readonly header: MessageHeader;
  /** Of the message (MessageHeader.id), and of what it was sent in (Bundle.identifier, else Bundle.id). */
  readonly id: string;
  readonly envelope: string;
  /** All but the header. */
  readonly entries: readonly MessageEntry[];
}

/**
 * A valid Bundle as a message.
 *
 * @throws Failure invalid that names the element: it is no message, or has no id by which a repetition could be told
 */
export function readMessage(bundle: Resource): Message {
  if (bundle['type'] !== 'message')
    throw new Failure('invalid', 'The Bundle must be of type message.', { expression: 'Bundle.type' });
  const [first, ...others] = (bundle['entry'] ?? []) as readonly { fullUrl?: string; resource?: Resource }[];
  if (first?.resource?.resourceType !== 'MessageHeader')
    throw new Failure('invalid', 'The first entry of a message is its MessageHeader.', {
      expression: 'Bundle.entry[0].resource',
    });
  const header = first.resource as MessageHeader;
  const id = header.id ?? /^urn:uuid:(.+)$/.exec(first.fullUrl ?? '')?.[1];
  if (id === undefined)
    throw new Failure('invalid', 'A message needs an id, so that it is told when it comes again.', {
      expression: 'Bundle.entry[0].resource.id',
      code: 'required',
    });
  const { system = '', value } = (bundle['identifier'] ?? {}) as { system?: string; value?: string };
  const places = focusPlaces(header, first.fullUrl, others);
  const entries = others.map(({ fullUrl, resource }, at): MessageEntry => {
    if (resource === undefined)
      throw new Failure('invalid', 'An entry of a message has a resource.', {
        expression: `Bundle.entry[${at + 1}].resource`,
        code: 'required',
      });
    return { index: at + 1, ...(fullUrl === undefined ? {} : { fullUrl }), resource, isFocus: places.has(at) };
  });
  return { header, id, envelope: value === undefined ? (bundle.id ?? id) : `${system}|${value}`, entries };
}

/** Which of the other entries MessageHeader.focus points to. @throws Failure invalid for one that is not in the message */
function focusPlaces(
  { focus = [] }: MessageHeader,
  headerUrl: string | undefined,
  others: readonly { fullUrl?: string; resource?: Resource }[],
): ReadonlySet<number> {
  const base = /^(https?:.*\/)MessageHeader\/[^/]+$/.exec(headerUrl ?? '')?.[1];
  const places = new Set<number>();
  for (const [at, { reference = '' }] of focus.entries()) {
    const place = others.findIndex(
      ({ fullUrl, resource }) =>
        fullUrl === reference ||
        (base !== undefined && fullUrl === base + reference) ||
        (resource?.id !== undefined && reference === `${resource.resourceType}/${resource.id}`),
    );
    if (place === -1)
      throw new Failure('invalid', 'What a message is about is in the message.', {
        expression: `Bundle.entry[0].resource.focus[${at}].reference`,
        code: 'not-found',
      });
    places.add(place);
  }
  return places;
}

/**
 * The event of the message, where this server acts on it and the message holds what belongs to it.
 *
 * @throws Failure unprocessable: what a sender is told in a response message
 */
export function acceptedEvent({ header, entries }: Message): MessageEvent {
  const refuse = (
    what: string,
    expression: string,
    code: 'not-supported' | 'business-rule' = 'business-rule',
  ): never => {
    throw new Failure('unprocessable', what, { expression, code });
  };
  if (header.response !== undefined)
    refuse('This server awaits no response to a message of its own.', 'MessageHeader.response', 'not-supported');
  const event =
    eventOf(header) ??
    refuse(
      'This event is not known here; CapabilityStatement.messaging names those that are.',
      header.eventUri === undefined ? 'MessageHeader.eventCoding' : 'MessageHeader.eventUri',
      'not-supported',
    );
  const focus = entries.filter(({ isFocus }) => isFocus);
  if (focus.length === 0 || focus.length > event.mostFocus)
    refuse(
      `A message of this event is about ${event.mostFocus === 1 ? 'one resource' : `1 to ${event.mostFocus} resources`}.`,
      'MessageHeader.focus',
    );
  for (const { index, resource, isFocus } of entries) {
    const allowed = isFocus ? event.focus : [...event.focus, ...event.beside];
    if (!allowed.includes(resource.resourceType))
      refuse(
        `A message of the event ${event.code} ${isFocus ? 'is about' : 'holds'} ${allowed.join(', ')} only.`,
        `Bundle.entry[${index}].resource`,
      );
  }
  return event;
}
