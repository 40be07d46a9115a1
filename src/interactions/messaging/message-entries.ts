// https://hl7.org/fhir/R4/messaging.html – what a message brings, as entries of a transaction
import { decide } from '../../access/decide.js';
import type { Principal } from '../../access/principal.js';
import { identifierSystems } from '../../fhir/national-identifiers.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { printQuery } from '../../search/parse/query-pairs.js';
import type { BundleEntry } from '../bundle-entry.js';
import { isParty } from './message-events.js';
import type { MessageEntry } from './read-message.js';

export interface Identifier {
  readonly system: string;
  readonly value: string;
}

/**
 * What is known by its identifier already is left as it is (parties) or brought up to date (all else); what is not is created
 * under an id of this server: a sender's ids mean nothing here.
 *
 * @throws Failure unprocessable for a party without an identifier
 */
export function entryOfMessage({ index, fullUrl, resource }: MessageEntry, principal: Principal): BundleEntry {
  const { id: _theirs, ...content } = resource;
  const type = resource.resourceType;
  const identifier = identifierOf(resource);
  const known = identifier === undefined ? [] : ([['identifier', tokenOf(identifier)]] as const);
  if (isParty(type) && known.length === 0)
    throw new Failure('unprocessable', `A ${type} in a message has an identifier, so that it is known again.`, {
      expression: `Bundle.entry[${index}].resource.identifier`,
      code: 'required',
    });
  const updates =
    known.length > 0 &&
    !isParty(type) &&
    decide(principal, 'update', type).allowed &&
    decide(principal, 'search', type).allowed;
  const where = fullUrl ?? (resource.id === undefined ? undefined : `${type}/${resource.id}`);
  return {
    index,
    ...(where === undefined ? {} : { fullUrl: where }),
    request: {
      segments: [type],
      query: [],
      resource: content,
      ...(updates
        ? { method: 'PUT', form: known, headers: {} }
        : { method: 'POST', headers: known.length === 0 ? {} : { 'if-none-exist': printQuery(known) } }),
    },
  };
}

/** The national one of a person, else the first with system and value. */
export function identifierOf(resource: Resource): Identifier | undefined {
  const given = resource['identifier'] ?? [];
  const list = (Array.isArray(given) ? given : [given]) as readonly Partial<Identifier>[];
  const whole = list.filter(
    (one): one is Identifier => typeof one.system === 'string' && typeof one.value === 'string',
  );
  const national = new Set<string>(Object.values(identifierSystems));
  return whole.find(({ system }) => national.has(system)) ?? whole[0];
}

/** As a token of a search. */
export const tokenOf = ({ system, value }: Identifier): string => `${escaped(system)}|${escaped(value)}`;

/** https://hl7.org/fhir/R4/search.html#escaping */
const escaped = (text: string): string => text.replace(/[\\,|$]/g, '\\$&');
