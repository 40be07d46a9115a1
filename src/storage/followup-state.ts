import type { Queryable } from './pool.js';

/** The engine's state of one patient, as text, with when time itself must be judged next (ms). */
export interface StoredState {
  readonly patient: number;
  readonly state: string;
  readonly nextAt?: number;
}

/** States of the patients that are followed up; absent = not followed up. The caller holds the patient locks. */
export async function readStates(tx: Queryable, patients: readonly number[]): Promise<Map<number, StoredState>> {
  if (patients.length === 0) return new Map();
  const { rows } = await tx.query({
    name: 'followup-states',
    text: 'select patient, state, (extract(epoch from next_at) * 1000)::bigint as next_at from followup_state where patient = any ($1::bigint[])',
    values: [patients],
  });
  return new Map(
    rows.map((row) => [
      Number(row['patient']),
      {
        patient: Number(row['patient']),
        state: row['state'] as string,
        ...(row['next_at'] === null ? {} : { nextAt: Number(row['next_at']) }),
      },
    ]),
  );
}

/** Stores a state under the patient lock. */
export async function writeState(tx: Queryable, state: StoredState, controller: number, now: number): Promise<void> {
  await tx.query({
    name: 'write-followup-state',
    text: `insert into followup_state (patient, controller, state, next_at, updated) values ($1, $2, $3, $4, $5)
      on conflict (patient) do update set state = excluded.state, next_at = excluded.next_at, updated = excluded.updated`,
    values: [
      state.patient,
      controller,
      state.state,
      state.nextAt === undefined ? null : new Date(state.nextAt),
      new Date(now),
    ],
  });
}
