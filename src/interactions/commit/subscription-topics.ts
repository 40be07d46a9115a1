import type { Principal } from '../../access/principal.js';
import { isController } from '../../access/type-rules.js';
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import type { Queryable } from '../../storage/pool.js';
import { keepTopic, type StoredTopics } from '../../storage/stored-topics.js';
import { parseSubscription, type SubscriptionRules } from '../../subscriptions/parse-subscription.js';
import { refuse } from '../../subscriptions/refusal.js';
import { isInUse, isTopic, readTopic, topicUrl } from '../../subscriptions/topic.js';
import { toldContent } from '../../subscriptions/told-content.js';
import type { Planned } from './planned.js';

export interface SubscriptionDeps {
  /** Which Subscriptions this server can serve. */
  readonly subscriptionRules: SubscriptionRules;
  readonly topics: StoredTopics;
}

/** Subscriptions that this server cannot serve, and topics that it cannot, are refused at once, with the reason. */
export async function checkSubscriptions(
  changes: readonly Change[],
  by: Principal,
  deps: SubscriptionDeps,
): Promise<void> {
  for (const change of changes) {
    if (change.op === 'delete' || change.by === 'module') continue;
    const { resource } = change;
    if (resource.resourceType === 'Subscription') await checkSubscription(resource, by, deps);
    if (isTopic(resource) && isInUse(resource)) readTopic(resource, deps.subscriptionRules.compile);
  }
}

async function checkSubscription(
  resource: Resource,
  by: Principal,
  { subscriptionRules, topics }: SubscriptionDeps,
): Promise<void> {
  const { topic } = toldContent(resource);
  const controllers = by.role === 'admin' ? '*' : [by.controller, ...(by.controllers ?? [])];
  if (topic !== undefined) {
    // Another instance may have taken the topic in a moment ago.
    if (!topics.all.has(topic)) await topics.refresh();
    if (topics.all.has(topic) && !topics.offers(topic, controllers))
      refuse('criteria', 'There is no such topic here; the CapabilityStatement lists the topics there are.');
  }
  const refused = parseSubscription(resource, subscriptionRules);
  if (refused instanceof Failure) throw refused;
}

/**
 * A topic decides what others are told, so the data controller writes it, or the administrator. Those of the installation are
 * files and are loaded at the start.
 */
export function guardTopic(item: Planned, by: Principal, { topics }: SubscriptionDeps): Failure | undefined {
  const before = item.before?.resource;
  if (![before, item.after].some((one) => one !== undefined && isTopic(one))) return undefined;
  if (by.role !== 'admin' && !isController(by))
    return new Failure('forbidden', 'A topic is written by the municipality that is data controller.', {
      expression: 'Basic.code',
    });
  const [own] = [before, item.after].flatMap((one) => topics.builtIn.get((one && topicUrl(one)) ?? '') ?? []);
  if (own === undefined || (own.id === item.key.id && by.client === 'hjemmebro')) return undefined;
  return new Failure('unprocessable', 'This topic comes with the server; give one of your own another URL and id.', {
    expression: 'Basic.extension',
  });
}

/** Topics take effect with the commit that brings them. */
export async function keepTopics(
  tx: Queryable,
  written: readonly Planned[],
  { topics }: SubscriptionDeps,
): Promise<void> {
  for (const { rid, before, after } of written) {
    if (![before?.resource, after].some((one) => one !== undefined && isTopic(one))) continue;
    if (after !== undefined && topics.builtIn.has(topicUrl(after) ?? '')) continue;
    await keepTopic(tx, rid, after);
  }
}

/** Whether a commit may have changed what can be subscribed to. */
export const bearsTopics = (written: readonly { readonly key: { readonly type: string } }[]): boolean =>
  written.some(({ key }) => key.type === 'Basic');
