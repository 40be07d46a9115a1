// http://hl7.org/fhir/R5/subscriptiontopic.html, in R4 as Basic with the cross-version extensions:
// http://hl7.org/fhir/uv/subscriptions-backport/components.html
import { compilePath } from '../fhir/fhirpath.js';
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import type { CompileCriteria, CompiledCriteria, MatchableChange, Trigger } from './compiled-subscription.js';
import { signalKey, signalOf } from './discriminator.js';

/** What can be subscribed to by its canonical URL. */
export interface Topic {
  readonly url: string;
  readonly version?: string;
  readonly triggers: readonly Trigger[];
  /** Search parameters that may narrow it, by resource type. */
  readonly filters: ReadonlyMap<string, ReadonlySet<string>>;
}

interface Extension {
  readonly url?: string;
  readonly extension?: readonly Extension[];
  readonly [value: string]: unknown;
}

const base = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic.';
/** Events that no comparison of resources shows: what the rule engine finds when it judges. */
export const engineEvents = 'http://hjemmebro.no/fhir/CodeSystem/dho-engine-event';

const valueOf = (extension: Extension | undefined): unknown =>
  Object.entries(extension ?? {}).find(([name]) => name.startsWith('value'))?.[1];
const all = (list: unknown, url: string): readonly Extension[] =>
  ((Array.isArray(list) ? list : []) as readonly Extension[]).filter((one) => one.url === url);
const text = (extension: Extension, url: string): string | undefined => {
  const value = valueOf(all(extension.extension, url)[0]);
  return value === undefined ? undefined : String(value);
};
const typeName = (uri: string | undefined): string => uri?.split('/').at(-1) ?? '';

/** Is this Basic a SubscriptionTopic? */
export const isTopic = (resource: Resource): boolean =>
  resource.resourceType === 'Basic' &&
  ((resource['code'] as { coding?: { code?: string }[] } | undefined)?.coding ?? []).some(
    ({ code }) => code === 'SubscriptionTopic',
  );

/** @throws Failure where the topic says something that this server cannot do */
export function readTopic(resource: Resource, compile: CompileCriteria): Topic {
  const extensions = resource['extension'];
  const url = valueOf(all(extensions, `${base}url`)[0]);
  if (typeof url !== 'string') throw new Failure('fault', `The topic ${resource.id} has no url.`);
  const version = valueOf(all(extensions, `${base}version`)[0]);
  const triggers = [
    ...all(extensions, `${base}resourceTrigger`).map((trigger) => resourceTrigger(trigger, compile)),
    ...all(extensions, `${base}eventTrigger`).map(eventTrigger),
  ];
  const filters = new Map<string, Set<string>>();
  for (const filter of all(extensions, `${base}canFilterBy`)) {
    const type = typeName(text(filter, 'resource'));
    const names = filters.get(type) ?? new Set<string>();
    filters.set(type, names.add(text(filter, 'filterParameter')!));
  }
  return { url, ...(typeof version === 'string' ? { version } : {}), triggers, filters };
}

/** `queryCriteria`: how the version before and the present one must be; without it `fhirPathCriteria`. */
function resourceTrigger(trigger: Extension, compile: CompileCriteria): Trigger {
  const type = typeName(text(trigger, 'resource'));
  const kinds = new Set(all(trigger.extension, 'supportedInteraction').map((one) => String(valueOf(one))[0]));
  const query = all(trigger.extension, 'queryCriteria')[0] ?? {};
  const [before, now] = [text(query, 'previous'), text(query, 'current')];
  const path = text(trigger, 'fhirPathCriteria');
  if (before === undefined && now === undefined && path !== undefined) return pathTrigger(type, kinds, path);
  const previous = before === undefined ? undefined : compile(type, before);
  const current = now === undefined ? undefined : compile(type, now);
  const created = text(query, 'resultForCreate') ?? 'test-passes';
  const both = text(query, 'requireBoth') === 'true';
  const asks = (criteria: CompiledCriteria, { resource, rows, patients }: Omit<MatchableChange, 'kind' | 'type'>) =>
    criteria.matches(resource, rows, patients);
  return {
    type,
    keys: current !== undefined && (previous === undefined || both) ? current.keys : [],
    comparesVersions: previous !== undefined,
    matches(change) {
      if (!kinds.has(change.kind)) return false;
      const results: boolean[] = [];
      if (current !== undefined) results.push(asks(current, change));
      if (previous !== undefined)
        results.push(
          change.previous === undefined
            ? created === 'test-passes'
            : asks(previous, { ...change.previous, ...(change.patients && { patients: change.patients }) }),
        );
      return results.length === 0 || (both ? results.every(Boolean) : results.some(Boolean));
    },
  };
}

/** Both versions stand ready as %previous and %current. */
function pathTrigger(type: string, kinds: ReadonlySet<string | undefined>, path: string): Trigger {
  const evaluate = compilePath(path);
  return {
    type,
    keys: [],
    comparesVersions: true,
    matches({ kind, resource, previous }) {
      if (!kinds.has(kind)) return false;
      const [result] = evaluate(resource, { current: resource, previous: previous?.resource ?? [] });
      return result === true;
    },
  };
}

/** `eventTrigger`: the rule engine found it in a resource. */
function eventTrigger(trigger: Extension): Trigger {
  const event = valueOf(all(trigger.extension, 'event')[0]) as
    | { coding?: readonly { system?: string; code?: string }[] }
    | undefined;
  const signal = event?.coding?.find(({ system }) => system === engineEvents)?.code ?? '';
  return {
    type: typeName(text(trigger, 'resource')),
    keys: [[signalKey(signal)]],
    comparesVersions: false,
    matches: ({ kind }) => signalOf(kind) === signal,
  };
}
