import { rowScope } from '../access/decide.js';
import { isLogEntry } from '../access/log-entry.js';
import { keyOf } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import type { Queryable } from '../storage/pool.js';
import { currentRows, visibleRows } from '../storage/resources.js';
import type { Services } from './services.js';

/** The same services on one connection: what they read is as the transaction on it leaves it. */
export function servicesInside(services: Services, db: Queryable): Services {
  const { planned: _planned, ...rest } = services;
  return {
    ...rest,
    pool: db,
    commit: () =>
      Promise.reject(new Failure('not-allowed', 'This changes something: it cannot be part of a transaction so.')),
    async read(key, principal, entry) {
      if (isLogEntry(key)) return services.read(key, principal, entry);
      const row = (await currentRows(db, [key], services.dictionary, false)).get(keyOf(key));
      const visible =
        row === undefined
          ? undefined
          : await visibleRows(db, [row], rowScope(principal, services.clock.now()), services.dictionary);
      const found = visible?.has(row!.rid) === true ? row : undefined;
      await services.audit(found === undefined ? { ...entry, outcome: 4 } : entry);
      return found;
    },
  };
}
