// Two Patients are one person: decision 3. Everything about one is about the other, in the transaction of the merge.
import type { ResourceKey } from '../fhir/resource.js';
import { keyedTables } from './patients.js';
import type { Queryable } from './pool.js';

/** Current resources that name a Patient literally, except the Patient itself. */
export async function resourcesNaming(
  tx: Queryable,
  patient: { readonly type: number; readonly id: string },
): Promise<readonly { readonly content: string }[]> {
  const { rows } = await tx.query<{ content: string }>(
    `select r.content from resource r where r.content is not null and r.rid in
       (select s.rid from sp_reference s where s.target_type = $1 and s.target_id = $2) and not (r.type = $1 and r.id = $2) order by r.rid`,
    [patient.type, patient.id],
  );
  return rows;
}

export interface Merge {
  /** Logical ids of the two Patients; `from` is left inactive. */
  readonly from: string;
  readonly to: string;
  /** Further resources that may carry the key and have no search row that says so (Binary). */
  readonly also: readonly ResourceKey[];
}

/** Patient keys of the two. */
export interface MergedKeys {
  readonly from: number;
  readonly to: number;
}

/**
 * Moves the keys, the series, the alerts, the messages, the waiting work and the relations of one patient to another. What
 * named the one literally has been written anew before; this is for what only carries its key: logical references, what
 * inherits its patient, older versions, and the follow-up module's own tables but the engine's state.
 */
export async function movePatientKeys(tx: Queryable, { from, to, also }: Merge): Promise<MergedKeys> {
  const { rows } = await tx.query<{ rid: string; id: string }>(
    `select r.rid, r.id from resource r join resource_type t on t.id = r.type where t.name = 'Patient' and r.id = any ($1::text[])`,
    [[from, to]],
  );
  const keyOf = (id: string): number => Number(rows.find((row) => row.id === id)!.rid);
  const keys = { from: keyOf(from), to: keyOf(to) };
  const rids = await ridsOf(tx, keys, from, also);
  for (const table of keyedTables)
    await tx.query(
      `update ${table} set patients = array(select distinct case when k = $1 then $2::bigint else k end as key from unnest(patients) k order by key)
       where rid = any ($3::bigint[]) and $1 = any (patients)`,
      [keys.from, keys.to, rids],
    );
  await tx.query('update observation_point set patient = $2 where patient = $1', [keys.from, keys.to]);
  await tx.query('update followup_alert set patient = $2 where patient = $1', [keys.from, keys.to]);
  await tx.query(
    `update job set payload = jsonb_set(payload, '{patient}', to_jsonb($2::bigint)) where done_at is null and payload->>'patient' = $1::text`,
    [keys.from, keys.to],
  );
  // Earlier merges into the one that goes now lead on.
  await tx.query('update patient_merge set survivor = $2 where survivor = $1', [keys.from, keys.to]);
  await tx.query(
    'insert into patient_merge (merged, survivor) values ($1, $2) on conflict (merged) do update set survivor = excluded.survivor',
    [keys.from, keys.to],
  );
  return keys;
}

/** What may carry the key: what names either Patient, what refers to that, and what was given. */
async function ridsOf(
  tx: Queryable,
  keys: MergedKeys,
  from: string,
  also: readonly ResourceKey[],
): Promise<readonly number[]> {
  const { rows } = await tx.query<{ rid: string }>(
    `with patient as (select r.rid, r.id, r.type from resource r where r.rid = any ($1::bigint[])),
     named as (
       select s.rid from sp_reference s join patient p on s.target_id = p.id and s.target_type = p.type
       union select s.rid from sp_reference s join patient_identifier i on i.patient = $2 and s.identifier_value = i.value and s.identifier_system = i.system
       union select p.rid from patient p where p.id = $3
     ), referring as (
       select s.rid from named n join resource r on r.rid = n.rid join sp_reference s on s.target_id = r.id and s.target_type = r.type
     )
     select rid from named union select rid from referring
     union select r.rid from unnest($4::text[], $5::text[]) x(type, id) join resource_type t on t.name = x.type join resource r on r.type = t.id and r.id = x.id`,
    [[keys.from, keys.to], keys.to, from, also.map(({ type }) => type), also.map(({ id }) => id)],
  );
  return rows.map(({ rid }) => Number(rid));
}
