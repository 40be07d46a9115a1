/**
 * Lawful erasure (decision 22): everything that concerns one person alone goes, from every table there is, by one person's request
 * and another's confirmation. The audit log stays, as the law has it: it holds ids, never content.
 */
import { Failure } from '../kernel/failure.js';
import { insertAudit } from './audit.js';
import type { Pool, Queryable } from './pool.js';
import { inTransaction } from './transaction.js';

/** Kept on purpose: the log, what was erased by whom, and events that only number what went. */
const keptTables: ReadonlySet<string> = new Set(['audit', 'audit_patient', 'erasure', 'subscription_event']);

export interface ErasureRequest {
  /** Logical id of the Patient. */
  readonly id: string;
  readonly by: string;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** @returns the number by which another person confirms it. @throws Failure not-found */
export async function askErasure(pool: Pool, { id, by, reason, now }: ErasureRequest): Promise<number> {
  return inTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ rid: number }>(
      "select r.rid from resource r join resource_type t on t.id = r.type where t.name = 'Patient' and r.id = $1",
      [id],
    );
    const [patient] = rows;
    if (patient === undefined) throw new Failure('not-found', 'There is no such Patient.');
    const made = await tx.query<{ number: number }>(
      'insert into erasure (patient, id, reason, asked_by, asked_at) values ($1, $2, $3, $4, $5) returning number',
      [patient.rid, id, reason, by, new Date(now)],
    );
    const { number } = made.rows[0]!;
    await note(tx, {
      action: 'erase asked',
      by,
      id,
      patient: patient.rid,
      detail: `erasure ${number}: ${reason}`,
      now,
    });
    return number;
  });
}

export interface Erased {
  readonly id: string;
  /** Table → rows that went. */
  readonly rows: Readonly<Record<string, number>>;
}

/**
 * @throws Failure not-found; forbidden where the same person asked; conflict while something concerns others too: a person must
 *   take this one out of it first
 */
export async function confirmErasure(
  pool: Pool,
  { number, by, now }: { readonly number: number; readonly by: string; readonly now: number },
): Promise<Erased> {
  return inTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ patient: number; id: string; reason: string; askedBy: string }>(
      'select patient, id, reason, asked_by as "askedBy" from erasure where number = $1 and done_at is null for update',
      [number],
    );
    const [asked] = rows;
    if (asked === undefined) throw new Failure('not-found', 'There is no such erasure that waits to be confirmed.');
    if (asked.askedBy.trim().toLowerCase() === by.trim().toLowerCase())
      throw new Failure('forbidden', 'An erasure is confirmed by another person than the one who asked for it.');
    const { patient, id, reason } = asked;
    await tx.query('select pg_advisory_xact_lock($1)', [patient]);
    await refuseShared(tx, patient);
    const gone = await eraseAll(tx, patient, id);
    await tx.query('update erasure set confirmed_by = $2, done_at = $3 where number = $1', [number, by, new Date(now)]);
    const detail = `erasure ${number}, asked for by ${asked.askedBy}, confirmed by ${by}: ${reason}`;
    await note(tx, { action: 'erase', by, id, patient, detail, now });
    return { id, rows: gone };
  });
}

async function refuseShared(tx: Queryable, patient: number): Promise<void> {
  const { rows } = await tx.query<{ name: string }>(
    `select t.name || '/' || r.id as name from resource r join resource_type t on t.id = r.type
       where r.patients @> array[$1::bigint] and cardinality(r.patients) > 1
     union all select 'message ' || m.id from message m where m.patients @> array[$1::bigint] and cardinality(m.patients) > 1`,
    [patient],
  );
  if (rows.length > 0)
    throw new Failure(
      'conflict',
      `These concern others too; take the person out of them first: ${rows.map(({ name }) => name).join(', ')}.`,
    );
}

async function eraseAll(tx: Queryable, patient: number, id: string): Promise<Record<string, number>> {
  const gone: Record<string, number> = {};
  const count = async (table: string, condition: string, values: unknown[]): Promise<void> => {
    const { rowCount } = await tx.query(`delete from ${table} where ${condition}`, values);
    if (rowCount !== null && rowCount > 0) gone[table] = (gone[table] ?? 0) + rowCount;
  };
  const { rows } = await tx.query<{ rid: number }>(
    'select rid from resource where patients = array[$1::bigint] or rid = $1',
    [patient],
  );
  const rids = rows.map(({ rid }) => rid);
  await tx.query(
    "update subscription_event set outcome = 'w', settled_at = now() where rid = any ($1::bigint[]) and outcome is null",
    [rids],
  );
  // Files of exports that hold the person, whole: they can be made again.
  await count('bulk_job', "id in (select job from bulk_chunk where content like '%' || $1 || '%')", [id]);
  await count('job', "payload ->> 'patient' = $1 or payload::text like '%' || $2 || '%'", [String(patient), id]);
  const messages = 'select id from message where patients = array[$1::bigint]';
  await count('message_delivery', `message in (${messages})`, [patient]);
  await count('message', 'patients = array[$1::bigint]', [patient]);
  // Earlier versions of what named others as well.
  for (const table of ['resource_history', 'change_log'])
    await count(table, 'patients @> array[$1::bigint]', [patient]);
  // Tables that are made later are found as well.
  for (const { table, column } of await tablesWith(tx))
    await count(table, `${column} = any ($1::bigint[])`, [column === 'patient' ? [patient] : rids]);
  return gone;
}

async function tablesWith(
  tx: Queryable,
): Promise<readonly { readonly table: string; readonly column: 'rid' | 'patient' }[]> {
  const { rows } = await tx.query<{ table: string; column: 'rid' | 'patient' }>(
    `select quote_ident(c.table_name) as table, c.column_name as column
     from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.column_name in ('rid', 'patient') and c.data_type = 'bigint'
     order by c.table_name, c.column_name`,
  );
  return rows.filter(({ table }) => !keptTables.has(table));
}

function note(
  tx: Queryable,
  {
    action,
    by,
    id,
    patient,
    detail,
    now,
  }: { action: string; by: string; id: string; patient: number; detail: string; now: number },
): Promise<void> {
  const entry = {
    at: now,
    request: action,
    client: 'hjemmebro-erase',
    subject: by,
    action,
    outcome: 0 as const,
    type: 'Patient',
  };
  return insertAudit(tx, [{ ...entry, ids: [`Patient/${id}`], patients: [patient], detail }]);
}
