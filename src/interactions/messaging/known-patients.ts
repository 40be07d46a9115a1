import { Decimal } from '../../fhir/json-number.js';
import { isIdentityNumberSystem } from '../../fhir/national-identifiers.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { findPatients } from '../../storage/patients.js';
import { type Identifier, identifierOf, tokenOf } from './message-entries.js';
import type { Message, MessageEntry } from './read-message.js';
import { bodyText, type Context } from '../request.js';

/**
 * Who is registered here, but may not be seen by the sender, is referred to by identity number, as any client would do it: the
 * Patient of the message is left out. The sender cannot tell whether the person was registered.
 */
export async function withKnownPatients(message: Message, context: Context): Promise<readonly MessageEntry[]> {
  const logical = new Map<string, Identifier>();
  const left: MessageEntry[] = [];
  for (const entry of message.entries) {
    const identifier = entry.resource.resourceType === 'Patient' ? identifierOf(entry.resource) : undefined;
    const hidden =
      identifier !== undefined && isIdentityNumberSystem(identifier.system) && (await isHidden(identifier, context));
    if (!hidden) {
      left.push(entry);
      continue;
    }
    for (const name of [entry.fullUrl, entry.resource.id === undefined ? undefined : `Patient/${entry.resource.id}`])
      if (name !== undefined) logical.set(name, identifier);
  }
  if (logical.size === 0) return left;
  return left.map((entry) => ({ ...entry, resource: named(entry.resource, logical) as Resource }));
}

/** Registered, and not to be found by the caller. */
async function isHidden(identifier: Identifier, context: Context): Promise<boolean> {
  const { services, principal } = context;
  const controller = services.dictionary.controllerId(principal.controller);
  if (controller === undefined) return false;
  const { byIdentifier } = await findPatients(
    services.pool,
    { ids: [], identifiers: [identifier] },
    controller,
    services.dictionary,
  );
  return byIdentifier.size > 0 && !(await canFind(identifier, context));
}

async function canFind(identifier: Identifier, context: Context): Promise<boolean> {
  const form = [
    ['identifier', tokenOf(identifier)],
    ['_summary', 'count'],
  ] as const;
  try {
    const request = { method: 'POST', segments: ['Patient', '_search'], query: [], form, headers: {} } as const;
    const { body } = await context.dispatch(request, context);
    return /"total":[1-9]/.test(bodyText(body ?? ''));
  } catch (error) {
    if (error instanceof Failure && error.category === 'forbidden') return false;
    throw error;
  }
}

/** The content with references to the persons by their identity numbers. */
function named(value: unknown, logical: ReadonlyMap<string, Identifier>): unknown {
  if (Array.isArray(value)) return value.map((item) => named(item, logical));
  if (typeof value !== 'object' || value === null || value instanceof Decimal) return value;
  const { reference, ...rest } = value as { readonly reference?: unknown };
  const identifier = typeof reference === 'string' ? logical.get(reference) : undefined;
  if (identifier !== undefined) return { ...rest, type: 'Patient', identifier };
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, named(inner, logical)]));
}
