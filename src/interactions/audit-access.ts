import { auditedBy } from '../access/audit-agent.js';
import type { AuditEntry } from '../storage/audit.js';
import type { Context } from './request.js';

/** The audit entry of an access by the caller; only what it adds is given. */
export function accessEntry(
  { principal, request, services }: Context,
  what: Pick<AuditEntry, 'action'> & Partial<AuditEntry>,
): AuditEntry {
  return {
    at: services.clock.now(),
    request,
    ...auditedBy(principal),
    outcome: 0,
    ...what,
  };
}
