// https://hl7.org/fhir/R4/codesystem-operation-lookup.html
import { Failure } from '../../kernel/failure.js';
import type { Property } from '../../terminology/code-system.js';
import { hierarchyOf } from '../../terminology/expand-codes.js';
import { accessEntry } from '../audit-access.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';
import { nameIn } from './expand.js';
import { type Part, parametersResponse } from '../respond.js';
import { demandCodes, part, terminologyOf } from './terminology-parameters.js';

/** What a code system says of a code. */
export const lookup: Operation = {
  name: 'lookup',
  definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup',
  type: 'CodeSystem',
  level: 'type',
  affectsState: false,
  amountsTo: 'read',
  handle,
};

async function handle(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const parameters = new OperationParameters(request);
  const [given, ...more] = demandCodes(parameters);
  if (given?.system === undefined || more.length > 0)
    throw new Failure('invalid', '$lookup takes one code with its system, or one coding.', {
      expression: `Parameters.parameter.where(name='system')`,
      code: 'required',
    });
  await context.services.audit(accessEntry(context, { action: '$lookup', type: 'CodeSystem' }));
  const { system, version, code } = given;
  const hierarchy = await hierarchyOf(version === undefined ? system : `${system}|${version}`, terminologyOf(context));
  const found = hierarchy.find(code);
  if (found === undefined)
    throw new Failure('not-found', 'The code system has no such code.', {
      expression: `Parameters.parameter.where(name='code')`,
    });
  const { concept } = found;
  const designation = Array.isArray(concept.designation) ? (concept.designation as readonly Designation[]) : [];
  const wanted = parameters.all('property').map(String);
  const shows = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
  const { name, version: own } = hierarchy.codeSystem;
  const links = [
    ...(wanted.includes('parent') ? hierarchy.parentsOf(found.code).map((one) => codeProperty('parent', one)) : []),
    ...(wanted.includes('child') ? hierarchy.childrenOf(found.code).map((one) => codeProperty('child', one)) : []),
  ];
  const properties = (Array.isArray(concept.property) ? (concept.property as readonly Property[]) : []).filter(
    (property) => shows(String(property.code)) && property.code !== 'parent' && property.code !== 'child',
  );
  return parametersResponse([
    part('name', 'String', name ?? system),
    part('version', 'String', own),
    part('display', 'String', nameIn(parameters.text('displayLanguage'), designation) ?? concept.display ?? found.code),
    shows('definition') ? part('definition', 'String', concept.definition) : undefined,
    ...(shows('designation') ? designation.map(designationPart) : []),
    ...properties.map(propertyPart),
    ...links,
  ]);
}

interface Designation {
  readonly language?: string;
  readonly use?: unknown;
  readonly value?: string;
}

const designationPart = ({ language, use, value }: Designation): Part => ({
  name: 'designation',
  part: [part('language', 'Code', language), part('use', 'Coding', use), part('value', 'String', value)].filter(
    (one) => one !== undefined,
  ),
});

const propertyPart = (property: Property): Part => {
  const [name, value] = Object.entries(property).find(([key]) => key.startsWith('value')) ?? ['valueString', ''];
  return {
    name: 'property',
    part: [
      { name: 'code', valueCode: property.code },
      { name: 'value', [name]: value },
    ],
  };
};

const codeProperty = (code: string, value: string): Part => ({
  name: 'property',
  part: [
    { name: 'code', valueCode: code },
    { name: 'value', valueCode: value },
  ],
});
