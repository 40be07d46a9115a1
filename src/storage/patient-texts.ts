import type { Queryable } from './pool.js';

/** JSON texts of Patients that are not deleted, by key. */
export async function patientTexts(db: Queryable, keys: readonly number[]): Promise<readonly string[]> {
  const { rows } = await db.query<{ content: string }>(
    'select content from resource where rid = any ($1::bigint[]) and content is not null order by rid',
    [[...keys]],
  );
  return rows.map(({ content }) => content);
}
