import type { Change } from '../../fhir/change.js';
import { keyOf, type Resource } from '../../fhir/resource.js';
import { feedingTypes } from '../../followup/intake/inputs-for.js';
import type { ReactionRequest } from '../commit/follow-up.js';
import type { Planned } from '../commit/planned.js';

/** A change, or a resource that is looked at again, as it concerns one patient. */
export interface Event {
  readonly change: Change;
  readonly before: Resource | undefined;
  readonly after: Resource | undefined;
  readonly source: string;
  /** Version after the change. */
  readonly version: number;
  readonly received: number;
  /** Was the resource about this patient before the change, and is it after? */
  readonly was: boolean;
  readonly is: boolean;
}

export interface Patient {
  readonly key: number;
  readonly id: string;
  readonly controller: number;
  readonly events: readonly Event[];
}

/** A client's own DetectedIssue is ordinary FHIR: it ends no alert of the module. */
const feeds = (type: string, managed: boolean): boolean =>
  feedingTypes.has(type) && (type !== 'DetectedIssue' || managed);

/** The patients that the commit concerns, each with its events in the order of the changes. */
export async function concernedPatients({
  tx,
  planned,
  judgeTime,
  reconsider,
}: ReactionRequest): Promise<readonly Patient[]> {
  const events = new Map<number, Event[]>();
  const add = (key: number, event: Event): void => void events.set(key, [...(events.get(key) ?? []), event]);
  for (const item of planned) {
    if (!feeds(item.key.type, item.managed)) continue;
    const [was, is] = [new Set(item.before?.row.patients), new Set(item.kind === 'd' ? [] : item.patients)];
    for (const key of new Set([...was, ...is])) add(key, { ...eventOf(item), was: was.has(key), is: is.has(key) });
  }
  for (const { row, resource } of reconsider) {
    if (!feeds(row.type, row.managed)) continue;
    for (const key of row.patients)
      add(key, {
        was: false,
        is: true,
        change: { op: 'create', resource },
        before: undefined,
        after: resource,
        source: keyOf(row),
        version: row.version,
        received: row.updated,
      });
  }
  const keys = [...new Set([...events.keys(), ...judgeTime])].sort((a, b) => a - b);
  if (keys.length === 0) return [];
  const born = new Map(
    planned.flatMap((item) => (item.key.type === 'Patient' && item.kind === 'c' ? [[item.rid, item] as const] : [])),
  );
  const { rows } = await tx.query({
    name: 'patients-by-key',
    text: 'select rid, id, controller from resource where rid = any ($1::bigint[])',
    values: [keys],
  });
  const known = new Map(
    rows.map((row) => [Number(row['rid']), { id: row['id'] as string, controller: row['controller'] as number }]),
  );
  return keys.flatMap((key) => {
    const patient =
      known.get(key) ??
      (born.has(key) ? { id: born.get(key)!.key.id, controller: born.get(key)!.controller } : undefined);
    return patient === undefined ? [] : [{ key, ...patient, events: events.get(key) ?? [] }];
  });
}

function eventOf(item: Planned): Omit<Event, 'was' | 'is'> {
  const change =
    item.change.op === 'delete' || item.after === undefined ? item.change : { ...item.change, resource: item.after };
  const received = Date.parse(String(item.after?.meta?.lastUpdated ?? item.before?.resource?.meta?.lastUpdated ?? ''));
  return {
    change,
    before: item.before?.resource,
    after: item.after,
    source: keyOf(item.key),
    version: item.version,
    received,
  };
}
