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

/** What makes an event: a change of a resource of one type that satisfies a condition. */
export interface Trigger {
  readonly type: string;
  /** As `CompiledCriteria.keys`. */
  readonly keys: CompiledCriteria['keys'];
  /** Is the version before needed to judge? */
  readonly comparesVersions: boolean;
  matches(change: MatchableChange): boolean;
}

/** How a notification travels. https://hl7.org/fhir/R4/valueset-subscription-channel-type.html */
export type Channel =
  | {
      readonly kind: 'rest-hook' | 'message';
      readonly endpoint: string;
      /** Header names and values to pass on. Values are secrets: never logged. */
      readonly headers: readonly (readonly [string, string])[];
      /** Key of the HMAC that notifications are signed with. A secret. */
      readonly signingKey?: string;
    }
  | { readonly kind: 'websocket' }
  | { readonly kind: 'email'; readonly address: string };

/** http://hl7.org/fhir/uv/subscriptions-backport/ValueSet/backport-content-value-set */
export type NotificationContent = 'empty' | 'id-only' | 'full-resource';

/** A Subscription that this server can serve, as `parseSubscription` understood it. */
export interface CompiledSubscription {
  readonly id: string;
  readonly status: SubscriptionStatus;
  /** Subscription.criteria as sent. */
  readonly text: string;
  readonly triggers: readonly Trigger[];
  /** Canonical URL of its topic; absent: R4's own kind, with a search as criteria. */
  readonly topic?: string;
  readonly channel: Channel;
  /** How much of the resource is sent along. */
  readonly content: NotificationContent;
  /** A sign of life after so many seconds without a notification. */
  readonly heartbeatSeconds?: number;
  /** Longest time for one attempt. */
  readonly timeoutSeconds?: number;
  /** Most events in one notification. */
  readonly maxCount: number;
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
  /** c(reate), u(pdate), d(elete); o: the rule engine found this version to lie outside the approved limits. */
  readonly kind: 'c' | 'u' | 'd' | 'o';
  /** The version before, where a trigger compares; absent for a create and after a deletion. */
  readonly previous?: { readonly resource: Resource; readonly rows: readonly IndexRow[] };
}
