// https://hl7.org/fhir/R4/resource-operation-graphql.html, https://hl7.org/fhir/R4/graphql.html
import { absent } from '../../access/decide.js';
import { parseJsonObject, stringifyJson } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { accessEntry } from '../audit-access.js';
import type { GraphQuery } from '../graphql/answer-query.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';
import { shown } from '../shown.js';

const common = {
  name: 'graphql',
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-graphql',
  type: '*',
  affectsState: false,
  judgesResource: true,
} as const;

/** A GraphQL query of all that the caller may read and search. */
export const graphql: Operation = {
  ...common,
  level: 'system',
  handle: (request, context) => answer(queryOf(request), undefined, context),
};

/** A GraphQL query of one resource, and of what it refers to or is referred to by. */
export const graphqlOfOne: Operation = {
  ...common,
  level: 'instance',
  amountsTo: 'read',
  async handle(request, context) {
    const query = queryOf(request);
    const [type, id] = request.segments as [string, string];
    const entry = accessEntry(context, { action: '$graphql', type, ids: [`${type}/${id}`] });
    const row = await context.services.read({ type, id }, context.principal, entry);
    if (row === undefined || row.text === null) throw absent(type);
    return answer(query, parseJsonObject(shown(type, row.text)) as Resource, context);
  },
};

/** The library is loaded with the first query: most servers never get one. */
async function answer(query: GraphQuery, of: Resource | undefined, context: Context): Promise<FhirResponse> {
  const { answerQuery } = await import('../graphql/answer-query.js');
  const result = await answerQuery(query, of, context);
  return { status: 200, headers: {}, contentType: 'application/json; charset=utf-8', body: stringifyJson(result) };
}

/** The query: in the URL, as application/graphql, in a JSON object as GraphQL has it, or in Parameters. @throws Failure invalid */
function queryOf(request: FhirRequest): GraphQuery {
  if (/^application\/graphql\b/i.test(request.headers['content-type'] ?? ''))
    return checked({ ...fromParameters({ ...request, body: '' }), query: request.body });
  const body =
    request.resource ??
    (request.body === undefined || request.body.trim() === '' ? undefined : parseJsonObject(request.body));
  if (body === undefined || (body as Partial<Resource>).resourceType !== undefined)
    return checked(fromParameters(body === undefined ? request : { ...request, resource: body }));
  return checked(body as Record<string, unknown>);
}

function fromParameters(request: FhirRequest): Record<string, unknown> {
  const parameters = new OperationParameters(request);
  const variables = parameters.text('variables');
  return {
    query: parameters.text('query'),
    operationName: parameters.text('operationName'),
    variables: variables === undefined ? undefined : parseJsonObject(variables),
  };
}

function checked({ query, variables, operationName }: Record<string, unknown>): GraphQuery {
  const wrong = (name: string, what: string): Failure =>
    new Failure('invalid', `${name} must be ${what}.`, { expression: `Parameters.parameter.where(name='${name}')` });
  if (typeof query !== 'string' || query.trim() === '') throw wrong('query', 'a GraphQL query');
  if (variables !== undefined && variables !== null && (typeof variables !== 'object' || Array.isArray(variables)))
    throw wrong('variables', 'an object');
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string')
    throw wrong('operationName', 'a name');
  return {
    query,
    ...(variables === undefined || variables === null ? {} : { variables: variables as Record<string, unknown> }),
    ...(typeof operationName === 'string' && operationName !== '' ? { operationName } : {}),
  };
}
