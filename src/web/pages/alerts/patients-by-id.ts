import type { FhirClient } from '../fhir/client.js';
import type { Patient } from '../fhir/types.js';

/** The patients of a list that names them by id only; one who may not be seen is not among them. */
export async function patientsById(fhir: FhirClient, ids: readonly string[]): Promise<ReadonlyMap<string, Patient>> {
  const found = ids.length === 0 ? [] : await fhir.search<Patient>('Patient', { _id: ids.join(','), _count: 1000 });
  return new Map(found.map((patient) => [patient.id, patient]));
}
