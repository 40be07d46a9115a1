import type { Queryable } from './pool.js';

/** Notes, in the transaction that writes them, that versions were made by a PATCH: histories say so. */
export async function notePatched(
  tx: Queryable,
  versions: readonly { readonly rid: number; readonly version: number }[],
): Promise<void> {
  if (versions.length === 0) return;
  await tx.query('insert into patched_version (rid, version) select * from unnest($1::bigint[], $2::integer[])', [
    versions.map(({ rid }) => rid),
    versions.map(({ version }) => version),
  ]);
}

/** Condition: the version of the row `alias` (with `rid` and `version`) was made by a PATCH. */
export const patchedSql = (alias: string): string =>
  `exists (select from patched_version m where m.rid = ${alias}.rid and m.version = ${alias}.version)`;
