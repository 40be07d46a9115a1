import { absent, rowScope } from '../../access/decide.js';
import { parseJsonObject } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { storedTerminology } from '../../storage/search/stored-terminology.js';
import type { GivenCode } from '../../terminology/check-code.js';
import { accessEntry } from '../audit-access.js';
import { existsByGrammar } from '../code-grammars.js';
import type { OperationParameters } from '../operation.js';
import type { Context, FhirRequest } from '../request.js';
import type { Part } from '../respond.js';

export type Terminology = ReturnType<typeof storedTerminology>;

/** What is stored and may be seen, and what R4 defines. */
export const terminologyOf = ({ services, principal }: Context): Terminology => ({
  ...storedTerminology(services.pool, rowScope(principal, services.clock.now()), services),
  exists: existsByGrammar,
});

/** The resource that an operation is about: of the address, given whole, or by its canonical URL. */
export async function subjectOf(
  type: 'CodeSystem' | 'ValueSet' | 'ConceptMap',
  request: FhirRequest,
  parameters: OperationParameters,
  context: Context,
): Promise<Resource | undefined> {
  if (request.segments.length === 3) {
    const id = request.segments[1]!;
    const action = request.segments[2]!;
    const entry = accessEntry(context, { action, type, ids: [`${type}/${id}`] });
    const row = await context.services.read({ type, id }, context.principal, entry);
    if (row === undefined || row.text === null) throw absent(type);
    return parseJsonObject(row.text) as Resource;
  }
  const names = { CodeSystem: 'codeSystem', ValueSet: 'valueSet', ConceptMap: 'conceptMap' } as const;
  const given = parameters.one(names[type]) ?? parameters.one('resource');
  if (typeof given === 'object' && given !== null) {
    if ((given as Resource).resourceType === type) return given as Resource;
    throw new Failure('invalid', `The parameter ${names[type]} must be a ${type}.`, {
      expression: `Parameters.parameter.where(name='${names[type]}')`,
    });
  }
  const url = parameters.text('url') ?? (type === 'CodeSystem' ? parameters.text('system') : undefined);
  if (url === undefined) return undefined;
  const version = parameters.text(
    type === 'ValueSet' ? 'valueSetVersion' : type === 'ConceptMap' ? 'conceptMapVersion' : 'version',
  );
  const terminology = terminologyOf(context);
  const canonical = version === undefined ? url : `${url}|${version}`;
  const found = await {
    CodeSystem: () => terminology.codeSystem(canonical),
    ValueSet: () => terminology.valueSet(canonical),
    ConceptMap: () => terminology.conceptMap(canonical),
  }[type]();
  if (found === undefined)
    throw new Failure('not-found', `There is no ${type} with this URL here.`, {
      expression: `Parameters.parameter.where(name='url')`,
    });
  return found;
}

/** The codes that are asked about: a code with its system, a Coding, or those of a CodeableConcept. */
export function givenCodes(parameters: OperationParameters): readonly GivenCode[] {
  const concept = parameters.one('codeableConcept') as { readonly coding?: unknown } | undefined;
  const coding = parameters.one('coding');
  const codings = [
    ...(coding === undefined ? [] : [coding]),
    ...(Array.isArray(concept?.coding) ? (concept.coding as unknown[]) : []),
  ] as readonly {
    readonly system?: string;
    readonly version?: string;
    readonly code?: string;
    readonly display?: string;
  }[];
  const code = parameters.text('code');
  const [system, version, display] = [
    parameters.text('system'),
    parameters.text('systemVersion') ?? parameters.text('version'),
    parameters.text('display'),
  ];
  return [
    ...(code === undefined
      ? []
      : [
          {
            code,
            ...(system !== undefined && { system }),
            ...(version !== undefined && { version }),
            ...(display !== undefined && { display }),
          },
        ]),
    ...codings.flatMap(({ code: own, ...rest }) => (own === undefined ? [] : [{ ...rest, code: own }])),
  ];
}

/** @throws Failure invalid where no code is given */
export function demandCodes(parameters: OperationParameters): readonly GivenCode[] {
  const codes = givenCodes(parameters);
  if (codes.length > 0) return codes;
  throw new Failure('invalid', 'Give a code (with its system), a coding or a codeableConcept.', {
    expression: `Parameters.parameter.where(name='code')`,
    code: 'required',
  });
}

/** `{ name, valueString }`, or nothing. */
export const part = (name: string, type: string, value: unknown): Part | undefined =>
  value === undefined ? undefined : { name, [`value${type}`]: value };
