/**
 * The hash chain of the audit log (decision 18): made afterwards, over committed entries in the order of their transactions, by
 * one sealer at a time. Whoever changes, removes or adds an entry in the database breaks it, and cannot mend it without the key.
 */
import { createHmac } from 'node:crypto';
import { type AuditAgent, keyOfAgent } from '../access/audit-agent.js';
import type { Pool, Queryable } from './pool.js';
import { inTransaction } from './transaction.js';

const batch = 5000;
/** Single-integer advisory locks of transactions are patients' and criteria's; this pair is the sealer's. */
const lock = [0x484a_0010, 0] as const;

/**
 * Seals what is complete: entries whose transactions, and all that began before them, have ended.
 *
 * @param key of SECRET_KEY (`auditKey`)
 * @returns how many entries were sealed; as many as fit in a batch: there may be more
 */
export async function sealAudit(
  pool: Pool,
  key: Buffer,
  now: number,
): Promise<{ readonly rows: number; readonly full: boolean }> {
  return inTransaction(pool, async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1, $2)', [...lock]);
    const last = await lastSeal(tx);
    const { rows } = await tx.query<{ rows: number; xid: string; seq: number; digest: Buffer }>(
      `with todo as materialized (
         select * from audit a where (a.xid, a.seq) > ($1::xid8, $2::bigint) and a.xid < pg_snapshot_xmin(pg_current_snapshot())
         order by a.xid, a.seq limit $3),
       found as (
         insert into audit_patient (patient, xid, seq)
         select k, t.xid, t.seq from todo t cross join lateral unnest(t.patients) k
         union
         select k, t.xid, t.seq from todo t cross join lateral unnest(case when t.action in ('read', 'search') and t.patients <> '{}' then '{}' else t.ids end) i
           join resource_type y on y.name = split_part(i, '/', 1)
           join resource r on r.type = y.id and r.id = split_part(i, '/', 2)
           cross join lateral unnest(r.patients) k
         on conflict do nothing)
       select count(*)::integer as rows, (array_agg(xid::text order by xid desc, seq desc))[1] as xid, (array_agg(seq order by xid desc, seq desc))[1] as seq,
         sha256(string_agg(hb_audit_digest(todo), ''::bytea order by xid, seq)) as digest
       from todo`,
      [last.xid, last.seq, batch],
    );
    const found = rows[0]!;
    if (found.rows === 0) return { rows: 0, full: false };
    await tx.query(
      'insert into audit_seal (number, xid, seq, rows, digest, hash, at) values ($1, $2::xid8, $3, $4, $5, $6, $7)',
      [
        last.number + 1,
        found.xid,
        found.seq,
        found.rows,
        found.digest,
        link(key, { ...found, number: last.number + 1, before: last.hash }),
        new Date(now),
      ],
    );
    return { rows: found.rows, full: found.rows === batch };
  });
}

interface Seal {
  readonly number: number;
  readonly xid: string;
  readonly seq: number;
  readonly rows: number;
  readonly digest: Buffer;
  readonly hash: Buffer;
  readonly erased: boolean;
}

const origin = { number: 0, xid: '0', seq: 0, hash: Buffer.alloc(32) };

async function lastSeal(db: Queryable): Promise<Pick<Seal, 'number' | 'xid' | 'seq' | 'hash'>> {
  const { rows } = await db.query<Seal>(
    'select number, xid::text as xid, seq, hash from audit_seal order by number desc limit 1',
  );
  return rows[0] ?? origin;
}

const link = (
  key: Buffer,
  {
    number,
    before,
    digest,
    rows,
    xid,
    seq,
  }: Pick<Seal, 'number' | 'digest' | 'rows' | 'xid' | 'seq'> & { readonly before: Buffer },
): Buffer =>
  createHmac('sha256', key).update(`${number} ${rows} ${xid} ${seq} `).update(before).update(digest).digest();

/** Where the chain and the log disagree. */
export interface AuditProblem {
  readonly seal: number;
  readonly what: 'changed' | 'removed' | 'inserted' | 'chain' | 'agent';
  readonly sentence: string;
}

export interface AuditVerdict {
  readonly seals: number;
  readonly rows: number;
  /** Entries that are not sealed yet. */
  readonly unsealed: number;
  readonly problems: readonly AuditProblem[];
  /** The last link, to be kept elsewhere: with it the loss of the end shows. */
  readonly last: { readonly number: number; readonly hash: string };
}

