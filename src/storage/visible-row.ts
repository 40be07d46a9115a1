import type { RowScope } from '../access/row-scope.js';
import type { Queryable } from './pool.js';
import { type ScopeDictionary, scopeCondition } from './scope-condition.js';

/** A version of a resource, as access judges it. */
export interface JudgedRow {
  readonly type: string;
  readonly rid: number;
  /** Dictionary id of the data controller. */
  readonly controller: number;
  readonly patients: readonly number[];
}

/** May the caller see this row now? The same condition as in every query, for one row that is known already. */
export async function isVisible(
  db: Queryable,
  row: JudgedRow,
  scope: RowScope,
  dictionary: ScopeDictionary,
): Promise<boolean> {
  const values: unknown[] = [row.rid, row.controller, row.patients];
  const condition = scopeCondition('v', row.type, scope, values, dictionary);
  if (condition === 'false') return false;
  const { rows } = await db.query<{ visible: boolean }>(
    `select exists (select from (select $1::bigint as rid, $2::integer as controller, $3::bigint[] as patients) v where ${condition}) as visible`,
    values,
  );
  return rows[0]!.visible;
}
