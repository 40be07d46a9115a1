import type { CompiledSubscription, MatchableChange, Trigger } from './compiled-subscription.js';
import { codeKey, keysOfRow, signalKey, signalOf } from './discriminator.js';

/** A subscription in the index. */
export interface Indexed {
  readonly rid: number;
  readonly subscription: CompiledSubscription;
}

/** What a subscription is filed under: keys of one necessary condition, or nothing. */
interface Place {
  readonly type: string;
  readonly keys: readonly string[];
}

class TypeIndex<T extends Indexed> {
  readonly byKey = new Map<string, Map<number, T>>();
  /** Without a usable condition: asked about every change of the type. */
  readonly open = new Map<number, T>();
  /** Those that need the version before. */
  readonly comparing = new Set<number>();

  get isEmpty(): boolean {
    return this.open.size === 0 && this.byKey.size === 0;
  }
}

/**
 * All running subscriptions, by type and then by the one of their conditions that fewest others share, so that the cost
 * of a change follows the number of subscriptions it may concern, not the number there are.
 *
 * @typeParam T what is kept for each subscription
 */
export class SubscriptionIndex<T extends Indexed> {
  private readonly types = new Map<string, TypeIndex<T>>();
  private readonly entries = new Map<number, { readonly entry: T; readonly places: readonly Place[] }>();

  get size(): number {
    return this.entries.size;
  }

  /** Does any subscription concern this type? */
  concerns(type: string): boolean {
    return this.types.has(type);
  }

  /** Does any subscription compare versions of this type? */
  compares(type: string): boolean {
    return (this.types.get(type)?.comparing.size ?? 0) > 0;
  }

  /** Types that some subscription concerns. */
  get concernedTypes(): readonly string[] {
    return [...this.types.keys()];
  }

  get(rid: number): T | undefined {
    return this.entries.get(rid)?.entry;
  }

  /** Adds a subscription, or replaces the one with the same rid. */
  put(entry: T): void {
    this.remove(entry.rid);
    const places = entry.subscription.triggers.map((trigger) => this.file(entry, trigger));
    this.entries.set(entry.rid, { entry, places });
  }

  private file(entry: T, { type, keys: conditions, comparesVersions }: Trigger): Place {
    const index = this.types.get(type) ?? new TypeIndex<T>();
    this.types.set(type, index);
    const keys = leastShared(index, conditions);
    if (keys.length === 0) index.open.set(entry.rid, entry);
    for (const key of keys) {
      const bucket = index.byKey.get(key) ?? new Map<number, T>();
      index.byKey.set(key, bucket.set(entry.rid, entry));
    }
    if (comparesVersions) index.comparing.add(entry.rid);
    return { type, keys };
  }

  remove(rid: number): void {
    for (const place of this.entries.get(rid)?.places ?? []) {
      const index = this.types.get(place.type);
      if (index === undefined) continue; // two triggers of one type: it went with the first
      index.open.delete(rid);
      index.comparing.delete(rid);
      for (const key of place.keys) {
        const bucket = index.byKey.get(key);
        bucket?.delete(rid);
        if (bucket?.size === 0) index.byKey.delete(key);
      }
      if (index.isEmpty) this.types.delete(place.type);
    }
    this.entries.delete(rid);
  }

  /**
   * Subscriptions that the change concerns, by rid. R4: a Subscription fires when the resource as created or updated
   * matches; deletes are not told.
   *
   * @param onError told of a subscription whose criteria could not be evaluated; it counts as not matching
   */
  match(change: MatchableChange, onError?: (entry: T, error: unknown) => void): T[] {
    const index = this.types.get(change.type);
    if (index === undefined || change.kind === 'd') return [];
    const candidates = new Map<number, T>(index.open);
    if (index.byKey.size > 0) collect(index, change, candidates);
    const found: T[] = [];
    for (const entry of candidates.values()) {
      try {
        const { triggers } = entry.subscription;
        if (triggers.some((trigger) => trigger.type === change.type && trigger.matches(change))) found.push(entry);
      } catch (error) {
        if (onError === undefined) throw error;
        onError(entry, error);
      }
    }
    return found.sort((a, b) => a.rid - b.rid);
  }
}

function collect<T extends Indexed>(index: TypeIndex<T>, change: MatchableChange, candidates: Map<number, T>): void {
  const file = (key: string): void => {
    const bucket = index.byKey.get(key);
    if (bucket !== undefined) for (const [rid, entry] of bucket) candidates.set(rid, entry);
  };
  if (change.resource.id !== undefined) file(codeKey('_id', undefined, change.resource.id)); // has no row of its own
  const signal = signalOf(change.kind);
  if (signal !== undefined) file(signalKey(signal));
  for (const row of change.rows) for (const key of keysOfRow(row, change.patients)) file(key);
}

/** The condition whose fullest bucket is smallest; the first of equals. */
function leastShared<T extends Indexed>(
  index: TypeIndex<T>,
  conditions: readonly (readonly string[])[],
): readonly string[] {
  let best: readonly string[] = [];
  let smallest = Number.POSITIVE_INFINITY;
  for (const keys of conditions) {
    if (keys.length === 0) continue;
    const shared = Math.max(...keys.map((key) => index.byKey.get(key)?.size ?? 0));
    if (shared < smallest) {
      smallest = shared;
      best = [...new Set(keys)];
    }
  }
  return best;
}
