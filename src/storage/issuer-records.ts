import type { Queryable } from './pool.js';

/** One kind of record of the embedded token issuer, such as `Session` or `RefreshToken`. */
export interface IssuerRecords {
  /** @param expiresIn seconds; absent: for ever */
  upsert(id: string, payload: IssuerPayload, expiresIn?: number): Promise<void>;
  find(id: string): Promise<IssuerPayload | undefined>;
  findByUid(uid: string): Promise<IssuerPayload | undefined>;
  /** Marks it as used up; its payload then has `consumed`, seconds since 1970. */
  consume(id: string): Promise<void>;
  destroy(id: string): Promise<void>;
  revokeByGrantId(grantId: string): Promise<void>;
}

export interface IssuerPayload {
  readonly [member: string]: unknown;
}

interface Row {
  readonly payload: IssuerPayload;
  readonly consumed: number | null;
}

const columns = 'payload, extract(epoch from consumed)::float8 as consumed';
const alive = '(expires is null or expires > now())';

/** Writes between two sweeps of what has expired. */
const sweepEvery = 500;

/** The records lie in the database, so that every instance knows a session and a restart ends none. */
export function issuerRecords(db: Queryable, kind: string): IssuerRecords {
  let writes = 0;
  const first = async (condition: string, value: string): Promise<IssuerPayload | undefined> => {
    const { rows } = await db.query<Row & Record<string, unknown>>(
      `select ${columns} from issuer_record where kind = $1 and ${condition} and ${alive}`,
      [kind, value],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    return row.consumed === null ? row.payload : { ...row.payload, consumed: Math.floor(row.consumed) };
  };
  return {
    async upsert(id, payload, expiresIn) {
      writes += 1;
      if (writes % sweepEvery === 0) await sweepIssuerRecords(db);
      const { grantId, uid } = payload;
      await db.query(
        `insert into issuer_record (kind, id, payload, grant_id, uid, expires)
         values ($1, $2, $3, $4, $5, now() + $6 * interval '1 second')
         on conflict (kind, id) do update set payload = excluded.payload, grant_id = excluded.grant_id,
           uid = excluded.uid, expires = excluded.expires`,
        [
          kind,
          id,
          JSON.stringify(payload),
          grantId ?? null,
          kind === 'Session' ? (uid ?? null) : null,
          expiresIn ?? null,
        ],
      );
    },
    find: (id) => first('id = $2', id),
    findByUid: (uid) => first('uid = $2', uid),
    async consume(id) {
      await db.query('update issuer_record set consumed = now() where kind = $1 and id = $2', [kind, id]);
    },
    async destroy(id) {
      await db.query('delete from issuer_record where kind = $1 and id = $2', [kind, id]);
    },
    async revokeByGrantId(grantId) {
      await db.query('delete from issuer_record where grant_id = $1', [grantId]);
    },
  };
}

/** Removes what has expired. */
export async function sweepIssuerRecords(db: Queryable): Promise<void> {
  await db.query('delete from issuer_record where expires < now()');
}