/**
 * Computes the chain anew.
 *
 * @param keys the key of SECRET_KEY and of its former values
 * @param expected a link that was noted earlier
 */
export async function verifyAudit(
  db: Queryable,
  keys: readonly Buffer[],
  expected?: { readonly number: number; readonly hash: string },
): Promise<AuditVerdict> {
  const problems: AuditProblem[] = [];
  let before: Pick<Seal, 'number' | 'xid' | 'seq' | 'hash'> = origin;
  let counted = 0;
  let met = expected === undefined || expected.number === 0;
  for (;;) {
    const { rows: seals } = await db.query<Seal>(
      'select number, xid::text as xid, seq, rows, digest, hash, erased is not null as erased from audit_seal where number > $1 order by number limit 100',
      [before.number],
    );
    for (const seal of seals) {
      if (seal.number !== before.number + 1)
        problems.push({
          seal: seal.number,
          what: 'removed',
          sentence: `Seals ${before.number + 1} to ${seal.number - 1} are missing.`,
        });
      else if (!keys.some((key) => link(key, { ...seal, before: before.hash }).equals(seal.hash)))
        problems.push({
          seal: seal.number,
          what: 'chain',
          sentence: `Seal ${seal.number} does not follow from the one before it.`,
        });
      const problem = await checkRows(db, before, seal);
      if (problem !== undefined) problems.push(problem);
      counted += seal.rows;
      if (expected?.number === seal.number) {
        met = seal.hash.toString('hex') === expected.hash;
      }
      before = seal;
    }
    if (seals.length < 100) break;
  }
  if (!met)
    problems.push({
      seal: expected!.number,
      what: 'chain',
      sentence: `Seal ${expected!.number} is not the one that was noted, or is gone with what followed it.`,
    });
  problems.push(...(await checkAgents(db)));
  const { rows } = await db.query<{ count: number }>(
    'select count(*)::float8 as count from audit where (xid, seq) > ($1::xid8, $2::bigint)',
    [before.xid, before.seq],
  );
  return {
    seals: before.number,
    rows: counted,
    unsealed: rows[0]!.count,
    problems,
    last: { number: before.number, hash: before.hash.toString('hex') },
  };
}

async function checkRows(
  db: Queryable,
  before: Pick<Seal, 'xid' | 'seq'>,
  seal: Seal,
): Promise<AuditProblem | undefined> {
  const { rows } = await db.query<{ rows: number; digest: Buffer | null; from: Date | null; to: Date | null }>(
    `select count(*)::integer as rows, sha256(string_agg(hb_audit_digest(a), ''::bytea order by a.xid, a.seq)) as digest,
       min(a.at) as from, max(a.at) as to
     from audit a where (a.xid, a.seq) > ($1::xid8, $2::bigint) and (a.xid, a.seq) <= ($3::xid8, $4::bigint)`,
    [before.xid, before.seq, seal.xid, seal.seq],
  );
  const found = rows[0]!;
  if (seal.erased && found.rows === 0) return undefined;
  if (found.rows === seal.rows && found.digest?.equals(seal.digest) === true) return undefined;
  const what = found.rows < seal.rows ? 'removed' : found.rows > seal.rows ? 'inserted' : 'changed';
  const time = found.from === null ? '' : ` (from ${found.from.toISOString()} to ${found.to!.toISOString()})`;
  return {
    seal: seal.number,
    what,
    sentence: `Seal ${seal.number}${time}: ${seal.rows} entries were sealed, ${found.rows} are there; entries were ${what}.`,
  };
}

/** The key of an agent holds a print of all that is said of it. */
async function checkAgents(db: Queryable): Promise<readonly AuditProblem[]> {
  const { rows } = await db.query<AuditAgent & Readonly<Record<string, string | null>>>(
    'select key, subject, name, role, controller, unit, hpr, security_level as "securityLevel", purpose from audit_agent',
  );
  return rows.flatMap(({ key, ...said }) => {
    const given = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null));
    return keyOfAgent(given as unknown as Omit<AuditAgent, 'key'>) === key
      ? []
      : [
          {
            seal: 0,
            what: 'agent' as const,
            sentence: `What is said of the agent ${key.split('#').at(-1)} was changed.`,
          },
        ];
  });
}
