// https://hl7.org/fhir/R4/messaging.html#response
import { operationOutcome } from '../../fhir/operation-outcome.js';
import { keyOf, type Resource, type ResourceKey } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import type { Failure } from '../../kernel/failure.js';
import type { Services } from '../services.js';
import type { Message } from './read-message.js';

type Parts = Pick<Services, 'base' | 'ids' | 'clock' | 'software'>;

/**
 * What the sender of a message is told: where what it was about is now, or why nothing of it was taken.
 *
 * @param outcome the resources that the focus became, or the refusal
 */
export function responseMessage(
  { header, id }: Message,
  outcome: readonly ResourceKey[] | Failure,
  { base, ids, clock, software }: Parts,
): Resource {
  const { eventCoding, eventUri, source } = header;
  const own = ids.next();
  const details = ids.next();
  const refused = 'issues' in outcome ? outcome : undefined;
  const answer = {
    resourceType: 'MessageHeader',
    id: own,
    ...(eventUri === undefined ? { eventCoding } : { eventUri }),
    destination: [{ ...(source.name === undefined ? {} : { name: source.name }), endpoint: source.endpoint }],
    source: { name: software.name, endpoint: `${base}/$process-message` },
    response: {
      identifier: id,
      code: refused === undefined ? 'ok' : 'fatal-error',
      ...(refused === undefined ? {} : { details: { reference: `urn:uuid:${details}` } }),
    },
    ...(refused === undefined
      ? { focus: (outcome as readonly ResourceKey[]).map((key) => ({ reference: `${base}/${keyOf(key)}` })) }
      : {}),
  };
  return {
    resourceType: 'Bundle',
    id: ids.next(),
    type: 'message',
    timestamp: instant(clock.now()),
    entry: [
      { fullUrl: `urn:uuid:${own}`, resource: answer },
      ...(refused === undefined
        ? []
        : [{ fullUrl: `urn:uuid:${details}`, resource: { id: details, ...operationOutcome(refused) } }]),
    ],
  };
}
