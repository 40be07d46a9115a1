// https://hl7.org/fhir/R4/codesystem-operation-subsumes.html
import { Failure } from '../../kernel/failure.js';
import { hierarchyFrom, hierarchyOf } from '../../terminology/expand-codes.js';
import { accessEntry } from '../audit-access.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';
import { parametersResponse } from '../respond.js';
import { part, subjectOf, terminologyOf } from './terminology-parameters.js';

const common = {
  name: 'subsumes',
  definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-subsumes',
  type: 'CodeSystem',
  affectsState: false,
  amountsTo: 'read',
} as const;

/** Does one code of a system include the other? */
export const subsumesGiven: Operation = { ...common, level: 'type', handle };
export const subsumesStored: Operation = { ...common, level: 'instance', handle };

interface Coding {
  readonly system?: string;
  readonly code?: string;
}

async function handle(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const parameters = new OperationParameters(request);
  const [a, b] = (['A', 'B'] as const).map((end) => codeOf(end, parameters)) as [Coding, Coding];
  if (a.system !== undefined && b.system !== undefined && a.system !== b.system)
    throw new Failure('invalid', 'The codings are of different systems.', {
      expression: `Parameters.parameter.where(name='codingB')`,
    });
  let hierarchy;
  if (request.segments.length === 3) {
    hierarchy = hierarchyFrom((await subjectOf('CodeSystem', request, parameters, context))!);
  } else {
    const system = parameters.text('system') ?? a.system ?? b.system;
    if (system === undefined) throw new Failure('invalid', 'Name the code system.', { code: 'required' });
    await context.services.audit(accessEntry(context, { action: '$subsumes', type: 'CodeSystem' }));
    const version = parameters.text('version');
    hierarchy = await hierarchyOf(version === undefined ? system : `${system}|${version}`, terminologyOf(context));
  }
  const [first, second] = [a, b].map(({ code }, at) => {
    const found = hierarchy.find(code!);
    if (found !== undefined) return found.code;
    throw new Failure('not-found', 'The code system has no such code.', {
      expression: `Parameters.parameter.where(name='code${'AB'[at]}')`,
    });
  }) as [string, string];
  const outcome =
    first === second
      ? 'equivalent'
      : hierarchy.below(first).has(second)
        ? 'subsumes'
        : hierarchy.above(first).has(second)
          ? 'subsumed-by'
          : 'not-subsumed';
  return parametersResponse([part('outcome', 'Code', outcome)]);
}

function codeOf(end: 'A' | 'B', parameters: OperationParameters): Coding {
  const coding = parameters.one(`coding${end}`) as Coding | undefined;
  const code = parameters.text(`code${end}`) ?? coding?.code;
  if (typeof code === 'string') return { code, ...(coding?.system !== undefined && { system: coding.system }) };
  throw new Failure('invalid', `Give code${end} or coding${end}.`, {
    expression: `Parameters.parameter.where(name='code${end}')`,
    code: 'required',
  });
}
