import type { LogEntry } from '../access/audit-event.js';
import type { LogPlace } from '../access/log-entry.js';
import type { Queryable } from './pool.js';

/** Which entries of the log; what is absent does not narrow. */
export interface LogFilter {
  /** Milliseconds since 1970, half-open. */
  readonly from?: number;
  readonly until?: number;
  /** Patient keys: entries that concern one of them. */
  readonly patients?: readonly number[];
  readonly actions?: readonly string[];
  readonly exceptActions?: readonly string[];
  readonly outcomes?: readonly number[];
  readonly places?: readonly LogPlace[];
}

/** A place in the order of time. */
export interface LogCursor extends LogPlace {
  readonly at: number;
}

export interface LogPage {
  readonly descending: boolean;
  readonly after?: LogCursor;
  readonly limit: number;
  /** Patient key: of this patient alone it is told which of the ids are theirs. */
  readonly only?: number;
}

export interface FoundEntry extends LogEntry {
  /** The ids that concern the patient of `only` and no other. */
  readonly ownIds: readonly string[];
}

/** Entries in the order of their time. */
export async function logEntries(db: Queryable, filter: LogFilter, page: LogPage): Promise<readonly FoundEntry[]> {
  const values: unknown[] = [];
  const bind = (value: unknown, cast: string): string => `$${values.push(value)}::${cast}`;
  const conditions = conditionsOf(filter, bind);
  const { after, descending, limit, only } = page;
  if (after !== undefined) {
    const place = `(to_timestamp(${bind(after.at, 'double precision')} / 1000), ${bind(after.xid, 'xid8')}, ${bind(after.seq, 'bigint')})`;
    conditions.push(`(a.at, a.xid, a.seq) ${descending ? '<' : '>'} ${place}`);
  }
  const direction = descending ? 'desc' : 'asc';
  const { rows } = await db.query<FoundEntry>(
    `with page as (
       select a.* from ${source(filter, bind)} where ${conditions.join(' and ')}
       order by a.at ${direction}, a.xid ${direction}, a.seq ${direction} limit ${bind(limit, 'bigint')})
     select a.xid::text as xid, a.seq, (extract(epoch from a.at) * 1000)::float8 as at, a.request, a.client, a.subject, a.organisation,
       a.action, a.outcome, a.type, a.ids, a.detail,
       array(select p.id from unnest(a.patients || hb_patients_of(a.ids)) k join resource p on p.rid = k group by p.id order by p.id) as patients,
       ${only === undefined ? "'{}'::text[]" : `array(select i from unnest(a.ids) i where hb_patients_of(array[i]) = array[${bind(only, 'bigint')}])`} as "ownIds",
       (select json_strip_nulls(json_build_object('subject', g.subject, 'name', g.name, 'role', g.role, 'controller', g.controller, 'unit', g.unit,
          'hpr', g.hpr, 'securityLevel', g.security_level, 'purpose', g.purpose)) from audit_agent g where g.key = a.subject) as agent
     from page a order by a.at ${direction}, a.xid ${direction}, a.seq ${direction}`,
    values,
  );
  return rows;
}

export async function countEntries(db: Queryable, filter: LogFilter): Promise<number> {
  const values: unknown[] = [];
  const bind = (value: unknown, cast: string): string => `$${values.push(value)}::${cast}`;
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::float8 as count from ${source(filter, bind)} where ${conditionsOf(filter, bind).join(' and ')}`,
    values,
  );
  return rows[0]!.count;
}

type Bind = (value: unknown, cast: string) => string;

/** By patient: what the sealer has found already, and what it has not come to yet. */
function source({ patients }: LogFilter, bind: Bind): string {
  if (patients === undefined) return 'audit a';
  const keys = bind([...patients], 'bigint[]');
  return `(select xid, seq from audit_patient where patient = any (${keys})
    union select t.xid, t.seq from (select coalesce(max(number), 0) as number from audit_seal) n
      left join audit_seal s on s.number = n.number
      join audit t on (t.xid, t.seq) > (coalesce(s.xid, '0'), coalesce(s.seq, 0))
      where t.patients && ${keys} or hb_patients_of(t.ids) && ${keys}) c join audit a using (xid, seq)`;
}

function conditionsOf(filter: LogFilter, bind: Bind): string[] {
  const found = ['true'];
  const { from, until, actions, exceptActions, outcomes, places } = filter;
  if (from !== undefined) found.push(`a.at >= to_timestamp(${bind(from, 'double precision')} / 1000)`);
  if (until !== undefined) found.push(`a.at < to_timestamp(${bind(until, 'double precision')} / 1000)`);
  if (actions !== undefined) found.push(`a.action = any (${bind([...actions], 'text[]')})`);
  if (exceptActions !== undefined) found.push(`a.action <> all (${bind([...exceptActions], 'text[]')})`);
  if (outcomes !== undefined) found.push(`a.outcome = any (${bind([...outcomes], 'smallint[]')})`);
  if (places !== undefined) {
    const xids = bind(
      places.map(({ xid }) => xid),
      'xid8[]',
    );
    const seqs = bind(
      places.map(({ seq }) => seq),
      'bigint[]',
    );
    found.push(`(a.xid, a.seq) in (select * from unnest(${xids}, ${seqs}))`);
  }
  return found;
}
