import { parseJsonObject } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import type { Log } from '../kernel/log.js';
import type { IndexRow } from '../search/index-row.js';
import { type LogRow, versionKey, versionTexts } from '../storage/change-log.js';
import { patientNames } from '../storage/patient-names.js';
import type { Queryable } from '../storage/pool.js';
import type { MatchableChange } from '../subscriptions/compiled-subscription.js';

/** A row of the log, read so that it can be matched. */
export interface ReadChange {
  readonly row: LogRow;
  readonly change: MatchableChange;
}

export interface ChangeReader {
  /** Is the version before needed of this type? */
  readonly compares?: (type: string) => boolean;
  readonly rowsOf: (resource: Resource) => readonly IndexRow[];
  readonly log: Log;
}

/** Reads the resources of log rows. One that cannot be read is logged and left out: it must not stop everybody else's. */
export async function readChanges(
  db: Queryable,
  rows: readonly LogRow[],
  reader: ChangeReader,
): Promise<readonly ReadChange[]> {
  // A Subscription earlier in the batch may concern types whose texts were not asked for.
  const missing = await versionTexts(
    db,
    rows.filter((row) => row.text === undefined),
  );
  const changes = rows.flatMap((row) => {
    const text = row.text ?? missing.get(versionKey(row));
    return text === undefined ? [] : readChange(row, text, reader);
  });
  const compared = await withPrevious(db, changes, reader);
  const unresolved = compared.filter(({ row, change }) => row.patients.length > 0 && change.rows.some(isLogical));
  if (unresolved.length === 0) return compared;
  const patients = await patientNames(db, [...new Set(unresolved.flatMap(({ row }) => row.patients))]);
  return compared.map(({ row, change }) => ({ row, change: { ...change, patients } }));
}

async function withPrevious(
  db: Queryable,
  changes: readonly ReadChange[],
  reader: ChangeReader,
): Promise<readonly ReadChange[]> {
  const wanted = changes.filter(({ row }) => row.kind === 'u' && reader.compares?.(row.type) === true);
  if (wanted.length === 0) return changes;
  const before = (row: LogRow) => ({ rid: row.rid, version: row.version - 1 });
  const texts = await versionTexts(
    db,
    wanted.map(({ row }) => before(row)),
  );
  return changes.map((one) => {
    const text = wanted.includes(one) ? texts.get(versionKey(before(one.row))) : undefined;
    const previous = text === undefined ? undefined : readChange(one.row, text, reader)[0]?.change;
    return previous === undefined ? one : { ...one, change: { ...one.change, previous } };
  });
}

function readChange(row: LogRow, text: string, { rowsOf, log }: ChangeReader): readonly ReadChange[] {
  try {
    const resource = parseJsonObject(text) as Resource;
    return [{ row, change: { type: row.type, kind: row.kind, resource, rows: rowsOf(resource) } }];
  } catch (error) {
    log.error(
      { err: error, type: row.type, rid: row.rid, version: row.version },
      'a changed resource could not be matched',
    );
    return [];
  }
}

const isLogical = (row: IndexRow): boolean =>
  row.kind === 'reference' && row.targetId === undefined && row.identifierValue !== undefined;
