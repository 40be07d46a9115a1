import type { Change } from '../../../src/fhir/change.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { Failure } from '../../../src/kernel/failure.js';
import type { Ids } from '../../../src/kernel/ids.js';

/** Ids in order, so that expectations can name them. */
export function countingIds(prefix = 'id'): Ids {
  let next = 0;
  return { next: () => `${prefix}${(next += 1)}` };
}

/** A Monday, 09:00 in Oslo. */
export const monday = Date.parse('2026-03-02T08:00:00Z');
export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

export const patient: Resource = {
  resourceType: 'Patient',
  id: 'ola',
  meta: { versionId: '1' },
  generalPractitioner: [
    { identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: '999000102' }, display: 'Kari Testlege' },
  ],
};
export const centre = { reference: 'Organization/centre' };
export const nurse = { reference: 'Practitioner/siri' };

/** The resources of a list of changes; a Failure fails the test with its message. */
export function resources(changes: readonly Change[] | Failure): Resource[] {
  if (changes instanceof Failure) throw changes;
  return changes.map((change) =>
    change.op === 'delete' ? { resourceType: change.type, id: change.id } : change.resource,
  );
}

export function failure(result: unknown): Failure {
  if (result instanceof Failure) return result;
  throw new Failure('fault', 'expected a Failure');
}

/** As the store would give it back: with version n. */
export const stored = (resource: Resource, version = 1): Resource => ({
  ...resource,
  meta: { ...resource.meta, versionId: String(version) },
});

/** The one resource of a type among the changes. */
export function one(all: readonly Resource[], type: string): Resource {
  const found = all.filter((resource) => resource.resourceType === type);
  if (found.length !== 1) throw new Failure('fault', `expected one ${type}, found ${found.length}`);
  return found[0]!;
}
