import type { Clock } from '../kernel/clock.js';
import type { Log } from '../kernel/log.js';
import { sealAudit } from '../storage/audit-seal.js';
import { type Loop, startLoop } from '../storage/loop.js';
import type { Pool } from '../storage/pool.js';

/** Seals the audit log as it grows. Instances that share a database take turns. */
export function startSealing({
  pool,
  key,
  clock,
  log,
}: {
  readonly pool: Pool;
  readonly key: Buffer;
  readonly clock: Clock;
  readonly log: Log;
}): Loop {
  return startLoop({
    name: 'sealing of the audit log',
    log,
    everyMs: 1000,
    async round() {
      return (await sealAudit(pool, key, clock.now())).full ? 0 : undefined;
    },
  });
}
