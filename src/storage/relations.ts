import type { RelationChange } from '../access/relations.js';
import type { Queryable } from './pool.js';

/** The dictionary, as far as relations need it: a new party is committed by itself before it is used (decision 2). */
export interface PartyIds {
  partyId(key: string): number | undefined;
  ensure(entries: { readonly parties: Iterable<string> }): Promise<void>;
}

/** A relation started here and now: source row (by type and id) × its patients × party. Restarts one that had ended. */
const start = `
  insert into relation (party, patient, kind, source, starts, ends)
  select x.party, k, x.kind, s.rid, $5, x.ends
  from unnest($1::integer[], $2::text[], $3::text[], $4::text[], $6::timestamptz[]) x (party, kind, type, id, ends)
  join resource_type t on t.name = x.type
  join resource s on s.type = t.id and s.id = x.id
  cross join unnest(s.patients) k
  on conflict (patient, party, kind, source) do update set ends = excluded.ends, starts = least(relation.starts, excluded.starts)
  where relation.ends is not null`;

/** Ends what still runs; a relation that was to end earlier keeps its end. */
const end = `
  update relation r set ends = x.at
  from unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) x (party, kind, type, id, at)
  join resource_type t on t.name = x.type
  join resource s on s.type = t.id and s.id = x.id
  where r.source = s.rid and (x.party is null or r.party = x.party) and (x.kind is null or r.kind = x.kind)
    and (r.ends is null or r.ends > x.at)`;

/**
 * Applies relation changes inside the transaction of the change, after its rows are written. Ends come before starts, so
 * that a change that ends and starts the same relation leaves it running.
 *
 * @param now milliseconds since 1970
 */
export async function applyRelations(
  tx: Queryable,
  changes: readonly RelationChange[],
  parties: PartyIds,
  now: number,
): Promise<void> {
  await parties.ensure({ parties: changes.flatMap((change) => change.party ?? []) });
  const ends = changes.filter((change) => change.op === 'end');
  if (ends.length > 0) {
    await tx.query(end, [
      ends.map((change) => (change.party === undefined ? null : parties.partyId(change.party))),
      ends.map((change) => change.kind ?? null),
      ends.map((change) => change.source.type),
      ends.map((change) => change.source.id),
      ends.map((change) => new Date(change.at)),
    ]);
  }
  const starts = changes.filter((change) => change.op === 'start');
  if (starts.length > 0) {
    await tx.query(start, [
      starts.map((change) => parties.partyId(change.party)),
      starts.map((change) => change.kind),
      starts.map((change) => change.source.type),
      starts.map((change) => change.source.id),
      new Date(now),
      starts.map((change) => (change.until === undefined ? null : new Date(change.until))),
    ]);
  }
}

/**
 * Has one of the parties a running relation to the patient?
 *
 * @param patient patient key: rid of the Patient
 * @param parties party keys
 * @param now milliseconds since 1970
 */
export async function related(
  tx: Queryable,
  patient: number,
  parties: readonly string[],
  now: number,
): Promise<boolean> {
  const { rows } = await tx.query(
    `select exists (
       select 1 from relation x join dict_party p on p.id = x.party
       where x.patient = $1 and p.key = any ($2::text[]) and x.starts <= $3 and (x.ends is null or x.ends > $3)) as related`,
    [patient, [...parties], new Date(now)],
  );
  return (rows[0] as { related: boolean }).related;
}

/**
 * What `checkWrite` needs to know of patients: for each, whether a running relation exists, and whether the Patient row
 * itself is visible, by relation or by grant.
 */
export async function patientFacts(
  tx: Queryable,
  patients: readonly number[],
  parties: readonly string[],
  now: number,
): Promise<readonly { readonly related: boolean; readonly visible: boolean }[]> {
  if (patients.length === 0) return [];
  const { rows } = await tx.query(
    `with p as (select id from dict_party where key = any ($2::text[])), k as (
       select patient, at, exists (
         select 1 from relation x where x.patient = u.patient and x.party in (select id from p)
           and x.starts <= $3 and (x.ends is null or x.ends > $3)) as related
       from unnest($1::bigint[]) with ordinality u (patient, at))
     select related, related or exists (select 1 from resource_party g where g.rid = k.patient and g.party in (select id from p)) as visible
     from k order by at`,
    [[...patients], [...parties], new Date(now)],
  );
  return rows as { related: boolean; visible: boolean }[];
}

/** After a merge: the relations to one patient are relations to the other (decision 3). */
export async function moveRelations(tx: Queryable, from: number, to: number): Promise<void> {
  await tx.query(
    `insert into relation (party, patient, kind, source, starts, ends)
     select party, $2, kind, source, starts, ends from relation where patient = $1
     on conflict (patient, party, kind, source) do update set
       ends = case when relation.ends is null or excluded.ends is null then null else greatest(relation.ends, excluded.ends) end`,
    [from, to],
  );
  await tx.query('delete from relation where patient = $1', [from]);
}

/** A row is granted to parties one by one; granting twice changes nothing. */
export async function grantRow(tx: Queryable, rid: number, parties: readonly number[]): Promise<void> {
  if (parties.length === 0) return;
  await tx.query('insert into resource_party (rid, party) select $1, unnest($2::integer[]) on conflict do nothing', [
    rid,
    [...parties],
  ]);
}
