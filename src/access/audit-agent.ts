import { createHash } from 'node:crypto';
import { withoutIdentityNumbers } from '../fhir/national-identifiers.js';
import type { Principal } from './principal.js';

/** Who acted, as the audit log keeps it: beside client and organisation, what the token said of the person and the reason. */
export interface AuditAgent {
  /** Stands in the entries: the subject, and a print of everything below. */
  readonly key: string;
  readonly subject: string;
  readonly name: string;
  readonly role: string;
  /** Organisation number of the data controller in whose store it acts. */
  readonly controller: string;
  /** Organisation number of the department. */
  readonly unit?: string;
  readonly hpr?: string;
  readonly securityLevel?: string;
  /** As the token says it (Tillitsrammeverk), JSON text. */
  readonly purpose?: string;
}

const known = new WeakMap<Principal, AuditAgent>();

export function auditAgent(principal: Principal): AuditAgent {
  let agent = known.get(principal);
  if (agent === undefined) known.set(principal, (agent = agentOf(principal)));
  return agent;
}

/** What an entry of the audit log says of who acted. */
export const auditedBy = (
  principal: Principal,
): { readonly client: string; readonly subject: string; readonly organisation?: string } => ({
  client: principal.client,
  subject: auditAgent(principal).key,
  ...(principal.organisation === undefined ? {} : { organisation: principal.organisation }),
});

function agentOf(principal: Principal): AuditAgent {
  const said = Object.fromEntries(
    facts.flatMap((name) => (principal[name] === undefined ? [] : [[name, withoutIdentityNumbers(principal[name])]])),
  ) as unknown as Omit<AuditAgent, 'key'>;
  return { key: keyOfAgent(said), ...said };
}

const facts = ['subject', 'name', 'role', 'controller', 'unit', 'hpr', 'securityLevel', 'purpose'] as const;

/** The key holds a print of everything that is said, so that a later change of it shows. */
export function keyOfAgent(said: Omit<AuditAgent, 'key'>): string {
  const digest = createHash('sha256')
    .update(JSON.stringify(facts.map((name) => said[name] ?? null)))
    .digest();
  // Letters only: eleven digits in a row could be taken for an identity number, and masked.
  const print = [...digest.subarray(0, 12)].map((byte) => letters[byte >> 4]! + letters[byte & 15]!).join('');
  return `${said.subject.slice(0, 100)}#${print}`;
}

const letters = 'abcdefghijklmnop';
