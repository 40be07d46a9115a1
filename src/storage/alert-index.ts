import type { Queryable } from './pool.js';

/** What the index of alerts holds of one. Times in milliseconds since 1970. */
export interface IndexedAlert {
  readonly patient: number;
  readonly rule: string;
  readonly issue: number;
  readonly task: number | null;
  readonly open: boolean;
  /** Ended because its evidence was withdrawn, and not by a person. */
  readonly cancelled: boolean;
  readonly colour: string | null;
  readonly due: number | null;
  readonly at: number;
}

/**
 * Records an alert as open or not; a second open one of the same patient and rule is refused by the unique index. Its
 * waiting begins anew with a worse colour.
 */
export async function writeAlert(tx: Queryable, alert: IndexedAlert): Promise<void> {
  await tx.query({
    name: 'write-alert',
    text: `insert into followup_alert as a (patient, rule, issue, task, open, colour, since, due, ended, cancelled)
      values ($1, $2, $3, $4, $5, $6, $7, $8, case when $5 then null else $7::timestamptz end, $9)
     on conflict (issue) do update set task = coalesce(excluded.task, a.task), open = excluded.open,
       since = case when a.colour is distinct from excluded.colour then excluded.since else a.since end,
       answered = case when a.colour is distinct from excluded.colour then null else a.answered end,
       colour = excluded.colour, due = coalesce(excluded.due, a.due),
       ended = coalesce(a.ended, excluded.ended), cancelled = excluded.cancelled`,
    values: [
      alert.patient,
      alert.rule,
      alert.issue,
      alert.task,
      alert.open,
      alert.colour,
      new Date(alert.at),
      alert.due === null ? null : new Date(alert.due),
      alert.cancelled,
    ],
  });
}

/** Somebody has taken an alert: the first time counts. */
export async function answerAlert(tx: Queryable, task: number, at: number): Promise<void> {
  await tx.query({
    name: 'answer-alert',
    text: 'update followup_alert set answered = $2 where task = $1 and open and answered is null',
    values: [task, new Date(at)],
  });
}

/** How alerts of one colour were answered; minutes. */
export interface ResponseTimes {
  readonly colour: string;
  readonly alerts: number;
  readonly answered: number;
  readonly closed: number;
  /** Answered by their deadline, of those that had one and whose deadline is over or that were answered. */
  readonly withinDeadline: number;
  readonly withDeadline: number;
  readonly medianToAnswer?: number;
  readonly ninetiethToAnswer?: number;
  readonly medianToClose?: number;
}

/**
 * Alerts that reached their colour in `[from, to)`, by colour. Cancelled ones had no cause and are left out.
 *
 * @param span.controller organisation whose data it is, dictionary id
 */
export async function responseTimes(
  db: Queryable,
  span: { readonly from: number; readonly to: number; readonly now: number; readonly controller: number },
): Promise<readonly ResponseTimes[]> {
  const { rows } = await db.query<Record<string, number | string | null>>({
    name: 'response-times',
    text: `with alert as (
        select a.colour, a.since, a.due, coalesce(a.answered, a.ended) as answered, a.ended
        from followup_alert a join resource r on r.rid = a.issue
        where a.since >= $1 and a.since < $2 and not a.cancelled and a.colour is not null and r.controller = $4)
      select colour, count(*)::int as alerts, count(answered)::int as answered, count(ended)::int as closed,
        count(*) filter (where answered <= due)::int as within,
        count(*) filter (where due is not null and (answered is not null or due <= $3))::int as with_due,
        percentile_cont(0.5) within group (order by extract(epoch from answered - since)::float8 / 60) as median,
        percentile_cont(0.9) within group (order by extract(epoch from answered - since)::float8 / 60) as ninetieth,
        percentile_cont(0.5) within group (order by extract(epoch from ended - since)::float8 / 60) as median_close
      from alert group by colour order by colour`,
    values: [new Date(span.from), new Date(span.to), new Date(span.now), span.controller],
  });
  const minutes = (value: number | string | null | undefined): number | undefined =>
    value === null || value === undefined ? undefined : Math.round(Number(value) * 10) / 10;
  return rows.map((row) => {
    const times = {
      medianToAnswer: minutes(row['median']),
      ninetiethToAnswer: minutes(row['ninetieth']),
      medianToClose: minutes(row['median_close']),
    };
    return {
      colour: String(row['colour']),
      alerts: Number(row['alerts']),
      answered: Number(row['answered']),
      closed: Number(row['closed']),
      withinDeadline: Number(row['within']),
      withDeadline: Number(row['with_due']),
      ...Object.fromEntries(Object.entries(times).filter(([, value]) => value !== undefined)),
    };
  });
}

/**
 * Of these patients (logical ids) those without any measurement since then.
 *
 * @param since milliseconds since 1970
 */
export async function silentPatients(
  db: Queryable,
  of: { readonly patients: readonly string[]; readonly patientType: number; readonly since: number },
): Promise<readonly { readonly id: string; readonly last?: number }[]> {
  if (of.patients.length === 0) return [];
  const { rows } = await db.query<{ id: string; last: number | null }>({
    name: 'silent-patients',
    text: `select p.id, (select max(o.low)::float8 from observation_point o where o.patient = p.rid) as last
      from resource p where p.type = $1 and p.id = any ($2::text[])
        and not exists (select from observation_point o where o.patient = p.rid and o.low >= $3)
      order by last nulls first, p.id`,
    values: [of.patientType, of.patients, of.since],
  });
  return rows.map(({ id, last }) => ({ id, ...(last === null ? {} : { last }) }));
}
