import type { Queryable } from './pool.js';

export interface NameRow {
  readonly name: string;
  readonly id: number;
}
export interface CodeRow {
  readonly url: string;
  readonly code: string;
  readonly id: number;
}
export interface ParamRow {
  readonly type: string;
  readonly code: string;
  readonly id: number;
}

export async function loadNames(
  db: Queryable,
  table: string,
  column: string,
  limit = 1_000_000,
): Promise<readonly NameRow[]> {
  const { rows } = await db.query<{ name: string; id: number }>(
    `select ${column} as name, id from ${table} order by id limit $1`,
    [limit],
  );
  return rows;
}

export async function loadCodes(db: Queryable, limit: number): Promise<readonly CodeRow[]> {
  const { rows } = await db.query<{ url: string; code: string; id: number }>(
    'select s.url, c.code, c.id from dict_code c join dict_system s on s.id = c.system order by c.id limit $1',
    [limit],
  );
  return rows;
}

/** @param like a pattern of codes */
export async function loadParams(db: Queryable, like = '%'): Promise<readonly ParamRow[]> {
  const { rows } = await db.query<{ type: string; code: string; id: number }>(
    'select type, code, id from dict_param where code like $1',
    [like],
  );
  return rows;
}

/**
 * Adds the names that are not there and reads all. Those already there are left out of the insert: ON CONFLICT alone would
 * use up an identity value for each. The read is a statement of its own, so that it sees what another server just added.
 */
export async function ensureNames(
  db: Queryable,
  table: string,
  column: string,
  names: readonly string[],
): Promise<readonly NameRow[]> {
  const read = {
    text: `select ${column} as name, id from ${table} where ${column} = any ($1::text[])`,
    values: [names],
  };
  const { rows } = await db.query<{ name: string; id: number }>(read);
  if (rows.length === names.length) return rows;
  const known = new Set(rows.map((row) => row.name));
  await db.query(`insert into ${table} (${column}) select unnest($1::text[]) on conflict do nothing`, [
    sorted(names.filter((name) => !known.has(name))),
  ]);
  return (await db.query<{ name: string; id: number }>(read)).rows;
}

export async function ensureCodes(
  db: Queryable,
  codes: readonly { readonly system: number; readonly url: string; readonly code: string }[],
): Promise<readonly CodeRow[]> {
  const read = async (): Promise<readonly CodeRow[]> => {
    const { rows } = await db.query<{ url: string; code: string; id: number }>(
      `select x.url, x.code, c.id from unnest($1::integer[], $2::text[], $3::text[]) x(system, code, url)
       join dict_code c on c.code = x.code and c.system = x.system`,
      [codes.map((c) => c.system), codes.map((c) => c.code), codes.map((c) => c.url)],
    );
    return rows;
  };
  const found = await read();
  if (found.length === codes.length) return found;
  const known = new Set(found.map((row) => `${row.url}|${row.code}`));
  const added = codes
    .filter((c) => !known.has(`${c.url}|${c.code}`))
    .sort((a, b) => a.system - b.system || (a.code < b.code ? -1 : 1));
  await db.query(
    'insert into dict_code (system, code) select * from unnest($1::integer[], $2::text[]) on conflict do nothing',
    [added.map((c) => c.system), added.map((c) => c.code)],
  );
  return read();
}

export async function ensureParams(
  db: Queryable,
  params: readonly { readonly type: string; readonly code: string }[],
): Promise<readonly ParamRow[]> {
  const read = async (): Promise<readonly ParamRow[]> => {
    const { rows } = await db.query<{ type: string; code: string; id: number }>(
      'select p.type, p.code, p.id from unnest($1::text[], $2::text[]) x(type, code) join dict_param p on p.type = x.type and p.code = x.code',
      [params.map((p) => p.type), params.map((p) => p.code)],
    );
    return rows;
  };
  const found = await read();
  if (found.length === params.length) return found;
  const known = new Set(found.map((row) => `${row.type}.${row.code}`));
  const added = params
    .filter((p) => !known.has(`${p.type}.${p.code}`))
    .sort((a, b) => (`${a.type}.${a.code}` < `${b.type}.${b.code}` ? -1 : 1));
  await db.query(
    'insert into dict_param (type, code) select * from unnest($1::text[], $2::text[]) on conflict do nothing',
    [added.map((p) => p.type), added.map((p) => p.code)],
  );
  return read();
}

/** One order for all, so that two servers that add the same names do not lock each other out. */
const sorted = (names: readonly string[]): readonly string[] => [...names].sort();
