import { type AuditAgent, auditAgent } from '../access/audit-agent.js';
import type { Principal } from '../access/principal.js';
import { storable } from './audit.js';
import type { Queryable } from './pool.js';
import { storageFailure } from './transaction.js';

/** Whoever acts is known before anything it does is audited: the entries hold its key alone. */
export class AuditAgents {
  private readonly known = new WeakSet<AuditAgent>();

  constructor(private readonly db: Queryable) {}

  /** @throws Failure busy where it cannot be written: then nothing of this caller can be audited */
  async know(principal: Principal): Promise<void> {
    const agent = auditAgent(principal);
    if (this.known.has(agent)) return;
    await this.db
      .query(
        `insert into audit_agent (key, subject, name, role, controller, unit, hpr, security_level, purpose)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
        [
          ...[agent.key, agent.subject, agent.name, agent.role, agent.controller].map(storable),
          ...[agent.unit, agent.hpr, agent.securityLevel, agent.purpose].map((text) =>
            text === undefined ? null : storable(text),
          ),
        ],
      )
      .catch((error: unknown) => Promise.reject(storageFailure(error)));
    this.known.add(agent);
  }
}
