// https://hl7.org/fhir/R4/graphql.html, https://spec.graphql.org/October2021/
import { execute, type ExecutionResult, type GraphQLError, type GraphQLSchema, validate } from 'graphql';
import { operationOutcome } from '../../fhir/operation-outcome.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { BoundedMap } from '../../storage/bounded-map.js';
import type { Context } from '../request.js';
import { Loader } from './load.js';
import { type ReadQuery, readQuery } from './read-query.js';
import { schemaOf } from './schema.js';

export interface GraphQuery {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
}

/** Schemas by the types that they know whole, of each state of the search parameters. */
const schemas = new WeakMap<object, BoundedMap<GraphQLSchema>>();
const kept = 4;

/**
 * The answer to a query, as `{"data": …, "errors": […]}`. An error of one field leaves the others; its OperationOutcome stands in
 * `extensions.resource`.
 *
 * @param of the resource that the query is asked of; undefined: the server
 * @throws Failure invalid, too-costly, busy for the query as a whole
 */
export async function answerQuery(asked: GraphQuery, of: Resource | undefined, context: Context): Promise<object> {
  const read = readQuery(asked.query, context.services.registry.types);
  const schema = schemaFor(read, of?.resourceType, context);
  const faults = validate(schema, read.document, undefined, { maxErrors: 10 });
  if (faults.length > 0) throw refused(faults);
  const loader = new Loader(context);
  const result = (await execute({
    schema,
    document: read.document,
    rootValue: of === undefined ? {} : loader.noted(of),
    contextValue: loader,
    variableValues: asked.variables ?? {},
    operationName: asked.operationName ?? null,
  })) as ExecutionResult;
  if (loader.stopped !== undefined) throw loader.stopped;
  // Variables that do not fit, or no operation of that name: nothing was begun.
  if (result.data === undefined) throw refused(result.errors ?? []);
  return {
    data: result.data,
    ...(result.errors === undefined ? {} : { errors: result.errors.map((error) => shownError(error, context)) }),
  };
}

function schemaFor({ named, listed }: ReadQuery, of: string | undefined, { services }: Context): GraphQLSchema {
  const { definitions, registry } = services;
  // Those of the operator's own come and go.
  const parameters = listed.flatMap((type) => registry.all(type).map(({ code }) => code)).join();
  const key = `${of ?? ''} ${named.join()} ${listed.join()} ${parameters}`;
  let known = schemas.get(registry);
  if (known === undefined) schemas.set(registry, (known = new BoundedMap(kept)));
  let schema = known.get(key);
  if (schema === undefined) {
    schema = schemaOf({ definitions, registry, named, listed, ...(of === undefined ? {} : { of }) });
    known.set(key, schema);
  }
  return schema;
}

const refused = (errors: readonly GraphQLError[]): Failure =>
  new Failure(
    'invalid',
    errors.map(({ message, locations = [] }) => ({
      severity: 'error',
      code: 'invalid',
      diagnostics: `${message}${locations[0] === undefined ? '' : ` (line ${locations[0].line}, column ${locations[0].column})`}`,
    })),
  );

function shownError({ message, path, locations, originalError }: GraphQLError, { services, request }: Context): object {
  const failure =
    originalError instanceof Failure
      ? originalError
      : new Failure('fault', originalError === undefined ? message : 'An error of the server.');
  if (originalError !== undefined && failure !== originalError)
    services.log.error({ request, error: originalError.stack ?? originalError.message }, 'a field of a query failed');
  return { message: failure.message, path, locations, extensions: { resource: operationOutcome(failure) } };
}
