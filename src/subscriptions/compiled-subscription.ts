import type { Resource } from '../fhir/resource.js';
import type { IndexRow } from '../search/index-row.js';

/** A Subscription's criteria, made ready to be asked about single resources. */
export interface CompiledCriteria {
  /**
   * Does the resource satisfy the criteria?
   *
   * @param rows its search rows
   * @param patients ids of the Patients that its logical references mean, by `system|value`
   */
  matches(resource: Resource, rows: readonly IndexRow[], patients?: ReadonlyMap<string, string>): boolean;
  /**
   * Necessary conditions: every matching resource has, for each element of this list, at least one of its keys
   * (`discriminatorKeys`). Empty where the criteria give none. The most telling come first.
   */
  readonly keys: readonly (readonly string[])[];
}

/** Criteria of a type → something that can be asked; throws or returns nothing but `Failure` for what is not supported. */
export type CompileCriteria = (type: string, query: string) => CompiledCriteria;

/** https://hl7.org/fhir/R4/valueset-subscription-status.html */
export type SubscriptionStatus = 'requested' | 'active' | 'error' | 'off';

/** A Subscription that this server can serve, as `parseSubscription` understood it. */
export interface CompiledSubscription {
  readonly id: string;
  readonly status: SubscriptionStatus;
  /** Type of the resources it is about. */
  readonly type: string;
  /** Subscription.criteria as sent. */
  readonly text: string;
  readonly criteria: CompiledCriteria;
  readonly endpoint: string;
  /** Is the resource sent along? */
  readonly payload: boolean;
  /** Header names and values to pass on. Values are secrets: never logged. */
  readonly headers: readonly (readonly [string, string])[];
  /** Milliseconds since 1970 from which nothing is sent any more. */
  readonly end?: number;
}

/** One change of a resource, as matching sees it. */
export interface MatchableChange {
  readonly type: string;
  readonly resource: Resource;
  readonly rows: readonly IndexRow[];
  /** Ids of the Patients that its logical references mean, by `system|value`. */
  readonly patients?: ReadonlyMap<string, string>;
  /** c(reate), u(pdate), d(elete). */
  readonly kind: 'c' | 'u' | 'd';
}
