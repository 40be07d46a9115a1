import type { Principal, Role } from '../../access/principal.js';
import type { Interaction } from '../../access/scope.js';
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import type { Failure } from '../../kernel/failure.js';
import type { Ids } from '../../kernel/ids.js';
import type { View } from '../commit-types.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest } from '../request.js';
import { callerReference, demandRole, type OperationRun, runOperation } from './run-operation.js';

/** What an operation of the follow-up module decides with. */
export interface Asked<Given> {
  readonly resource: Resource;
  readonly view: View;
  readonly parameters: OperationParameters;
  /** What `given` has read of the request. */
  readonly given: Given;
  readonly context: Context;
  readonly principal: Principal;
  /** Who, when, and names for what is made. */
  readonly facts: { readonly by: ReturnType<typeof callerReference>; readonly now: number; readonly ids: Ids };
}

export interface ModuleOperation<Given> extends Pick<OperationRun, 'first'> {
  readonly type: string;
  /** Without `$`; profiles/operations/[type]-[name].json. */
  readonly name: string;
  /** Default: update. */
  readonly amountsTo?: Interaction;
  /** Absent where `given` or `decide` says who may. */
  readonly roles?: readonly Role[];
  /** What is said to everybody else. */
  readonly refusal?: string;
  /** What the request must hold is demanded before anything is read. */
  readonly given?: (parameters: OperationParameters, request: FhirRequest, context: Context) => Given;
  readonly decide: (asked: Asked<Given>) => Promise<Change[] | Failure> | Change[] | Failure;
}

/** An operation of the follow-up module on one resource: who may call it, and what it decides; the rest is the same for all. */
export function moduleOperation<Given = undefined>({
  type,
  name,
  amountsTo = 'update',
  roles,
  refusal = 'This client does not do this.',
  given,
  first,
  decide,
}: ModuleOperation<Given>): Operation {
  return {
    name,
    definition: `http://hjemmebro.no/fhir/OperationDefinition/${type}-${name}`,
    type,
    level: 'instance',
    affectsState: true,
    amountsTo,
    followUp: true,
    async handle(request, context) {
      const { principal, services } = context;
      if (roles !== undefined) demandRole(principal, roles, refusal);
      const parameters = new OperationParameters(request);
      const asked = { parameters, given: given?.(parameters, request, context) as Given, context, principal };
      return runOperation({
        request,
        context,
        name: `$${name}`,
        key: { type, id: request.segments[1]! },
        ...(first === undefined ? {} : { first }),
        decide: (resource, view) =>
          decide({
            ...asked,
            resource,
            view,
            facts: { by: callerReference(principal), now: view.now, ids: services.ids },
          }),
      });
    },
  };
}
