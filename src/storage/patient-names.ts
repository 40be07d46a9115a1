import type { Queryable } from './pool.js';

/**
 * The identifiers of patients, for matching what refers to them logically (decision 3).
 *
 * @param patients patient keys
 * @returns ids of Patient resources by `system|value`
 */
export async function patientNames(db: Queryable, patients: readonly number[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.query<{ url: string; value: string; id: string }>({
    name: 'patient-names',
    text: `select s.url, p.value, r.id from patient_identifier p join dict_system s on s.id = p.system join resource r on r.rid = p.patient
      where p.patient = any ($1::bigint[])`,
    values: [patients],
  });
  return new Map(rows.map(({ url, value, id }) => [`${url}|${value}`, id]));
}
