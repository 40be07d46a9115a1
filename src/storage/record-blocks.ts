import type { RecordBlock } from '../access/record-blocks.js';
import type { Dictionary } from './dictionary.js';
import type { Queryable } from './pool.js';

/** The blocks of a Consent are those of its current version, for each of its patients. */
export async function keepBlocks(
  tx: Queryable,
  { rid, patients }: { readonly rid: number; readonly patients: readonly number[] },
  blocks: readonly RecordBlock[],
  {
    dictionary,
    controller,
    now,
  }: { readonly dictionary: Dictionary; readonly controller: string; readonly now: number },
): Promise<void> {
  await tx.query('delete from record_block where source = $1', [rid]);
  const owner = `org:${controller}`;
  await dictionary.ensure({ parties: [owner, ...blocks.flatMap(({ parties = [] }) => parties)] });
  for (const { parties, types, resources, from, until, absolute } of blocks) {
    await tx.query(
      `insert into record_block (source, patient, party, except_party, types, rid, starts, ends, absolute)
       select $1, p, party, $4, $5, part, $7, $8, $9
       from unnest($2::bigint[]) p cross join unnest($3::integer[]) party
       cross join (select null::bigint as part where $6::text[] is null
         union all select coalesce(r.rid, 0) from unnest($6::text[]) n
           left join resource_type t on t.name = split_part(n, '/', 1) left join resource r on r.type = t.id and r.id = split_part(n, '/', 2)) parts`,
      [
        rid,
        [...patients],
        parties === undefined ? [null] : parties.map((party) => dictionary.partyId(party)!),
        parties === undefined ? dictionary.partyId(owner)! : null,
        types === undefined ? null : types.flatMap((type) => dictionary.typeId(type) ?? []),
        resources === undefined ? null : resources.map(({ type, id }) => `${type}/${id}`),
        new Date(from ?? now),
        until === undefined ? null : new Date(until),
        absolute,
      ],
    );
  }
}

/** Has a patient forbidden one of the parties access even in an emergency? */
export async function isForbidden(
  tx: Queryable,
  patient: number,
  parties: readonly string[],
  now: number,
): Promise<boolean> {
  const { rows } = await tx.query<{ forbidden: boolean }>(
    `with mine as (select id from dict_party where key = any ($2::text[]))
     select exists (select from record_block b where b.patient = $1 and b.absolute and b.types is null and b.rid is null
       and (b.party is null and b.except_party not in (select id from mine) or b.party in (select id from mine))
       and b.starts <= $3 and (b.ends is null or b.ends > $3)) as forbidden`,
    [patient, [...parties], new Date(now)],
  );
  return rows[0]!.forbidden;
}
