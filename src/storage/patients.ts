import type { ResourceKey } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import type { Dictionary } from './dictionary.js';
import type { Queryable } from './pool.js';

/** Tables with a row per resource or search value that carry patient keys. */
export const keyedTables = [
  'resource',
  'resource_history',
  'sp_token',
  'sp_identifier',
  'sp_date',
  'sp_quantity',
  'sp_string',
  'sp_uri',
  'sp_reference',
];

export interface NamedPatients {
  readonly ids: readonly string[];
  readonly identifiers: readonly { readonly system: string; readonly value: string }[];
}

/** @property mergedInto logical id of the Patient that this one was merged into; the key is that one's */
export interface NamedPatient {
  readonly key: number;
  readonly controller: number;
  readonly mergedInto?: string;
}

export interface FoundPatients {
  /** Patient keys by logical id. */
  readonly byId: ReadonlyMap<string, NamedPatient>;
  /** Patient keys by `system|value`. */
  readonly byIdentifier: ReadonlyMap<string, { readonly key: number; readonly controller: number }>;
}

/**
 * Finds the patient keys of literal and logical references (decision 3). What is not found is simply not in the maps.
 *
 * @param controller dictionary id of the controller within which an identifier names one patient
 */
export async function findPatients(
  tx: Queryable,
  named: NamedPatients,
  controller: number,
  dictionary: Dictionary,
): Promise<FoundPatients> {
  const byId = new Map<string, NamedPatient>();
  const byIdentifier = new Map<string, { key: number; controller: number }>();
  if (named.ids.length > 0) {
    const { rows } = await tx.query({
      name: 'patients-by-id',
      text: `select coalesce(s.rid, r.rid) as rid, r.id, r.controller, s.id as merged_into from resource r
        left join patient_merge m on m.merged = r.rid left join resource s on s.rid = m.survivor
        where r.type = $1 and r.id = any ($2::text[]) and r.content is not null`,
      values: [dictionary.typeId('Patient'), named.ids],
    });
    for (const row of rows)
      byId.set(row['id'] as string, {
        key: Number(row['rid']),
        controller: row['controller'] as number,
        ...(row['merged_into'] !== null && { mergedInto: row['merged_into'] as string }),
      });
  }
  if (named.identifiers.length > 0) {
    const { rows } = await tx.query({
      name: 'patients-by-identifier',
      text: `select s.url, p.value, p.patient from patient_identifier p join dict_system s on s.id = p.system
        join unnest($1::text[], $2::text[]) x(url, value) on s.url = x.url and p.value = x.value where p.controller = $3`,
      values: [named.identifiers.map((i) => i.system), named.identifiers.map((i) => i.value), controller],
    });
    for (const row of rows)
      byIdentifier.set(`${row['url'] as string}|${row['value'] as string}`, {
        key: Number(row['patient']),
        controller,
      });
  }
  return { byId, byIdentifier };
}

/**
 * Keeps «one active Patient per national identifier and controller».
 *
 * @throws Failure('conflict') when another Patient of the controller has one of the identifiers
 */
export async function keepPatientIdentifiers(
  tx: Queryable,
  patient: {
    readonly rid: number;
    readonly controller: number;
    readonly identifiers: readonly { readonly system: string; readonly value: string }[];
  },
  dictionary: Dictionary,
): Promise<void> {
  await tx.query('delete from patient_identifier where patient = $1', [patient.rid]);
  if (patient.identifiers.length === 0) return;
  const systems = patient.identifiers.map((identifier) => dictionary.systemId(identifier.system));
  const { rows } = await tx.query(
    `insert into patient_identifier (controller, system, value, patient)
     select $1, x.system, x.value, $2 from unnest($3::integer[], $4::text[]) x(system, value)
     on conflict (value, system, controller) do nothing returning 1`,
    [patient.controller, patient.rid, systems, patient.identifiers.map((identifier) => identifier.value)],
  );
  if (rows.length !== new Set(patient.identifiers.map((i) => `${i.system}|${i.value}`)).size) {
    throw new Failure(
      'conflict',
      'Another active Patient has the same national identifier; use that one, or merge the two.',
      {
        expression: 'Patient.identifier',
        code: 'duplicate',
      },
    );
  }
}

/**
 * Ties resources that named this patient before it existed – literally or by identifier – to its key: rows, search rows,
 * history and time series.
 *
 * @returns the resources that were tied
 */
export async function adoptOrphans(
  tx: Queryable,
  patient: {
    readonly rid: number;
    readonly id: string;
    readonly controller: number;
    readonly identifiers: readonly { readonly system: string; readonly value: string }[];
  },
  dictionary: Dictionary,
): Promise<readonly ResourceKey[]> {
  const { rows } = await tx.query(
    `select distinct s.rid, r.type, r.id from sp_reference s join resource r on r.rid = s.rid
     where not ($1 = any (r.patients)) and s.rid <> $1 and r.controller = $6
       and (s.param in (select id from dict_param where code = any ($7::text[])))
       and ((s.target_type = $2 and s.target_id = $3)
         or exists (select from unnest($4::integer[], $5::text[]) x(system, value) where s.identifier_value = x.value and s.identifier_system = x.system))`,
    [
      patient.rid,
      dictionary.typeId('Patient'),
      patient.id,
      patient.identifiers.map((identifier) => dictionary.systemId(identifier.system)),
      patient.identifiers.map((identifier) => identifier.value),
      patient.controller,
      ['subject', 'patient', 'beneficiary', 'individual'],
    ],
  );
  const rids = rows.map((row) => Number(row['rid']));
  if (rids.length === 0) return [];
  for (const table of keyedTables) {
    await tx.query(
      `update ${table} set patients = patients || $1::bigint where rid = any ($2::bigint[]) and not ($1 = any (patients))`,
      [patient.rid, rids],
    );
  }
  await tx.query('update observation_point set patient = $1 where rid = any ($2::bigint[]) and patient = 0', [
    patient.rid,
    rids,
  ]);
  return rows.map((row) => ({ type: dictionary.typeName(row['type'] as number), id: row['id'] as string }));
}
