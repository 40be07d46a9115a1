/** Access for a while: taken in an emergency, or lent to another organisation. Its Task carries it, on the owner's worklist. */
import type { Resource, ResourceKey } from '../fhir/resource.js';
import { hasCode, many } from '../followup/vocabulary/element.js';
import { system } from '../followup/vocabulary/systems.js';

/** A relation for a while, as `relations.ts` starts and ends them. */
type LentChange =
  | {
      readonly op: 'start';
      readonly kind: 'emergency' | 'cover';
      readonly party: string;
      readonly source: ResourceKey;
      /** Milliseconds since 1970. */
      readonly until: number;
    }
  | { readonly op: 'end'; readonly kind: 'emergency' | 'cover'; readonly source: ResourceKey; readonly at: number };

interface LentFacts {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly parties: (reference: unknown) => readonly string[];
}

const over: ReadonlySet<unknown> = new Set(['cancelled', 'entered-in-error']);

/** What the module's own Task of such an access starts, until the end of its period, or ends before. */
export function lentChanges(
  before: Resource | undefined,
  task: Resource,
  { now, parties }: LentFacts,
): readonly LentChange[] {
  const kind = hasCode(task.code, system.taskCode, 'emergency-access')
    ? 'emergency'
    : hasCode(task.code, system.taskCode, 'cover')
      ? 'cover'
      : undefined;
  if (kind === undefined) return [];
  const source = { type: 'Task', id: task.id ?? '' };
  if (before !== undefined)
    return over.has(task.status) && !over.has(before.status) ? [{ op: 'end', kind, source, at: now }] : [];
  const { period } = (task['restriction'] ?? {}) as { readonly period?: { readonly end?: string } };
  const until = Date.parse(period?.end ?? '');
  if (Number.isNaN(until)) return [];
  // An emergency is one person's; cover is an organisation's.
  const holders = many(kind === 'emergency' ? task.requester : task.owner)
    .flatMap((holder) => parties(holder))
    .filter((party) => party.startsWith(kind === 'emergency' ? 'hpr:' : 'org:'));
  return holders.map((party) => ({ op: 'start', kind, party, source, until }));
}
