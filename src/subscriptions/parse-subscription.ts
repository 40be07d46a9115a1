// https://hl7.org/fhir/R4/subscription.html
import type { Resource } from '../fhir/resource.js';
import { Failure, type IssueCode } from '../kernel/failure.js';
import type { CompileCriteria, CompiledSubscription, SubscriptionStatus } from './compiled-subscription.js';
import type { EndpointPolicy } from './endpoint-policy.js';
import { parseHeaders } from './parse-headers.js';

export interface SubscriptionRules {
  readonly compile: CompileCriteria;
  readonly endpoints: EndpointPolicy;
}

const statuses: readonly string[] = ['requested', 'active', 'error', 'off'] satisfies SubscriptionStatus[];
const jsonTypes: ReadonlySet<string> = new Set(['application/fhir+json', 'application/json']);

const refuse = (element: string, why: string, code: IssueCode = 'not-supported'): never => {
  throw new Failure('unprocessable', why, { expression: `Subscription.${element}`, code });
};

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
  const { type, criteria } = compileText(text, rules.compile);
  const channel = channelOf(resource);
  const refusal = rules.endpoints.check(channel.endpoint);
  if (refusal !== undefined) throw refusal;
  const end = endOf(resource);
  return {
    id: resource.id ?? '',
    status: status as SubscriptionStatus,
    type,
    text,
    criteria,
    ...channel,
    ...(end === undefined ? {} : { end }),
  };
}

function compileText(
  text: string,
  compileCriteria: CompileCriteria,
): { type: string; criteria: CompiledSubscription['criteria'] } {
  const parts = /^([A-Z][A-Za-z]+)(?:\?(.*))?$/s.exec(text);
  if (parts === null) return refuse('criteria', 'The criteria must be a search: Type?name=value&name=value.', 'value');
  const type = parts[1]!;
  try {
    return { type, criteria: compileCriteria(type, parts[2] ?? '') };
  } catch (error) {
    if (!(error instanceof Failure) || error.category === 'fault') throw error;
    throw new Failure('unprocessable', `The criteria are not supported: ${error.message}`, {
      expression: 'Subscription.criteria',
      code: 'not-supported',
    });
  }
}

function channelOf(resource: Resource): Pick<CompiledSubscription, 'endpoint' | 'payload' | 'headers'> {
  const channel = (resource['channel'] ?? {}) as Record<string, unknown>;
  if (channel['type'] !== 'rest-hook') return refuse('channel.type', 'Only the channel type rest-hook is supported.');
  const endpoint = channel['endpoint'];
  if (typeof endpoint !== 'string') return refuse('channel.endpoint', 'A rest-hook needs an endpoint.', 'required');
  return { endpoint, payload: payloadOf(channel['payload']), headers: parseHeaders(channel['header']) };
}

function payloadOf(payload: unknown): boolean {
  if (payload === undefined || payload === '') return false;
  const type = typeof payload === 'string' ? payload.split(';')[0]!.trim().toLowerCase() : '';
  if (!jsonTypes.has(type))
    return refuse(
      'channel.payload',
      'The payload can be application/fhir+json, or absent for a notification without content.',
    );
  return true;
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
