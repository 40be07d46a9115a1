// https://hl7.org/fhir/R4/valueset-operation-expand.html
import { stringifyJson } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { instant } from '../../kernel/clock.js';
import { type Member, membersOf } from '../../terminology/expand-codes.js';
import { accessEntry } from '../audit-access.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';
import { askedValueSet } from './asked-value-set.js';
import { terminologyOf } from './terminology-parameters.js';

const common = {
  name: 'expand',
  definition: 'http://hl7.org/fhir/OperationDefinition/ValueSet-expand',
  type: 'ValueSet',
  affectsState: false,
  amountsTo: 'read',
} as const;

/** The codes of a ValueSet, one by one; a part of them with `filter`, `offset` and `count`. */
export const expandGiven: Operation = { ...common, level: 'type', handle };
export const expandStored: Operation = { ...common, level: 'instance', handle };

/** The parameters by which an expansion differs. */
export const expansionParameters: readonly string[] = [
  'url',
  'valueSet',
  'valueSetVersion',
  'context',
  'filter',
  'offset',
  'count',
  'includeDesignations',
  'includeDefinition',
  'activeOnly',
  'displayLanguage',
];

/** Those that are taken beside them change nothing here: an expansion is flat, of today, and as the definitions are. */
const known = new Set([
  ...expansionParameters,
  'contextDirection',
  'date',
  'designation',
  'excludeNested',
  'excludeNotForUI',
  'excludePostCoordinated',
  'resource',
]);

async function handle(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const parameters = new OperationParameters(request);
  for (const [name] of parameters.entries())
    if (!known.has(name))
      throw new Failure('invalid', `$expand here takes ${[...known].slice(0, -1).join(', ')}.`, {
        code: 'not-supported',
      });
  const valueSet = await askedValueSet(request, parameters, context);
  if (request.segments.length < 3)
    await context.services.audit(accessEntry(context, { action: '$expand', type: 'ValueSet' }));
  const filter = parameters.text('filter')?.trim().toLowerCase() ?? '';
  const activeOnly = parameters.flag('activeOnly') ?? false;
  const language = parameters.text('displayLanguage');
  const members = (await membersOf(valueSet, terminologyOf(context))).filter(
    (member) => !(activeOnly && member.isInactive === true) && fits(member, filter),
  );
  const offset = whole(parameters, 'offset') ?? 0;
  const count = whole(parameters, 'count');
  const page = members.slice(offset, count === undefined ? undefined : offset + count);
  const designations = parameters.flag('includeDesignations') ?? false;
  const { compose: _compose, expansion: _expansion, ...rest } = valueSet;
  const definition = parameters.flag('includeDefinition') === true ? { compose: _compose } : {};
  const used = [
    ...new Set(page.flatMap(({ system, version }) => (version === undefined ? [] : [`${system}|${version}`]))),
  ];
  const expanded: Resource = {
    ...rest,
    ...(definition.compose === undefined ? {} : definition),
    expansion: {
      identifier: `urn:uuid:${context.services.ids.next()}`,
      timestamp: instant(context.services.clock.now()),
      total: members.length,
      ...(offset === 0 && count === undefined ? {} : { offset }),
      ...withList('parameter', [
        ...(filter === '' ? [] : [{ name: 'filter', valueString: filter }]),
        ...(count === undefined ? [] : [{ name: 'count', valueInteger: count }]),
        ...used.map((version) => ({ name: 'version', valueUri: version })),
      ]),
      ...withList(
        'contains',
        page.map((member) => shownMember(member, { designations, language })),
      ),
    },
  };
  return { status: 200, headers: {}, body: stringifyJson(expanded) };
}

/** Every word of the filter begins a word of the name, or stands in the code. */
function fits({ code, display = '' }: Member, filter: string): boolean {
  if (filter === '') return true;
  const text = ` ${display.toLowerCase()} ${code.toLowerCase()}`;
  return filter.split(/\s+/).every((word) => text.includes(word));
}

function shownMember(
  { system, version, code, display, designation, isAbstract, isInactive }: Member,
  { designations, language }: { readonly designations: boolean; readonly language: string | undefined },
): object {
  const name = nameIn(language, designation) ?? display;
  return {
    ...(system === '' ? {} : { system }),
    ...(isAbstract === true && { abstract: true }),
    ...(isInactive === true && { inactive: true }),
    ...(version !== undefined && { version }),
    code,
    ...(name !== undefined && { display: name }),
    ...(designations && designation !== undefined && designation.length > 0 && { designation }),
  };
}

/** The name in a language, `nb` also for `nb-NO`. */
export function nameIn(language: string | undefined, designation: readonly unknown[] | undefined): string | undefined {
  if (language === undefined) return undefined;
  const wanted = language.toLowerCase();
  const found = (designation as readonly { readonly language?: string; readonly value?: string }[] | undefined)?.find(
    (one) =>
      one.language !== undefined &&
      (one.language.toLowerCase() === wanted || wanted.startsWith(`${one.language.toLowerCase()}-`)),
  );
  return found?.value;
}

const withList = (name: string, list: readonly object[]): object => (list.length === 0 ? {} : { [name]: list });

function whole(parameters: OperationParameters, name: string): number | undefined {
  const value = parameters.one(name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Failure('invalid', `${name} must be a whole number.`, {
    expression: `Parameters.parameter.where(name='${name}')`,
    code: 'value',
  });
}
