// Systems that speak HL7 v2 are sent the measurements of their patients, as the change log tells of them.
import type { Principal } from '../access/principal.js';
import { parseJsonObject } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import type { Clock } from '../kernel/clock.js';
import type { Log } from '../kernel/log.js';
import type { BuiltMessage } from '../mapping/outbound/built-message.js';
import { type LogPosition, type LogRow, movePosition, readLog, readPosition } from '../storage/change-log.js';
import { startAtEnd } from '../storage/log-end.js';
import { startLoop } from '../storage/loop.js';
import { queueMessage } from '../storage/messages.js';
import { patientTexts } from '../storage/patient-texts.js';
import type { Pool, Queryable } from '../storage/pool.js';
import type { Session } from '../storage/session.js';
import { inTransaction } from '../storage/transaction.js';
import type { RunningPart, SubscriberAccess } from './delivery-ports.js';

/** A system that gets measurements. */
export interface MeasurementAudience {
  /** Whose access decides: an organisation that has a relation to the patient. */
  readonly principal: Principal;
  /** Categories of Observation that it wants. */
  readonly categories: ReadonlySet<string>;
  /** Observation.identifier of this system: came from the audience itself. */
  readonly ownSystem: string;
  /** The message; undefined where HL7 v2 cannot carry it. */
  build(measurement: {
    readonly observation: Resource;
    readonly patient: Resource;
    readonly version: number;
    readonly at: number;
  }): BuiltMessage | undefined;
}

export interface MeasurementSenderOptions {
  readonly pool: Pool;
  readonly session: Session;
  readonly clock: Clock;
  readonly log: Log;
  readonly access: Pick<SubscriberAccess, 'mayReceive'>;
  readonly audiences: readonly MeasurementAudience[];
  readonly pollMs?: number;
}

const reader = 'measurement-messages';
const sentStatuses = new Set(['preliminary', 'final', 'amended', 'corrected', 'entered-in-error']);

/**
 * Reads the change log in order and queues one message for each measurement and audience, in the transaction that moves its
 * position: each is queued once, and those of one patient in the order they were stored. Starts with what happens from now on.
 */
export function startMeasurementSender(options: MeasurementSenderOptions): RunningPart {
  const { pool, session, log, pollMs = 500 } = options;
  let started = false;
  const loop = startLoop({
    name: 'measurement messages',
    log,
    everyMs: pollMs,
    async round() {
      if (!started) await startAtEnd(pool, reader);
      started = true;
      return (await step(options)) ? 0 : undefined;
    },
  });
  session.listen('hjemmebro_change', () => loop.wake());
  return { wake: () => loop.wake(), stop: () => loop.stop() };
}

/** @returns whether there may be more */
async function step(options: MeasurementSenderOptions): Promise<boolean> {
  const { pool } = options;
  const after = await readPosition(pool, reader);
  const batch = await readLog(pool, { after, limit: 200, types: ['Observation'] });
  if (batch.rows.length === 0) return batch.held;
  const rows = batch.rows.filter((row) => row.type === 'Observation' && row.text !== undefined && row.kind !== 'o');
  await inTransaction(pool, async (tx) => {
    if (!(await moved(tx, after, batch.next))) return;
    for (const row of rows) await queueFor(row, tx, options);
  });
  return batch.full;
}

/** False where another instance was quicker: then it has queued them. */
const moved = (tx: Queryable, from: LogPosition, to: LogPosition): Promise<boolean> =>
  movePosition(tx, reader, { from, to });

async function queueFor(row: LogRow, tx: Queryable, options: MeasurementSenderOptions): Promise<void> {
  const { clock, log, access, audiences } = options;
  const observation = parseJsonObject(row.text!) as Resource;
  const [key, another] = row.patients;
  if (key === undefined || another !== undefined || !sentStatuses.has(String(observation.status))) return;
  const wanted = audiences.filter((audience) => isWanted(observation, audience));
  if (wanted.length === 0) return;
  const [text] = await patientTexts(tx, [key]);
  if (text === undefined) return;
  const patient = parseJsonObject(text) as Resource;
  for (const audience of wanted) {
    if (!(await access.mayReceive(audience.principal, row))) continue;
    const at = clock.now();
    const message = audience.build({ observation, patient, version: row.version, at });
    if (message === undefined) log.info({ observation: row.id }, 'a measurement cannot be sent as HL7 v2');
    else await queueMessage(tx, message, { now: at, patients: row.patients }, 'mllp');
  }
}

function isWanted(observation: Resource, { categories, ownSystem }: MeasurementAudience): boolean {
  const identifiers = (observation.identifier ?? []) as readonly { readonly system?: string }[];
  if (identifiers.some(({ system }) => system === ownSystem)) return false;
  const concepts = (observation.category ?? []) as readonly {
    readonly coding?: readonly { readonly code?: string }[];
  }[];
  return concepts.some(({ coding = [] }) => coding.some(({ code = '' }) => categories.has(code)));
}
