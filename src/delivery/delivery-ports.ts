import type { Principal } from '../access/principal.js';

/** A row as access judges it. */
export interface ConcernedRow {
  readonly type: string;
  readonly rid: number;
  readonly id: string;
  readonly version: number;
  /** Dictionary id of the data controller. */
  readonly controller: number;
  readonly patients: readonly number[];
}

/** What the subscriber may have, by the access of the principal who created the Subscription, at this moment. */
export interface SubscriberAccess {
  /** Could the principal call at all today? Nobody is told anything any more for a client that was taken out of use. */
  isKnown(owner: Principal): boolean;
  /** May the subscriber know of this change? */
  mayReceive(owner: Principal, row: ConcernedRow): Promise<boolean>;
  /** The resource's text as the subscriber may see it (hidden elements taken out). */
  present(owner: Principal, row: ConcernedRow, text: string): Promise<string>;
}

/** Writes what the server has found out about a Subscription into the resource, through the one write path. */
export interface SubscriptionStatusWriter {
  /**
   * Sets Subscription.status and Subscription.error. `version` is the version this is said of: where the resource has a
   * newer one, nothing is to be done. Called again until the change log shows the status. With `error`
   * a Task for the owner says so, in the same commit.
   */
  setStatus(
    subscription: { readonly id: string; readonly version: number; readonly owner?: Principal | undefined },
    status: 'active' | 'error' | 'off',
    error?: string,
  ): Promise<void>;
}

/** Hooks for metrics; all times in milliseconds. */
export interface DeliveryMetrics {
  /** A batch of the log was read. `lagMs`: since the oldest change's event was due, 0 when up to date. */
  matched(changes: number, events: number, durationMs: number): void;
  delivered(latencyMs: number): void;
  failed(): void;
  died(): void;
  withheld(): void;
  backlog(state: {
    readonly pending: number;
    readonly failing: number;
    readonly inError: number;
    readonly oldestMs: number;
  }): void;
}

export const noMetrics: DeliveryMetrics = {
  matched() {},
  delivered() {},
  failed() {},
  died() {},
  withheld() {},
  backlog() {},
};

/** A part of delivery that runs until it is stopped. */
export interface RunningPart {
  /** Something may be there to do. */
  wake(): void;
  /** Lets what is in flight finish. */
  stop(): Promise<void>;
}
