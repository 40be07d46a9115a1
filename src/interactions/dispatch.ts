import { decide } from '../access/decide.js';
import { isIdentityNumberSystem, looksLikeIdentityNumber } from '../fhir/national-identifiers.js';
import { Failure } from '../kernel/failure.js';
import { accessEntry } from './audit-access.js';
import type { Operation } from './operation.js';
import { operations } from './operations/index.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { routes, shapeOf } from './table.js';

/**
 * A request → the one handler that answers it. HTTP and the entries of a batch both come through here, so they cannot
 * drift apart.
 *
 * @throws Failure of any category; the caller renders it
 */
export async function dispatch(request: FhirRequest, context: Context): Promise<FhirResponse> {
  refuseIdentityNumbers(request);
  const last = request.segments.at(-1);
  if (last?.startsWith('$') === true) return dispatchOperation(request, last.slice(1), context);
  const shape = shapeOf(request.segments);
  const fitting = routes.filter((route) => route.shape === shape);
  const type = request.segments[0];
  if (shape === undefined || fitting.length === 0) throw new Failure('not-found', 'There is nothing at this address; GET metadata lists what there is.', { code: 'not-supported' });
  if (type !== undefined && shape !== 'metadata') demandType(type, context);
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const route = fitting.find((candidate) => candidate.method === method);
  if (route === undefined) {
    throw new Failure('not-allowed', `${request.method} is not possible here; possible: ${fitting.map((candidate) => candidate.method).join(', ')}.`);
  }
  if (route.scope !== undefined) await demandScope(route.scope, type!, context);
  return route.handle(request, context);
}

async function dispatchOperation(request: FhirRequest, name: string, context: Context): Promise<FhirResponse> {
  const [type] = request.segments;
  const level = request.segments.length === 3 ? 'instance' : request.segments.length === 2 ? 'type' : undefined;
  if (level !== undefined) demandType(type!, context);
  const fits = (operation: Operation): boolean =>
    operation.name === name && operation.type === type && operation.level === level && (operation.followUp !== true || context.services.followUp);
  const operation = operations.find(fits);
  if (operation === undefined) {
    throw new Failure('not-found', `There is no operation $${name.slice(0, 60)} here; GET metadata lists the operations.`, { code: 'not-supported' });
  }
  if (request.method !== 'POST' && (operation.affectsState || request.method !== 'GET')) {
    throw new Failure('not-allowed', `$${name} is called by POST${operation.affectsState ? '' : ' or GET'}.`);
  }
  await demandScope(operation.amountsTo, type!, context);
  return operation.handle(request, context);
}

function demandType(type: string, { services }: Context): void {
  if (services.registry.types.has(type)) return;
  throw new Failure('not-found', 'The address does not begin with a resource type of FHIR R4.', { code: 'not-supported' });
}

/** Scopes, and the rule of the type for this party. A denial is audited (decision 18). */
async function demandScope(interaction: Parameters<typeof decide>[1], type: string, context: Context): Promise<void> {
  const decision = decide(context.principal, interaction, type);
  if (decision.allowed) return;
  await context.services.audit(accessEntry(context, { action: interaction, type, outcome: 4, detail: 'denied' }));
  throw decision.failure;
}

/** Decision 19: a national identity number never stands in a URL. */
function refuseIdentityNumbers({ segments, query }: FhirRequest): void {
  const inPath = segments.some((segment) => looksLikeIdentityNumber(segment));
  const inQuery = query.some(([name, value]) => name !== '_page' && name !== '_cursor' && value.split(',').some(isIdentityNumber));
  if (!inPath && !inQuery) return;
  throw new Failure('invalid', 'A national identity number must not stand in a URL. Search with POST [type]/_search, If-None-Exist or a Bundle entry instead.', { code: 'security' });
}

function isIdentityNumber(value: string): boolean {
  const bar = value.indexOf('|');
  if (bar === -1) return looksLikeIdentityNumber(value);
  const system = value.slice(0, bar);
  return isIdentityNumberSystem(system) ? value.length > bar + 1 : system === '' && looksLikeIdentityNumber(value.slice(bar + 1));
}
