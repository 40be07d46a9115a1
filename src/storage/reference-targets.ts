import type { Dictionary } from './dictionary.js';
import type { Queryable } from './pool.js';

interface Key {
  readonly type: string;
  readonly id: string;
}

/** Which of the resources are not there; those that are stay until the transaction ends. As `Type/id`. */
export async function unknownTargets(
  tx: Queryable,
  keys: readonly Key[],
  dictionary: Dictionary,
): Promise<ReadonlySet<string>> {
  const unknown = new Map(keys.map((key) => [`${key.type}/${key.id}`, key]));
  const asked = [...unknown.values()].filter(({ type }) => dictionary.typeId(type) !== undefined);
  const { rows } = await tx.query<{ type: number; id: string }>({
    name: 'reference-targets',
    text: `select r.type, r.id from unnest($1::smallint[], $2::text[]) x(type, id) join resource r on r.type = x.type and r.id = x.id
      where r.content is not null order by r.type, r.id for key share of r`,
    values: [asked.map(({ type }) => dictionary.typeId(type)), asked.map(({ id }) => id)],
  });
  for (const { type, id } of rows) unknown.delete(`${dictionary.typeName(type)}/${id}`);
  return new Set(unknown.keys());
}

/**
 * The type of a resource that refers to another one, by a reference that a search parameter knows; undefined where none does.
 *
 * @param except rids that do not count
 */
export async function referrerOf(
  tx: Queryable,
  { type, id }: Key,
  except: readonly number[],
  dictionary: Dictionary,
): Promise<string | undefined> {
  const { rows } = await tx.query<{ type: number }>({
    name: 'referrer-of',
    text: `select r.type from sp_reference s join resource r on r.rid = s.rid
      where s.target_type = $1 and s.target_id = $2 and r.content is not null and s.rid <> all ($3::bigint[]) limit 1`,
    values: [dictionary.typeId(type), id, except],
  });
  return rows[0] === undefined ? undefined : dictionary.typeName(rows[0].type);
}
