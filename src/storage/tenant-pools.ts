import { type Connection, openPool, type Pool, type PoolOptions } from './pool.js';

/** Connections that see the rows of some data controllers and of none, whatever a statement forgets. */
export interface TenantPool {
  readonly pool: Pool;
  /** Plans statements once, as `Database.planned`. */
  readonly planned: Pool;
}

export interface TenantPools {
  /** @param controllers dictionary ids; the shared one is always among them */
  of(controllers: readonly number[]): TenantPool;
  stop(): Promise<void>;
}

/** The role of migration 0072. */
const role = 'hjemmebro_request';
/** Connections of all but the first set: a server answers for one municipality, and for others seldom. */
const few = 4;

/**
 * Row-level security without a round trip: the role and the controllers are settings that a connection is opened with.
 *
 * @returns undefined where the database user may not take the role; then the conditions of the queries stand alone
 */
export async function tenantPools(
  db: Pool,
  connection: Connection | string,
  options: PoolOptions,
): Promise<TenantPools | undefined> {
  const { rows } = await db.query(
    "select from pg_roles where rolname = $1 and pg_has_role(current_user, oid, 'set') and exists (select from pg_policies where policyname = 'controllers')",
    [role],
  );
  if (rows.length === 0) return undefined;
  const open = new Map<string, TenantPool>();
  return {
    of(controllers) {
      const list = `{${[...new Set(controllers)].sort((a, b) => a - b).join(',')}}`;
      let found = open.get(list);
      if (found === undefined) {
        const size = open.size === 0 ? options.size : few;
        const settings = { role, 'hjemmebro.controllers': list };
        const own = { ...options, settings, ...(size === undefined ? {} : { size }) };
        found = {
          pool: openPool(connection, own),
          planned: openPool(connection, { ...own, size: few, plannedOnce: true, varcharAsBytes: true }),
        };
        open.set(list, found);
      }
      return found;
    },
    async stop() {
      await Promise.allSettled([...open.values()].flatMap(({ pool, planned }) => [pool.end(), planned.end()]));
    },
  };
}
