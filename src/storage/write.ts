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
  /** c(reate), u(pdate), d(elete); i(ndex): search rows only. */
  readonly kind: 'c' | 'u' | 'd' | 'i';
  /** JSON text; null for a delete. */
  readonly text: string | null;
  readonly rows: ResolvedRows & {
    readonly series: ResolvedSeries;
    /** The state of the search parameters that the rows were made by; absent: whatever it is. */
    readonly generation?: number;
  };
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

/** A create that needs no more than its own rows: with the patients it names and what must hold for the short way. */
export interface SimpleCreate {
  readonly write: ResourceWrite;
  /** Milliseconds since 1970: as the text says. */
  readonly updated: number;
  /** Ids of Patients. */
  readonly ids: readonly string[];
  readonly identifiers: readonly { readonly system: number; readonly value: string }[];
  /** Parties one of which must have a relation to each patient; null = no relation needed. */
  readonly parties: readonly number[] | null;
  /** May the resource concern the follow-up of its patient? */
  readonly feeds: boolean;
  readonly audit: Pick<WriteAudit, 'request' | 'client' | 'subject' | 'organisation'>;
}

/** `long`: nothing was written because the follow-up module must look at it, or a patient was not found. */
export type CreateOutcome = 'ok' | 'forbidden' | 'long';

const searchColumns = [
  ['token', 'param', 'code', 'element'],
  ['identifier', 'param', 'system', 'value', 'type', 'element'],
  ['date', 'param', 'low', 'high'],
  ['quantity', 'param', 'low', 'high', 'system', 'code', 'canon', 'canonLow', 'canonHigh', 'unit', 'element'],
  ['string', 'param', 'value', 'exact', 'element'],
  ['uri', 'param', 'value'],
  ['reference', 'param', 'type', 'id', 'version', 'url', 'system', 'value', 'element'],
  ['position', 'param', 'latitude', 'longitude'],
  ['series', 'code', 'low', 'high', 'value', 'unit', 'component'],
] as const;

const argumentCount = { hb_write: 74, hb_create: 75, hb_rows: 66 };

/** Writes everything in one statement inside the caller's transaction. */
export async function writeResources(
  tx: Queryable,
  writes: readonly ResourceWrite[],
  audit: WriteAudit,
  now: number,
): Promise<void> {
  const values = [...resourceArguments(writes, now), ...rowArguments(writes), ...auditArguments(writes, audit)];
  await tx.query({ name: 'hb_write', text: call('hb_write', values.length), values });
}

/** Replaces the search rows of resources that stay as they are. */
export async function writeSearchRows(tx: Queryable, writes: readonly ResourceWrite[]): Promise<void> {
  const values = [...resourceArguments(writes, 0), ...rowArguments(writes)];
  await tx.query({ name: 'hb_rows', text: call('hb_rows', values.length), values });
}

const resourceArguments = (writes: readonly ResourceWrite[], now: number): unknown[] => [
  writes.map(() => new Date(now)),
  writes.map((write) => write.rid),
  writes.map((write) => write.type),
  writes.map((write) => write.id),
  writes.map((write) => write.version),
  writes.map((write) => write.controller),
  writes.map((write) => `{${write.patients.join(',')}}`),
  writes.map((write) => write.managed),
  writes.map((write) => write.text),
  writes.map((write) => write.kind),
];

/** One statement writes rows of one state: a batch that holds several is made by none (and tried one by one). */
function generationOf(writes: readonly ResourceWrite[]): number | null {
  const all = new Set(writes.flatMap(({ rows }) => rows.generation ?? []));
  return all.size > 1 ? -1 : ([...all][0] ?? null);
}

/** Creates in one round trip and one transaction, each with an outcome of its own. Where it fails, none is written. */
export async function createResources(
  db: Queryable,
  patientType: number,
  creates: readonly SimpleCreate[],
): Promise<readonly CreateOutcome[]> {
  const writes = creates.map((create) => create.write);
  const [ids, identifiers] = [
    placed(creates.map((create) => create.ids)),
    placed(creates.map((create) => create.identifiers)),
  ];
  const values = [
    patientType,
    ids.at,
    ids.items,
    identifiers.at,
    identifiers.items.map((identifier) => identifier.system),
    identifiers.items.map((identifier) => identifier.value),
    creates.map(({ parties }) => (parties === null ? null : `{${parties.join(',')}}`)),
    creates.map((create) => create.feeds),
    creates.map((create) => new Date(create.updated)),
    writes.map((write) => write.rid),
    writes.map((write) => write.type),
    writes.map((write) => write.id),
    writes.map((write) => write.controller),
    writes.map((write) => write.text),
    ...rowArguments(writes),
    creates.map(({ audit }) => audit.request),
    creates.map(({ audit }) => audit.client),
    creates.map(({ audit }) => audit.subject),
    creates.map(({ audit }) => audit.organisation),
    writes.map((write) => write.typeName),
  ];
  const { rows } = await db.query<{ outcome: CreateOutcome[] }>({
    name: 'hb_create',
    text: call('hb_create', values.length),
    values,
  });
  return rows[0]!.outcome;
}

/** Lists put together, each item with the 1-based place of its list. */
function placed<T>(lists: readonly (readonly T[])[]): { readonly at: number[]; readonly items: T[] } {
  return { at: lists.flatMap((list, index) => list.map(() => index + 1)), items: lists.flat() };
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
  const grants = placed(writes.map((write) => write.grants));
  values.push(grants.at, grants.items, generationOf(writes));
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

const calls = new Map<string, string>();

function call(name: keyof typeof argumentCount, count: number): string {
  if (count !== argumentCount[name])
    throw new RangeError(`${name} takes ${argumentCount[name]} arguments, not ${count}`);
  let text = calls.get(name);
  if (text === undefined) {
    text = `select ${name}(${Array.from({ length: count }, (_, index) => `$${index + 1}`).join(', ')}) as outcome`;
    calls.set(name, text);
  }
  return text;
}
