// https://hl7.org/fhir/R4/http.html#capabilities
import { stringifyJson } from '../fhir/json.js';
import { Failure } from '../kernel/failure.js';
import { shownPart } from './part-of.js';
import { type Context, type FhirRequest, type FhirResponse, isLenient, parametersOf } from './request.js';
import { terminologyCapabilities } from './terminology-capabilities.js';

const modes = ['full', 'normative', 'terminology'] as const;

/** Types whose content does not change incompatibly any more. https://hl7.org/fhir/R4/versions.html#std-process */
const normative: ReadonlySet<string> = new Set(
  'Binary Bundle CapabilityStatement CodeSystem Observation OperationDefinition OperationOutcome Parameters Patient StructureDefinition ValueSet'.split(
    ' ',
  ),
);

/** What this server can do: all of it, of the normative types alone, or as a terminology server. */
export async function capabilities(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const show = shownPart(request, context.services);
  const mode = modeOf(request);
  const statement =
    mode === 'terminology' ? await terminologyCapabilities(context) : narrowed(context.services.capabilities(), mode);
  return { status: 200, headers: {}, body: show(stringifyJson(statement)) };
}

function modeOf(request: FhirRequest): (typeof modes)[number] {
  const asked = parametersOf(request).find(([name, value]) => name === 'mode' && value !== '')?.[1] ?? 'full';
  const mode = modes.find((one) => one === asked);
  if (mode !== undefined) return mode;
  if (isLenient(request)) return 'full';
  throw new Failure('invalid', `mode takes ${modes.join(', ')}.`, { code: 'code-invalid' });
}

function narrowed(statement: object, mode: 'full' | 'normative'): object {
  if (mode === 'full') return statement;
  const { rest } = statement as {
    readonly rest: readonly { readonly resource: readonly { readonly type: string }[] }[];
  };
  return {
    ...statement,
    rest: rest.map((one) => ({ ...one, resource: one.resource.filter(({ type }) => normative.has(type)) })),
  };
}
