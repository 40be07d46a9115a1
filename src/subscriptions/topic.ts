// http://hl7.org/fhir/R5/subscriptiontopic.html, in R4 as Basic with the cross-version extensions:
// http://hl7.org/fhir/uv/subscriptions-backport/components.html
import { compilePath } from '../fhir/fhirpath.js';
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import type { CompileCriteria, CompiledCriteria, MatchableChange, Trigger } from './compiled-subscription.js';
import { isSignal, signalKey, signalOf } from './discriminator.js';

/** What can be subscribed to by its canonical URL. */
export interface Topic {
  /** Logical id of its Basic. */
  readonly id?: string;
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

/** Canonical URL that a topic says it has. */
export const topicUrl = (resource: Resource): string | undefined => {
  const url = valueOf(all(resource['extension'], `${base}url`)[0]);
  return typeof url === 'string' ? url : undefined;
};

/** A draft is kept and not served. Without a status it is meant to be used; R5's status is a modifier. */
export function isInUse(resource: Resource): boolean {
  const [status] = ['modifierExtension', 'extension'].flatMap((name) => all(resource[name], `${base}status`));
  return status === undefined || valueOf(status) === 'active';
}

/** @throws Failure unprocessable naming what this server cannot do, or what is missing */
export function readTopic(resource: Resource, compile: CompileCriteria): Topic {
  const extensions = resource['extension'];
  const url = topicUrl(resource);
  if (url === undefined || !/^(https?:\/\/|urn:)[^\s|]+$/.test(url))
    return refuse(undefined, 'A topic needs an absolute URL of its own (extension-SubscriptionTopic.url, valueUri).');
  const version = valueOf(all(extensions, `${base}version`)[0]);
  const triggers = placed(extensions, 'resourceTrigger', (trigger) => resourceTrigger(trigger, compile));
  const found = placed(extensions, 'eventTrigger', (trigger) => eventTrigger(trigger, compile));
  if (triggers.length + found.length === 0)
    return refuse(undefined, 'A topic needs a trigger: extension-SubscriptionTopic.resourceTrigger.');
  const filters = new Map<string, Set<string>>();
  for (const { type, name } of placed(extensions, 'canFilterBy', (filter) => filterOf(filter, compile))) {
    const names = filters.get(type) ?? new Set<string>();
    filters.set(type, names.add(name));
  }
  placed(extensions, 'notificationShape', refuseIncludes);
  const id = resource.id;
  return {
    ...(id === undefined ? {} : { id }),
    url,
    ...(typeof version === 'string' ? { version } : {}),
    triggers: [...triggers, ...found],
    filters,
  };
}

/** Reads each extension of that name; what it refuses is refused at its place. */
function placed<T>(extensions: unknown, name: string, read: (extension: Extension) => T): T[] {
  return ((Array.isArray(extensions) ? extensions : []) as readonly Extension[]).flatMap((extension, at) => {
    if (extension.url !== `${base}${name}`) return [];
    try {
      return [read(extension)];
    } catch (error) {
      if (!(error instanceof Failure) || error.category === 'fault') throw error;
      return refuse(at, error.message);
    }
  });
}

function refuse(at: number | undefined, why: string): never {
  throw new Failure('unprocessable', why, {
    expression: at === undefined ? 'Basic.extension' : `Basic.extension[${at}]`,
    code: 'not-supported',
  });
}

/** The type that a trigger or filter is about. */
function typeOf(extension: Extension, compile: CompileCriteria): string {
  const type = typeName(text(extension, 'resource'));
  compile(type, ''); // a type that there is
  return type;
}

function filterOf(filter: Extension, compile: CompileCriteria): { readonly type: string; readonly name: string } {
  const name = text(filter, 'filterParameter');
  if (name === undefined || !/^[A-Za-z_][\w-]*$/.test(name))
    throw new Failure('invalid', 'canFilterBy needs a filterParameter: the name of a search parameter.');
  const type = typeOf(filter, compile);
  compile(type, `${name}:missing=false`); // a parameter of the type
  return { type, name };
}

/** A notification holds what the event is about, and nothing beside it. */
function refuseIncludes(shape: Extension): void {
  if (all(shape.extension, 'include').length + all(shape.extension, 'revInclude').length > 0)
    throw new Failure('invalid', 'A notification brings nothing but its focus here: no include and no revInclude.');
}

/** `queryCriteria`: how the version before and the present one must be; without it `fhirPathCriteria`. */
function resourceTrigger(trigger: Extension, compile: CompileCriteria): Trigger {
  const type = typeOf(trigger, compile);
  const kinds = interactionsOf(trigger);
  const query = all(trigger.extension, 'queryCriteria')[0] ?? {};
  const [before, now] = [criteriaText(type, text(query, 'previous')), criteriaText(type, text(query, 'current'))];
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

const interactions: Readonly<Record<string, string>> = { create: 'c', update: 'u' };

/** R5: none named means every one. Deletions are not told, neither here nor in R4. */
function interactionsOf(trigger: Extension): ReadonlySet<string> {
  const named = all(trigger.extension, 'supportedInteraction').map((one) => String(valueOf(one)));
  if (named.some((name) => !Object.hasOwn(interactions, name)))
    throw new Failure('invalid', 'A trigger is a create or an update here; deletions are told to nobody.');
  return new Set(named.length === 0 ? Object.values(interactions) : named.map((name) => interactions[name]!));
}

/** Criteria may name their type (`Encounter?status=finished`), which must be the trigger's. */
function criteriaText(type: string, said: string | undefined): string | undefined {
  const [, named, query] = /^(?:([A-Z][A-Za-z]+)\?)?(.*)$/s.exec(said ?? '') ?? [];
  if (named !== undefined && named !== type)
    throw new Failure('invalid', `The criteria are about ${named}, the trigger about ${type}.`);
  return said === undefined ? undefined : query;
}

const longestPath = 2000;

/** Both versions stand ready as %previous and %current. */
function pathTrigger(type: string, kinds: ReadonlySet<string | undefined>, path: string): Trigger {
  const evaluate = compilePath(path);
  if (path.length > longestPath) throw new Failure('invalid', `A path is at most ${longestPath} characters long.`);
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
function eventTrigger(trigger: Extension, compile: CompileCriteria): Trigger {
  const event = valueOf(all(trigger.extension, 'event')[0]) as
    | { coding?: readonly { system?: string; code?: string }[] }
    | undefined;
  const signal = event?.coding?.find(({ system }) => system === engineEvents)?.code ?? '';
  if (!isSignal(signal))
    throw new Failure('invalid', `There is no such event; the engine finds those of ${engineEvents}.`);
  return {
    type: typeOf(trigger, compile),
    keys: [[signalKey(signal)]],
    comparesVersions: false,
    matches: ({ kind }) => signalOf(kind) === signal,
  };
}
