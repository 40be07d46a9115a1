// https://hl7.org/fhir/R4/subscription.html · http://hl7.org/fhir/uv/subscriptions-backport/
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import { backport, extensionValues } from './backport.js';
import type {
  CompileCriteria,
  CompiledCriteria,
  CompiledSubscription,
  SubscriptionStatus,
  Trigger,
} from './compiled-subscription.js';
import { type ChannelRules, parseChannel } from './parse-channel.js';
import { refuse } from './refusal.js';
import type { Topic } from './topic.js';

export interface SubscriptionRules extends ChannelRules {
  readonly compile: CompileCriteria;
  /** What can be subscribed to, by canonical URL. */
  readonly topics?: ReadonlyMap<string, Topic>;
}

const statuses: readonly string[] = ['requested', 'active', 'error', 'off'] satisfies SubscriptionStatus[];

/**
 * A Subscription resource → what matching and delivery need, or the reason why this server cannot serve it. The same
 * answer refuses it at creation and marks it `error` where it came into the store another way.
 */
export function parseSubscription(resource: Resource, rules: SubscriptionRules): CompiledSubscription | Failure {
  try {
    return compile(resource, rules);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function compile(resource: Resource, rules: SubscriptionRules): CompiledSubscription {
  const status = resource['status'];
  if (typeof status !== 'string' || !statuses.includes(status))
    return refuse('status', 'The status must be requested, active, error or off.', 'value');
  const text = resource['criteria'];
  if (typeof text !== 'string') return refuse('criteria', 'The criteria are missing.', 'required');
  const filters = extensionValues(resource['_criteria'], backport.filterCriteria);
  const byTopic = /^(https?:|urn:)/.test(text);
  const told = byTopic ? aboutTopic(text, filters, rules) : { triggers: [aboutSearch(text, filters, rules.compile)] };
  const end = endOf(resource);
  return {
    id: resource.id ?? '',
    status: status as SubscriptionStatus,
    text,
    ...told,
    ...parseChannel((resource['channel'] ?? {}) as Record<string, unknown>, byTopic, rules),
    ...(end === undefined ? {} : { end }),
  };
}

/** R4's own criteria: a search. It fires when a resource as created or updated is found by it. */
function aboutSearch(text: string, filters: readonly unknown[], compileCriteria: CompileCriteria): Trigger {
  if (filters.length > 0)
    refuse('criteria.extension', 'Filter criteria narrow a topic; these criteria are a search of their own.');
  const parts = /^([A-Z][A-Za-z]+)(?:\?(.*))?$/s.exec(text);
  if (parts === null)
    return refuse(
      'criteria',
      'The criteria must be a search (Type?name=value&name=value) or the canonical URL of a topic.',
      'value',
    );
  const type = parts[1]!;
  const criteria = supported('criteria', () => compileCriteria(type, parts[2] ?? ''));
  return {
    type,
    keys: criteria.keys,
    comparesVersions: false,
    matches: ({ kind, resource, rows, patients }) =>
      (kind === 'c' || kind === 'u') && criteria.matches(resource, rows, patients),
  };
}

function aboutTopic(
  text: string,
  filters: readonly unknown[],
  rules: SubscriptionRules,
): Pick<CompiledSubscription, 'topic' | 'triggers'> {
  const [url = '', version] = text.split('|');
  const topic = rules.topics?.get(url);
  if (topic === undefined || (version !== undefined && version !== topic.version))
    return refuse('criteria', 'There is no such topic here; the CapabilityStatement lists the topics there are.');
  const parsed = filters.map((filter, at) => filterOf(filter, `criteria.extension[${at}]`, topic, rules.compile));
  // A filter of a type says nothing of the others that the topic may be about.
  const triggers = topic.triggers.map((trigger): Trigger => {
    const own = parsed.filter((filter) => filter.type === trigger.type);
    return {
      ...trigger,
      keys: [...trigger.keys, ...own.flatMap(({ criteria }) => criteria.keys)],
      matches: (change) =>
        trigger.matches(change) &&
        own.every(({ criteria }) => criteria.matches(change.resource, change.rows, change.patients)),
    };
  });
  return { topic: url, triggers };
}

/** `Observation?patient=Patient/1`, or without the type where the topic is about one. */
function filterOf(
  filter: unknown,
  element: string,
  topic: Topic,
  compileCriteria: CompileCriteria,
): { readonly type: string; readonly criteria: CompiledCriteria } {
  const types = [...new Set(topic.triggers.map(({ type }) => type))];
  const [, named, query = ''] = /^(?:([A-Z][A-Za-z]+)\?)?(.+)$/s.exec(String(filter)) ?? [];
  const type = named ?? types[0]!;
  if (!types.includes(type) || (named === undefined && types.length > 1))
    refuse(element, `The topic is about ${types.join(', ')}; a filter is written ${types[0]}?name=value.`, 'value');
  const possible = topic.filters.get(type) ?? new Set<string>();
  for (const pair of query.split('&')) {
    const name = pair.split(/[=:.]/)[0]!;
    if (!possible.has(name))
      refuse(element, `The topic cannot be filtered by that; possible: ${[...possible].join(', ') || 'nothing'}.`);
  }
  return { type, criteria: supported(element, () => compileCriteria(type, query)) };
}

function supported(element: string, work: () => CompiledCriteria): CompiledCriteria {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Failure) || error.category === 'fault') throw error;
    return refuse(element, `The criteria are not supported: ${error.message}`);
  }
}

function endOf(resource: Resource): number | undefined {
  const end = resource['end'];
  if (typeof end !== 'string') return undefined;
  const at = Date.parse(end);
  return Number.isNaN(at) ? refuse('end', 'The end must be an instant.', 'value') : at;
}

/**
 * R4: a client may set `requested` or `off`; `active` and `error` are the server's. A client that sends back what it has
 * read is not refused: the present status may stay.
 *
 * @param present status of the stored version; absent at creation
 */
export function refuseClientStatus(resource: Resource, present?: string): Failure | undefined {
  const status = resource['status'];
  if (status === 'requested' || status === 'off' || (present !== undefined && status === present)) return undefined;
  return new Failure(
    'unprocessable',
    'A client can set the status requested or off; the server sets active and error.',
    {
      expression: 'Subscription.status',
      code: 'business-rule',
    },
  );
}
