// https://hl7.org/fhir/R4/valueset-operation-expand.html, https://hl7.org/fhir/R4/valueset-operation-validate-code.html
import type { Definitions } from '../../fhir/definitions.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import type { OperationParameters } from '../operation.js';
import type { Context, FhirRequest } from '../request.js';
import { subjectOf, type Terminology, terminologyOf } from './terminology-parameters.js';

interface BoundElement {
  readonly id?: string;
  readonly path?: string;
  readonly binding?: { readonly valueSet?: string };
}

/**
 * The value set that an operation is about: of the address, given whole, by its URL, or by an element that is bound to it.
 *
 * @throws Failure `invalid` where none is named, `not-found` where it is not known here
 */
export async function askedValueSet(
  request: FhirRequest,
  parameters: OperationParameters,
  context: Context,
): Promise<Resource> {
  const named = await subjectOf('ValueSet', request, parameters, context);
  if (named !== undefined) return named;
  const element = parameters.text('context');
  if (element !== undefined) return boundValueSet(element, terminologyOf(context), context.services.definitions);
  throw new Failure('invalid', 'Name the ValueSet by its url or context, or give it as valueSet.', {
    code: 'required',
  });
}

/**
 * The value set that an element is bound to.
 *
 * @param context `[StructureDefinition URL]#[id or path]`, or the path alone: `Observation.status`
 * @throws Failure `not-found` where there is none
 */
async function boundValueSet(context: string, terminology: Terminology, definitions: Definitions): Promise<Resource> {
  const at = context.indexOf('#');
  const [url, path] = at === -1 ? [undefined, context] : [context.slice(0, at), context.slice(at + 1)];
  const profile = url === undefined ? undefined : await terminology.structure(url);
  const bound =
    inProfile(profile, path) ?? definitions.elementAt(path.replaceAll(/:[^.]+|\[x\]/g, ''))?.node.binding?.valueSet;
  const found = bound === undefined ? undefined : await terminology.valueSet(bound);
  if (found !== undefined) return found;
  throw new Failure(
    'not-found',
    bound === undefined
      ? 'No value set is known here to which this element is bound.'
      : `The value set ${bound}, to which this element is bound, is not known here.`,
    { expression: "Parameters.parameter.where(name='context')" },
  );
}

function inProfile(profile: Resource | undefined, path: string): string | undefined {
  for (const view of ['differential', 'snapshot']) {
    const { element = [] } = (profile?.[view] ?? {}) as { readonly element?: readonly BoundElement[] };
    const found =
      element.find(({ id, binding }) => id === path && binding?.valueSet !== undefined) ??
      element.find((one) => one.path === path && one.binding?.valueSet !== undefined);
    if (found !== undefined) return found.binding!.valueSet;
  }
  return undefined;
}
