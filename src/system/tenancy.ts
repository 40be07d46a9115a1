import type { Principal } from '../access/principal.js';
import type { Services } from '../interactions/services.js';
import { AuditedReads } from '../storage/audited-reads.js';
import type { TenantPools } from '../storage/tenant-pools.js';

/**
 * The services as a caller has them: what is read comes over connections that see its data controllers alone. An administrator
 * sees every one. The controllers must be known to the dictionary (`prepare` of the authenticator sees to that).
 */
export function fencedServices(services: Services, tenants: TenantPools): (principal: Principal) => Services {
  const made = new Map<string, Services>();
  return (principal) => {
    if (principal.role === 'admin') return services;
    const numbers = ['', principal.controller, ...(principal.controllers ?? [])];
    const key = numbers.join(' ');
    let own = made.get(key);
    if (own === undefined) {
      const { dictionary, registry, base, audit } = services;
      const ids = numbers.flatMap((orgnr) => dictionary.controllerId(orgnr) ?? []);
      const { pool, planned } = tenants.of(ids);
      const reads = new AuditedReads(planned, dictionary, audit, { dictionary, registry, base });
      own = { ...services, pool, planned, read: (of, by, entry) => reads.read(of, by, entry) };
      // A controller that is not known yet has no rows; once it has, it must be among those of the connections.
      if (ids.length === numbers.length) made.set(key, own);
    }
    return own;
  };
}
