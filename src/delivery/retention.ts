import type { Clock } from '../kernel/clock.js';
import type { Log } from '../kernel/log.js';
import { startLoop } from '../storage/loop.js';
import type { Pool } from '../storage/pool.js';
import { lockKinds, type Session } from '../storage/session.js';
import { giveUpUnheard, retireEvents } from '../storage/subscription-retention.js';
import type { RunningPart } from './delivery-ports.js';

export interface RetentionOptions {
  readonly pool: Pool;
  readonly session: Session;
  readonly clock: Clock;
  readonly log: Log;
  /** Days that events are kept for `$events` and `$resend`. */
  readonly days: number;
  /** Told when a subscription has come into error: its status is to be shown. */
  readonly onStatus?: () => void;
  readonly everyMs?: number;
}

const page = 5000;
const day = 24 * 3600_000;

/** Lets old events go. The instance that matches does it. */
export function startRetention(options: RetentionOptions): RunningPart {
  const { pool, session, clock, log, days } = options;
  const loop = startLoop({
    name: 'event retention',
    log,
    everyMs: options.everyMs ?? 600_000,
    async round() {
      if (!session.holds([lockKinds.matcher, 0])) return undefined;
      const before = clock.now() - days * day;
      const unheard = await giveUpUnheard(pool, before, `Nobody has bound this subscription for ${days} days.`);
      if (unheard > 0) options.onStatus?.();
      const retired = await retireEvents(pool, { before, limit: page });
      return retired === page ? 100 : undefined;
    },
  });
  return { wake: () => loop.wake(), stop: () => loop.stop() };
}
