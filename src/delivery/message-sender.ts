import type { Clock } from '../kernel/clock.js';
import { Failure } from '../kernel/failure.js';
import type { Log } from '../kernel/log.js';
import { startLoop } from '../storage/loop.js';
import {
  claimOutbound,
  noteAlarm,
  type OutboundMessage,
  RefusedByReceiver,
  type SendResult,
  settleOutbound,
  type StuckMessage,
  stuckMessages,
} from '../storage/outbound-messages.js';
import type { Pool } from '../storage/pool.js';
import type { Session } from '../storage/session.js';
import { inTransaction } from '../storage/transaction.js';
import { type Backoff, waitAfter } from './backoff.js';
import type { RunningPart } from './delivery-ports.js';

/** Carries a message to its receiver; `bridge/` has one for each way (HTTP, folder, MLLP). */
export interface OutboundTransport {
  /**
   * Sends the message, once or more often (a crash may come between sending and noting it).
   *
   * @returns the receipt where it came with the answer
   * @throws Failure: `busy` and `fault` are tried again, any other category gives the message up
   */
  send(message: OutboundMessage): Promise<{ readonly receipt: Uint8Array; readonly receiptCode: string } | undefined>;
}

export interface MessageSenderOptions {
  readonly pool: Pool;
  readonly session: Session;
  /** Number of this instance of the server (`claimInstance`). */
  readonly instance: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly transport: OutboundTransport;
  /** Makes a Task for a message that was given up, or that nobody has acknowledged. Called again when it throws. */
  readonly alarm: (message: StuckMessage) => Promise<void>;
  readonly backoff: Backoff;
  /** How long a failing message is tried, in milliseconds. */
  readonly retryForMs: number;
  /** How long a sent message waits for its receipt, in milliseconds (96 hours). */
  readonly receiptWithinMs: number;
  /** A claim lasts this long; must be longer than the transport's own timeout. */
  readonly leaseMs: number;
  readonly pollMs?: number;
  readonly atOnce?: number;
}

/** Failures that another attempt can mend. */
const passing: ReadonlySet<string> = new Set([
  'busy',
  'fault',
  'too-many',
  'conflict',
  'unauthenticated',
  'forbidden',
  'not-found',
]);

/** Sends queued messages, in order per receiver, with retry; tells of those that are stuck. */
export function startMessageSender(options: MessageSenderOptions): RunningPart {
  const { pool, session, clock, log, instance } = options;
  const lease = { owner: instance, milliseconds: options.leaseMs };

  const attempt = async (message: OutboundMessage): Promise<SendResult> => {
    try {
      const receipt = await options.transport.send(message);
      return receipt === undefined ? { state: 'sent' } : { state: 'acknowledged', ...receipt };
    } catch (error) {
      const what = error instanceof Failure ? error.message : 'The message could not be sent.';
      log.warn({ err: error, message: message.id, attempts: message.attempts + 1 }, 'a message could not be sent');
      const now = clock.now();
      const hopeless = error instanceof Failure && !passing.has(error.category);
      if (error instanceof RefusedByReceiver)
        return { state: 'dead', error: what, receipt: error.receipt, receiptCode: error.receiptCode };
      if (hopeless || now - (message.failingSince ?? now) >= options.retryForMs) return { state: 'dead', error: what };
      const wait = waitAfter(message.attempts + 1, Number.parseInt(message.id.slice(-8), 16), options.backoff);
      return { state: 'queued', error: what, nextAttempt: now + wait };
    }
  };

  const send = async (message: OutboundMessage): Promise<boolean> => {
    const result = await attempt(message);
    await inTransaction(pool, (tx) => settleOutbound(tx, lease, { message: message.id, now: clock.now(), result }));
    return result.state !== 'queued';
  };

  const raiseAlarms = async (): Promise<void> => {
    for (const message of await stuckMessages(pool, clock.now() - options.receiptWithinMs)) {
      await options.alarm(message);
      await noteAlarm(pool, message.id, clock.now());
    }
  };

  const loop = startLoop({
    name: 'message sender',
    log,
    everyMs: options.pollMs ?? 1000,
    async round() {
      const messages = await claimOutbound(pool, lease, { now: clock.now(), limit: options.atOnce ?? 16 });
      const moved = await Promise.all(messages.map(send));
      await raiseAlarms();
      return moved.includes(true) ? 0 : undefined; // the next one of the same receiver may go
    },
  });
  session.listen('hjemmebro_message', () => loop.wake());
  return { wake: () => loop.wake(), stop: () => loop.stop() };
}
