// https://hl7.org/fhir/R4/valueset-operation-validate-code.html, https://hl7.org/fhir/R4/codesystem-operation-validate-code.html
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { type Checked, checkInSystem, checkInValueSet, type GivenCode } from '../../terminology/check-code.js';
import { accessEntry } from '../audit-access.js';
import { existsByGrammar } from '../code-grammars.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';
import { parametersResponse } from '../respond.js';
import { askedValueSet } from './asked-value-set.js';
import { demandCodes, part, subjectOf, terminologyOf } from './terminology-parameters.js';

const common = { name: 'validate-code', affectsState: false, amountsTo: 'read' } as const;
const ofValueSet = {
  ...common,
  type: 'ValueSet',
  definition: 'http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code',
} as const;
const ofCodeSystem = {
  ...common,
  type: 'CodeSystem',
  definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-validate-code',
} as const;

/** Is the code in the value set, and its display right? One of a CodeableConcept's codings is enough. */
export const validateInGivenValueSet: Operation = { ...ofValueSet, level: 'type', handle: inValueSet };
export const validateInStoredValueSet: Operation = { ...ofValueSet, level: 'instance', handle: inValueSet };
/** The same for a code system. */
export const validateInGivenSystem: Operation = { ...ofCodeSystem, level: 'type', handle: inCodeSystem };
export const validateInStoredSystem: Operation = { ...ofCodeSystem, level: 'instance', handle: inCodeSystem };

async function inValueSet(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const parameters = new OperationParameters(request);
  const valueSet = await askedValueSet(request, parameters, context);
  const options = { abstract: parameters.flag('abstract') ?? true };
  return checked(request, parameters, context, (given) =>
    checkInValueSet(valueSet, given, terminologyOf(context), options),
  );
}

async function inCodeSystem(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const parameters = new OperationParameters(request);
  const asked = parameters.text('url');
  // A system whose grammar is known needs no resource.
  const byGrammar = asked !== undefined && existsByGrammar(asked, '') !== undefined ? asked : undefined;
  const named = byGrammar === undefined ? await codeSystemOf(request, parameters, context) : undefined;
  const terminology = terminologyOf(context);
  const options = { abstract: parameters.flag('abstract') ?? true };
  return checked(request, parameters, context, (given) => {
    const url = typeof named?.['url'] === 'string' ? named['url'] : byGrammar;
    if (url !== undefined && given.system !== undefined && given.system !== url)
      return Promise.resolve({ result: false, message: `The code is of another system than ${url}.` });
    const system = given.system ?? url;
    if (system === undefined) throw new Failure('invalid', 'Name the code system by its url.', { code: 'required' });
    const source = named === undefined ? terminology : { ...terminology, codeSystem: () => Promise.resolve(named) };
    return checkInSystem({ ...given, system }, source, options);
  });
}

/** By `url`; in a Coding the system says it. */
async function codeSystemOf(
  request: FhirRequest,
  parameters: OperationParameters,
  context: Context,
): Promise<Resource | undefined> {
  const isNamed =
    request.segments.length === 3 || parameters.one('url') !== undefined || parameters.one('codeSystem') !== undefined;
  return isNamed ? subjectOf('CodeSystem', request, parameters, context) : undefined;
}

async function checked(
  request: FhirRequest,
  parameters: OperationParameters,
  context: Context,
  check: (given: GivenCode) => Promise<Checked>,
): Promise<FhirResponse> {
  if (request.segments.length < 3)
    await context.services.audit(accessEntry(context, { action: '$validate-code', type: request.segments[0]! }));
  const outcomes: Checked[] = [];
  for (const given of demandCodes(parameters)) outcomes.push(await check(given));
  const best = outcomes.find(({ result }) => result) ?? outcomes[0]!;
  return parametersResponse([
    part('result', 'Boolean', best.result),
    part('message', 'String', best.message),
    part('display', 'String', best.display),
    part('code', 'Code', best.code),
    part('system', 'Uri', best.system),
  ]);
}
