import type { Principal } from '../access/principal.js';
import type { Clock } from '../kernel/clock.js';
import type { Services } from '../interactions/services.js';
import { engineDownOp, project } from '../followup/projection/project.js';
import type { Check, Health } from '../observability/health.js';
import { startTicker } from '../jobs/start-ticker.js';
import { type Pulse, startPulse, type Standstill, writeStandstill } from '../storage/heartbeat.js';
import type { Pool } from '../storage/pool.js';
import type { Session } from '../storage/session.js';

export interface TimerParts {
  readonly services: Services;
  readonly pool: Pool;
  readonly session: Session;
  readonly by: Principal;
  readonly health: Health;
  /** For the metrics. */
  readonly onStandstill: (part: string) => void;
}

export interface FollowUpTimers {
  /** Monitoring stood still and has recovered: an alert for the centre (decision 11). */
  engineDown(standstill: Standstill): Promise<void>;
  stop(): Promise<void>;
}

const standstillMs = 5 * 60_000;

/** Fails when a part that must never stand still has not come round for 5 minutes. */
export const standstillCheck =
  (pulse: Pick<Pulse, 'last'>, clock: Clock): Check =>
  () => {
    const last = pulse.last();
    return last === undefined || clock.now() - last <= standstillMs
      ? { ok: true }
      : { ok: false, detail: 'stands still' };
  };

/** Time passes for the patients, and what failed is tried again. */
export function startFollowUpTimers({ services, pool, session, by, health, onStandstill }: TimerParts): FollowUpTimers {
  const { clock, log, commit } = services;
  const engineDown = async (standstill: Standstill): Promise<void> => {
    log.error({ ...standstill }, 'monitoring stood still');
    onStandstill(standstill.part);
    await writeStandstill(pool, standstill);
    await commit({ action: 'engine-down', decide: () => engineDownChanges(standstill, services, by) }, by, 'timers');
  };
  const pulse = startPulse({ pool, clock, part: 'ticker', standstillMs, onRecovery: engineDown });
  const ticker = startTicker({
    pool,
    session,
    clock,
    log,
    pulse,
    judgeTime: async (patient) => void (await commit({ action: 'time', judgeTime: [patient] }, by, 'timers')),
  });
  health.register('timers', standstillCheck(pulse, clock));
  return {
    engineDown,
    stop: () => ticker.stop(),
  };
}

/** The resources that the engine failed on are judged as if they had just come. Throws when it fails again: then later. */
export async function reEvaluate(payload: unknown, { commit }: Services, by: Principal): Promise<void> {
  const { patient, resources } = payload as { patient: number; resources: readonly string[] };
  const reconsider = resources.flatMap((reference) => {
    const [type, id] = reference.split('/');
    return type === undefined || id === undefined ? [] : [{ type, id }];
  });
  await commit({ action: 're-evaluate', reconsider, judgeTime: [patient] }, by, 'jobs');
}

/** One alert without a patient, for the whole centre. */
function engineDownChanges(standstill: Standstill, services: Services, by: Principal) {
  const minutes = Math.round((standstill.to - standstill.from) / 60_000);
  const words = `Overvåkingen (${standstill.part}) sto stille i ${minutes} minutter og er i gang igjen. Se etter målinger og frister i den tiden.`;
  return project([engineDownOp({ from: standstill.from, to: standstill.to, words }, undefined)], {
    patient: {},
    patientId: 'all',
    openAlerts: new Map(),
    openTasks: [],
    flags: [],
    owner: { type: 'Organization', identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.101', value: by.controller } },
    monitored: false,
    redResponse: 0,
    now: services.clock.now(),
    ids: services.ids,
  });
}
