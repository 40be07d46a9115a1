import { parseJson } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import { indexResource } from '../interactions/commit/index-resource.js';
import type { Services } from '../interactions/services.js';
import type { Pool, Queryable } from '../storage/pool.js';
import { parameterReady, type ReindexPayload, type StoredParameters } from '../storage/search/stored-parameters.js';
import type { TextIndex } from '../storage/search/text-index.js';
import { inTransaction, sqlState, TryAgain } from '../storage/transaction.js';
import { type ResourceWrite, writeSearchRows } from '../storage/write.js';
import type { JobHandler, SaveRest } from './start-jobs.js';

const perBatch = 100;

export interface ReindexDeps {
  readonly pool: Pool;
  readonly services: Pick<Services, 'dictionary' | 'registry' | 'base'>;
  readonly parameters: StoredParameters;
  readonly texts: TextIndex;
}

interface StoredRow {
  readonly rid: number;
  readonly id: string;
  readonly version: number;
  readonly controller: number;
  readonly patients: readonly number[];
  readonly managed: boolean;
  readonly content: string;
}

/**
 * Makes the search rows of all resources of some types anew, a hundred in a transaction, while others read and write. The
 * resources, their versions and their history stay as they are. Where it was broken off it goes on.
 */
export const reindexJob =
  (deps: ReindexDeps): JobHandler =>
  async (payload, save) => {
    const { types, after, parameter } = payload as ReindexPayload;
    await deps.parameters.refresh();
    for (let at = after?.type ?? 0; at < types.length; at += 1) {
      let rid = at === after?.type ? after.rid : 0;
      while (rid !== -1) rid = await batch({ payload: payload as ReindexPayload, at, rid }, deps, save);
    }
    if (parameter === undefined) return;
    await inTransaction(deps.pool, (tx) => parameterReady(tx, parameter));
    await deps.parameters.refresh();
  };

/** @returns the last rid of the batch, -1 when the type is done */
function batch(
  { payload, at, rid }: { readonly payload: ReindexPayload; readonly at: number; readonly rid: number },
  deps: ReindexDeps,
  save: SaveRest,
): Promise<number> {
  const typeName = payload.types[at]!;
  const type = deps.services.dictionary.typeId(typeName)!;
  return inTransaction(deps.pool, async (tx) => {
    const { rows } = await tx.query<StoredRow>(
      `select rid::float8 as rid, id, version, controller, patients, managed, content from resource
       where type = $1 and rid > $2 and content is not null order by rid limit ${perBatch} for update`,
      [type, rid],
    );
    await index(tx, rows, { type, typeName }, deps);
    const last = rows.at(-1)?.rid ?? rid;
    await save(tx, { ...payload, after: { type: at, rid: last } });
    return rows.length < perBatch ? -1 : last;
  });
}

async function index(
  tx: Queryable,
  rows: readonly StoredRow[],
  { type, typeName }: { readonly type: number; readonly typeName: string },
  deps: ReindexDeps,
): Promise<void> {
  if (rows.length === 0) return;
  const writes: ResourceWrite[] = [];
  for (const row of rows) {
    const { content, ...columns } = row;
    const resource = parseJson(content) as Resource;
    const indexed = await indexResource(resource, deps.services);
    writes.push({ ...columns, type, typeName, kind: 'i', text: null, rows: indexed, grants: [] });
  }
  try {
    await writeSearchRows(tx, writes);
  } catch (error) {
    if (sqlState(error) !== 'HB001') throw error;
    await deps.parameters.refresh();
    throw new TryAgain('the search parameters have changed');
  }
  await deps.texts.store(
    tx,
    rows.map((row) => ({ ...row, type: typeName })),
  );
}
