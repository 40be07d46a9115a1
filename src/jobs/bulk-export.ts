// https://hl7.org/fhir/uv/bulkdata/export.html
import { rowScope } from '../access/decide.js';
import type { Principal } from '../access/principal.js';
import { stringifyJson } from '../fhir/json.js';
import { Failure } from '../kernel/failure.js';
import type { ExportRequest } from '../interactions/export-request.js';
import type { Services } from '../interactions/services.js';
import { shown } from '../interactions/shown.js';
import { subsetter } from '../interactions/subset.js';
import { parseSearch } from '../search/parse/parse-search.js';
import { parseQuery } from '../search/parse/query-pairs.js';
import {
  addBulkFile,
  appendToBulkFile,
  beginExport,
  finishBulkJob,
  noteProgress,
  readBulkJob,
} from '../storage/bulk-jobs.js';
import { oldestTransaction } from '../storage/log-history.js';
import type { Pool, Queryable } from '../storage/pool.js';
import { exportRows, type ExportQuery, type ExportRow } from '../storage/search/export-rows.js';
import { withNarrowings } from '../storage/search/prepare-narrowing.js';
import { withSnapshot } from '../storage/snapshot.js';
import { provenanceOf } from './exported-provenance.js';

const rowsAtOnce = 500;
/** Resources in one file. */
const longestFile = 50_000;
/** Milliseconds that a create may wait for others before its transaction begins. */
const margin = 5000;

/** The one who asked has cancelled it. */
class Cancelled extends Error {}

/**
 * Writes the files of an export. All of it is read from one snapshot, so that what belongs together is together. An export that
 * was interrupted begins anew; one that was cancelled stops.
 */
export async function bulkExport(payload: unknown, services: Services, pool: Pool): Promise<void> {
  const { id } = payload as { readonly id: string };
  const job = await readBulkJob(pool, id);
  if (job === undefined || job.state === 'done' || job.state === 'failed') return;
  const asked = job.request as ExportRequest;
  const by = await withNarrowings(job.principal as Principal, pool, services);
  try {
    await withSnapshot(pool, async (snapshot) => {
      // What was under way when the snapshot was taken is not in it: whoever goes on from this time gets it then.
      const transactionTime = services.clock.now() - (await oldestTransaction(pool)) - margin;
      if (!(await beginExport(pool, id, transactionTime))) throw new Cancelled();
      const writer = new FileWriter(pool, id);
      const associated: Exporting['associated'] = new Map();
      for (const type of asked.types) {
        await exportType(type, { asked, by, services, snapshot, writer, associated });
        if (!(await noteProgress(pool, id, { progress: `${type}: ${writer.written} resources so far` })))
          throw new Cancelled();
      }
      const beside = [...associated.values()].filter((text) => text !== undefined);
      for (let at = 0; at < beside.length; at += rowsAtOnce)
        await writer.write('output', 'Provenance', beside.slice(at, at + rowsAtOnce));
    });
    await finishBulkJob(pool, id, services.clock.now());
  } catch (error) {
    if (error instanceof Cancelled) return;
    if (!(error instanceof Failure) || error.category === 'busy' || error.category === 'fault') throw error;
    await finishBulkJob(pool, id, services.clock.now(), error.message);
  }
}

interface Exporting {
  readonly asked: ExportRequest;
  readonly by: Principal;
  readonly services: Services;
  readonly snapshot: Queryable;
  readonly writer: FileWriter;
  /** Provenance to be added at the end, by rid; undefined: it is among the files already. */
  readonly associated: Map<number, string | undefined>;
}

async function exportType(
  type: string,
  { asked, by, services, snapshot, writer, associated }: Exporting,
): Promise<void> {
  const scope = rowScope(by, services.clock.now());
  const filters = asked.filters
    .filter((filter) => filter.type === type)
    .map(
      ({ query }) =>
        parseSearch(type, parseQuery(query), services.registry, { strict: true, base: services.base }).conditions,
    );
  const query: Omit<ExportQuery, 'after'> = {
    type,
    filters,
    limit: rowsAtOnce,
    ...(asked.since !== undefined && { since: asked.since }),
    ...(asked.patients !== undefined && { patients: asked.patients }),
  };
  const elements = asked.elements.filter((one) => one.type === undefined || one.type === type).map(({ name }) => name);
  const part = subsetter({ summary: 'false', elements }, services.definitions);
  const each = async (
    one: Omit<ExportQuery, 'after'>,
    kind: 'output' | 'deleted',
    line: (row: ExportRow) => string,
    beside?: (rows: readonly ExportRow[]) => Promise<void>,
  ): Promise<void> => {
    for (let after = 0; ; ) {
      const rows = await exportRows(snapshot, { ...one, after }, scope, services);
      if (rows.length > 0) await writer.write(kind, kind === 'deleted' ? 'Bundle' : type, rows.map(line));
      await beside?.(rows);
      if (rows.length < rowsAtOnce) return;
      after = rows.at(-1)!.rid;
    }
  };
  const { provenance } = asked;
  const beside = async (rows: readonly ExportRow[]): Promise<void> => {
    if (provenance === undefined || rows.length === 0) return;
    if (type === 'Provenance') for (const { rid } of rows) associated.set(rid, undefined);
    else {
      const ids = rows.map(({ id }) => id);
      for (const [rid, text] of await provenanceOf(type, ids, provenance, { snapshot, scope, services }))
        if (!associated.has(rid)) associated.set(rid, text);
    }
  };
  await each(query, 'output', (row) => part(shown(type, row.text)), beside);
  // What is deleted has no search rows any more, so no filter is asked.
  if (asked.since !== undefined)
    await each({ ...query, filters: [], deleted: true }, 'deleted', ({ id }) => deletion(`${type}/${id}`));
}

/** https://hl7.org/fhir/uv/bulkdata/export.html#response---complete-status – `deleted` */
const deletion = (url: string): string =>
  stringifyJson({ resourceType: 'Bundle', type: 'transaction', entry: [{ request: { method: 'DELETE', url } }] });

/** Files one after the other; a new one for another type, or when one is long enough. */
class FileWriter {
  written = 0;
  private number = 0;
  private chunk = 0;
  private lines = 0;
  private name = '';

  constructor(
    private readonly db: Queryable,
    private readonly job: string,
  ) {}

  async write(kind: 'output' | 'deleted', type: string, lines: readonly string[]): Promise<void> {
    if (this.name !== `${kind} ${type}` || this.lines >= longestFile) {
      this.name = `${kind} ${type}`;
      this.number += 1;
      this.chunk = 0;
      this.lines = 0;
      await addBulkFile(this.db, this.job, { number: this.number, kind, type });
    }
    await appendToBulkFile(this.db, { job: this.job, file: this.number, chunk: this.chunk }, lines);
    this.chunk += 1;
    this.lines += lines.length;
    this.written += lines.length;
  }
}
