import type { Queryable } from './pool.js';

/** The sealed secrets of a Subscription at a version; those of the version before where it has none of its own. */
export async function readSecrets(db: Queryable, rid: number, version: number): Promise<string | undefined> {
  const { rows } = await db.query<{ sealed: string }>({
    name: 'subscription-secrets',
    text: 'select sealed from subscription_secret where rid = $1 and version <= $2 order by version desc limit 1',
    values: [rid, version],
  });
  return rows[0]?.sealed;
}

/** Keeps the secrets of a version, in its transaction. Those of versions that delivery has left behind go. */
export async function writeSecrets(tx: Queryable, rid: number, version: number, sealed: string): Promise<void> {
  await tx.query(
    `delete from subscription_secret x using subscription_state s
     where x.rid = $1 and s.rid = x.rid and exists (
       select from subscription_secret later where later.rid = x.rid and later.version > x.version and later.version <= s.version)`,
    [rid],
  );
  await tx.query('insert into subscription_secret (rid, version, sealed) values ($1, $2, $3)', [rid, version, sealed]);
}
