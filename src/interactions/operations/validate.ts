// https://hl7.org/fhir/R4/resource-operation-validate.html
import { absent, decide } from '../../access/decide.js';
import { operationOutcome } from '../../fhir/operation-outcome.js';
import { parseJson, stringifyJson } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure, type Issue } from '../../kernel/failure.js';
import { accessEntry } from '../audit-access.js';
import { judgeResource } from '../judge-resource.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';
import { terminologyOf } from './terminology-parameters.js';

/** https://hl7.org/fhir/R4/valueset-resource-validation-mode.html */
const modes = ['create', 'update', 'delete', 'profile'];

/** Says what is wrong with a resource, or what would stand in the way of storing or deleting it. Nothing is written. */
async function handle(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const { services } = context;
  const [type, id] = [request.segments[0]!, request.segments.length === 3 ? request.segments[1] : undefined];
  const parameters = new OperationParameters(request);
  const mode = parameters.text('mode');
  if (mode !== undefined && !modes.includes(mode))
    throw new Failure('invalid', `mode is one of ${modes.join(', ')}.`, {
      expression: "Parameters.parameter.where(name='mode')",
    });
  const given = parameters.one('resource');
  const stored =
    id === undefined || (given !== undefined && mode === undefined)
      ? undefined
      : await storedText({ type, id }, context);
  if (mode === 'delete' && id === undefined)
    throw new Failure('invalid', 'mode delete is for a resource that is there: POST [type]/[id]/$validate.', {
      expression: "Parameters.parameter.where(name='mode')",
    });
  if (given === undefined && id === undefined)
    throw new Failure('invalid', 'The resource to validate is missing.', {
      expression: "Parameters.parameter.where(name='resource')",
      code: 'required',
    });
  if (mode === 'profile') demandStoredAndProfile(id, given, parameters);
  const resource = mode === 'delete' ? undefined : ((given ?? parseJson(stored!)) as Resource);
  const own = resource === undefined ? [] : services.validator.validate(resource);
  const issues = [
    ...(resource === undefined ? [] : [...addressIssues(resource, { type, id, mode }), ...own]),
    ...rightIssues(mode, type, context),
    ...(resource === undefined || !fitsType(resource, type)
      ? []
      : await profileIssues(resource, own, parameters, context)),
  ];
  return { status: 200, headers: {}, body: stringifyJson(operationOutcome(issues)) };
}

/** Mode `profile` is for what is stored, against a profile that is named. */
function demandStoredAndProfile(id: string | undefined, given: unknown, parameters: OperationParameters): void {
  if (id === undefined || given !== undefined)
    throw new Failure(
      'invalid',
      'mode profile is for a resource that is there: [type]/[id]/$validate, without another.',
      {
        expression: "Parameters.parameter.where(name='mode')",
      },
    );
  if (parameters.all('profile').length === 0)
    throw new Failure('invalid', 'mode profile needs the profile.', {
      expression: "Parameters.parameter.where(name='profile')",
      code: 'required',
    });
}

/** The stored resource, if the caller may see it; looked at, and so audited, like any read. */
async function storedText(key: { type: string; id: string }, context: Context): Promise<string> {
  const row = await context.services.read(
    key,
    context.principal,
    accessEntry(context, { action: '$validate', type: key.type, ids: [`${key.type}/${key.id}`] }),
  );
  if (row?.text === undefined || row.text === null) throw absent(key.type);
  return row.text;
}

/** What the address says of the resource, and the resource does not. */
function addressIssues(
  resource: Resource,
  { type, id, mode }: { readonly type: string; readonly id: string | undefined; readonly mode: string | undefined },
): Issue[] {
  const error = (diagnostics: string, expression: string): Issue => ({
    severity: 'error',
    code: 'invalid',
    diagnostics,
    expression: [expression],
  });
  const issues: Issue[] = [];
  if (typeof resource !== 'object' || resource === null || resource.resourceType !== type)
    issues.push(error(`The URL says ${type}, the resource says something else.`, 'Resource.resourceType'));
  else if (mode === 'update' && resource.id === undefined)
    issues.push(error('An update needs the id of the resource.', `${type}.id`));
  else if (id !== undefined && resource.id !== undefined && resource.id !== id)
    issues.push(error('The id in the resource is another than the one in the URL.', `${type}.id`));
  return issues;
}

function rightIssues(mode: string | undefined, type: string, { principal }: Context): readonly Issue[] {
  if (mode !== 'create' && mode !== 'update' && mode !== 'delete') return [];
  const decision = decide(principal, mode, type);
  return decision.allowed ? [] : decision.failure.issues;
}

const fitsType = (resource: Resource, type: string): boolean =>
  typeof resource === 'object' && resource !== null && resource.resourceType === type;

/** Profiles are asked only of what is valid in itself: there is no telling what the rest means. */
async function profileIssues(
  resource: Resource,
  own: readonly Issue[],
  parameters: OperationParameters,
  context: Context,
): Promise<readonly Issue[]> {
  const named = parameters.all('profile').map((url) => {
    if (typeof url === 'string') return url;
    throw new Failure('invalid', 'profile must be the URL of a profile.', {
      expression: "Parameters.parameter.where(name='profile')",
    });
  });
  if (own.some(({ severity }) => severity === 'error')) return [];
  const { profiles, definitions, testNumbers } = context.services;
  return judgeResource(resource, named, {
    profiles,
    definitions,
    testNumbers,
    questionnaires: (url) => terminologyOf(context).questionnaire(url),
  });
}

export const validateNew: Operation = {
  name: 'validate',
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-validate',
  type: '*',
  level: 'type',
  affectsState: false,
  amountsTo: 'read',
  judgesResource: true,
  handle,
};
export const validateStored: Operation = { ...validateNew, level: 'instance' };
