import { withoutAddresses } from '../access/protected-address.js';
import { parseJson, stringifyJson } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import type { Queryable } from './pool.js';

/** What is kept apart of the resource as it is, sealed. An empty text: nothing any more. */
export async function readHidden(db: Queryable, rid: number): Promise<string | undefined> {
  const { rows } = await db.query<{ sealed: string }>(
    'select sealed from hidden_element where rid = $1 order by version desc limit 1',
    [rid],
  );
  return rows[0]?.sealed === '' ? undefined : rows[0]?.sealed;
}

export async function writeHidden(tx: Queryable, rid: number, version: number, sealed: string): Promise<void> {
  await tx.query(
    'insert into hidden_element (rid, version, sealed) values ($1, $2, $3) on conflict (rid, version) do update set sealed = excluded.sealed',
    [rid, version, sealed],
  );
}

/** An address that becomes protected goes out of the earlier versions too. */
export async function hideInHistory(tx: Queryable, rid: number): Promise<void> {
  const { rows } = await tx.query<{ version: number; content: string }>(
    'select version, content from resource_history where rid = $1 and content is not null',
    [rid],
  );
  for (const { version, content } of rows)
    await tx.query('update resource_history set content = $3 where rid = $1 and version = $2', [
      rid,
      version,
      stringifyJson(withoutAddresses(parseJson(content) as Resource)),
    ]);
}
