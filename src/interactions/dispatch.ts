import { parseJsonObject } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import { refuseAddress } from './address.js';
import { demandScope } from './demand-scope.js';
import { demandValid } from './commit/validity.js';
import type { Operation } from './operation.js';
import { operations } from './operations/index.js';
import { patchFormats } from './patch-document.js';
import { type Context, type FhirRequest, type FhirResponse, isLenient, parametersOf } from './request.js';
import { routes, shapeOf } from './table.js';

/**
 * A request → the one handler that answers it. HTTP and the entries of a batch both come through here, so they cannot
 * drift apart.
 *
 * @throws Failure of any category; the caller renders it
 */
export async function dispatch(request: FhirRequest, context: Context): Promise<FhirResponse> {
  refuseAddress(request);
  const last = request.segments.at(-1);
  if (last?.startsWith('$') === true) return dispatchOperation(request, last.slice(1), context);
  const shape = shapeOf(request.segments);
  const fitting = routes.filter((route) => route.shape === shape);
  const type = request.segments[0];
  if (shape === undefined || fitting.length === 0)
    throw new Failure('not-found', 'There is nothing at this address; GET metadata lists what there is.', {
      code: 'not-supported',
    });
  if (shape.startsWith(':type')) demandType(type!, context);
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const methods = fitting.map((candidate) => candidate.method);
  if (method === 'OPTIONS') return optionsResponse(request, methods);
  const route = fitting.find((candidate) => candidate.method === method);
  if (route === undefined) throw notAllowed(request, methods);
  refuseParameters(request, route.parameters);
  if (route.scope !== undefined) await demandScope(route.scope, type!, context);
  return route.handle(request, context);
}

async function dispatchOperation(request: FhirRequest, name: string, context: Context): Promise<FhirResponse> {
  const [type] = request.segments;
  const level = levels[request.segments.length];
  if (level === 'type' || level === 'instance') demandType(type!, context);
  const fits = (operation: Operation): boolean =>
    operation.name === name &&
    (operation.type === type || operation.type === '*') &&
    operation.level === level &&
    (operation.followUp !== true || context.services.followUp);
  const operation = operations.find(fits);
  if (operation === undefined) {
    throw new Failure(
      'not-found',
      `There is no operation $${name.slice(0, 60)} here; GET metadata lists the operations.`,
      { code: 'not-supported' },
    );
  }
  const methods = operation.methods ?? (operation.affectsState ? ['POST'] : ['POST', 'GET']);
  if (request.method === 'OPTIONS') return optionsResponse(request, methods);
  if (!methods.includes(request.method)) throw notAllowed(request, methods);
  if (context.inTransaction === true && operation.affectsState)
    throw new Failure('not-allowed', `$${operation.name} changes something: it cannot be part of a transaction.`, {
      expression: 'request.url',
    });
  if (operation.amountsTo !== undefined)
    await demandScope(operation.amountsTo, level === 'system' ? '*' : type!, context);
  return operation.handle(
    operation.judgesResource === true || operation.takesLines === true
      ? request
      : withValidParameters(request, context),
    context,
  );
}

/** By the number of segments, the operation's own among them. */
const levels: readonly (Operation['level'] | undefined)[] = [undefined, 'system', 'type', 'instance'];

/** What an operation writes is made of its parameters: they are held to their types before anything is made of them. */
function withValidParameters(request: FhirRequest, { services }: Context): FhirRequest {
  if (request.resource === undefined && (request.body === undefined || request.body.trim() === '')) return request;
  const resource = (request.resource ?? parseJsonObject(request.body!)) as Resource;
  // An empty list is not FHIR's JSON, but what clients without parameters send; it does no harm.
  const isEmpty = Array.isArray(resource['parameter']) && resource['parameter'].length === 0;
  if (resource.resourceType === 'Parameters' && !isEmpty) demandValid(resource, services.validator);
  return { ...request, resource };
}

function demandType(type: string, { services }: Context): void {
  if (services.registry.types.has(type)) return;
  throw new Failure('not-found', 'The address does not begin with a resource type of FHIR R4.', {
    code: 'not-supported',
  });
}

/** Methods are listed as a server must when it refuses one. https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6 */
function notAllowed(request: FhirRequest, methods: readonly string[]): Failure {
  const allowed = allowedMethods(request, methods);
  return new Failure('not-allowed', `${request.method} is not possible here; possible: ${allowed.join(', ')}.`, {
    allowed,
  });
}

function allowedMethods({ segments }: FhirRequest, methods: readonly string[]): readonly string[] {
  const operation = segments.at(-1)?.startsWith('$') === true;
  return [...methods.flatMap((one) => (one === 'GET' && !operation ? ['GET', 'HEAD'] : [one])), 'OPTIONS'];
}

/** What can be done at an address, whether or not there is a resource. https://www.rfc-editor.org/rfc/rfc9110#section-9.3.7 */
const optionsResponse = (request: FhirRequest, methods: readonly string[]): FhirResponse => ({
  status: 204,
  headers: {
    Allow: allowedMethods(request, methods).join(', '),
    // https://www.rfc-editor.org/rfc/rfc5789#section-3.1
    ...(methods.includes('PATCH') ? { 'Accept-Patch': patchFormats.join(', ') } : {}),
  },
});

/** What a request does not take is refused, unless the caller asks for lenient handling (decision 6). */
function refuseParameters(request: FhirRequest, known: readonly string[] | undefined): void {
  if (known === undefined || isLenient(request)) return;
  const unknown = parametersOf(request).find(([name]) => !known.includes(name))?.[0];
  if (unknown === undefined) return;
  const name = /^[\w:.-]{1,60}$/.test(unknown) ? unknown : 'in the query';
  throw new Failure(
    'invalid',
    `The parameter ${name} is not known here; ${known.length === 0 ? 'none is' : `possible: ${known.join(', ')}`}.`,
    { code: 'not-supported' },
  );
}
