import type { Queryable } from './pool.js';
import type { ResolvedRows, ResolvedSeries } from './resolved-rows.js';

/** One resource version to be written, with its search rows already in dictionary ids. */
export interface ResourceWrite {
  readonly rid: number;
  readonly type: number;
  readonly typeName: string;
  readonly id: string;
  readonly version: number;
  readonly controller: number;
  readonly patients: readonly number[];
  readonly managed: boolean;
  readonly kind: 'c' | 'u' | 'd';
  /** JSON text; null for a delete. */
  readonly text: string | null;
  readonly rows: ResolvedRows & { readonly series: ResolvedSeries };
  /** Party ids that get this row granted (resource_party). */
  readonly grants: readonly number[];
}

/** The audit row of a write (decision 18); its ids are those of the resources. */
export interface WriteAudit {
  readonly request: string;
  readonly client: string;
  readonly subject: string;
  readonly organisation: string | null;
  readonly action: string;
  readonly detail: string | null;
}

/** Patients of a create as it names them, with what must hold for the short way. */
export interface CreateGuard {
  readonly patientType: number;
  readonly ids: readonly string[];
  readonly systems: readonly number[];
  readonly values: readonly string[];
  /** Parties one of which must have a relation; null = no relation needed. */
  readonly parties: readonly number[] | null;
  /** May the resource concern the follow-up of its patient? */
  readonly feeds: boolean;
}

const searchColumns = [
  ['token', 'param', 'code'],
  ['identifier', 'param', 'system', 'value', 'type'],
  ['date', 'param', 'low', 'high'],
  ['quantity', 'param', 'low', 'high', 'system', 'code', 'canon', 'canonLow', 'canonHigh'],
  ['string', 'param', 'value', 'exact'],
  ['uri', 'param', 'value'],
  ['reference', 'param', 'type', 'id', 'version', 'url', 'system', 'value'],
  ['series', 'code', 'low', 'high', 'value', 'unit', 'component'],
] as const;

const argumentCount = { write: 63, create: 66 };

/** Writes everything in one statement inside the caller's transaction. */
export async function writeResources(tx: Queryable, writes: readonly ResourceWrite[], audit: WriteAudit, now: number): Promise<void> {
  const values = [
    new Date(now),
    writes.map((write) => write.rid),
    writes.map((write) => write.type),
    writes.map((write) => write.id),
    writes.map((write) => write.version),
    writes.map((write) => write.controller),
    writes.map((write) => `{${write.patients.join(',')}}`),
    writes.map((write) => write.managed),
    writes.map((write) => write.text),
    writes.map((write) => write.kind),
    ...rowArguments(writes),
    ...auditArguments(writes, audit),
  ];
  await tx.query({ name: 'hb_write', text: call('hb_write', values.length, argumentCount.write), values });
}

/**
 * A create in one round trip, with its own transaction.
 *
 * @returns `ok`; `forbidden` when no party has a relation to a patient; `long` when nothing was written because the
 *   follow-up module must look at it, or a patient was not found
 */
export async function createResource(db: Queryable, write: ResourceWrite, guard: CreateGuard, audit: WriteAudit, now: number): Promise<'ok' | 'forbidden' | 'long'> {
  const values = [
    guard.patientType,
    guard.ids,
    guard.systems,
    guard.values,
    guard.parties,
    guard.feeds,
    true,
    new Date(now),
    write.rid,
    write.type,
    write.id,
    write.controller,
    write.text,
    ...rowArguments([write]),
    ...auditArguments([write], audit),
  ];
  const { rows } = await db.query({ name: 'hb_create', text: call('hb_create', values.length, argumentCount.create), values });
  return rows[0]!['outcome'] as 'ok' | 'forbidden' | 'long';
}

function rowArguments(writes: readonly ResourceWrite[]): unknown[] {
  const values: unknown[] = [];
  for (const [table, ...columns] of searchColumns) {
    const at: number[] = [];
    const gathered: unknown[][] = columns.map(() => []);
    for (let index = 0; index < writes.length; index++) {
      const rows = writes[index]!.rows[table] as unknown as Record<string, readonly unknown[]>;
      const length = rows[columns[0]]!.length;
      if (length === 0) continue;
      for (let row = 0; row < length; row++) at.push(index + 1);
      columns.forEach((column, place) => {
        for (const value of rows[column]!) gathered[place]!.push(value);
      });
    }
    values.push(at, ...gathered);
  }
  values.push(
    writes.flatMap((write, index) => write.grants.map(() => index + 1)),
    writes.flatMap((write) => write.grants),
  );
  return values;
}

function auditArguments(writes: readonly ResourceWrite[], audit: WriteAudit): unknown[] {
  const types = new Set(writes.map((write) => write.typeName));
  return [
    audit.request,
    audit.client,
    audit.subject,
    audit.organisation,
    audit.action,
    types.size === 1 ? [...types][0] : null,
    writes.map((write) => `${write.typeName}/${write.id}`),
    audit.detail,
  ];
}

function call(name: string, count: number, expected: number): string {
  if (count !== expected) throw new RangeError(`${name} takes ${expected} arguments, not ${count}`);
  const outcome = name === 'hb_create' ? 'as outcome' : '';
  return `select ${name}(${Array.from({ length: count }, (_, index) => `$${index + 1}`).join(', ')}) ${outcome}`;
}
