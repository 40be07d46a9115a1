// https://hl7.org/fhir/R4/conceptmap-operation-translate.html
import { rowScope } from '../../access/decide.js';
import { parseJson } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { storedOfType } from '../../storage/search/stored-of-type.js';
import { standardResources } from '../../fhir/standard-resources.js';
import { type Dependency, translate as translateBy, type Translation } from '../../terminology/translate.js';
import { accessEntry } from '../audit-access.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';
import { type Part, parametersResponse } from '../respond.js';
import { demandCodes, part, subjectOf } from './terminology-parameters.js';

const common = {
  name: 'translate',
  definition: 'http://hl7.org/fhir/OperationDefinition/ConceptMap-translate',
  type: 'ConceptMap',
  affectsState: false,
  amountsTo: 'read',
} as const;

/** A code in the terms of another system, by one ConceptMap or by all that fit. */
export const translateGiven: Operation = { ...common, level: 'type', handle };
export const translateStored: Operation = { ...common, level: 'instance', handle };

async function handle(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const parameters = new OperationParameters(request);
  const codings = demandCodes(parameters);
  const named = await subjectOf('ConceptMap', request, parameters, context);
  const [source, target, targetSystem] = ['source', 'target', 'targetsystem'].map((name) => parameters.text(name));
  if (named === undefined && source === undefined && target === undefined && targetSystem === undefined)
    throw new Failure(
      'invalid',
      'Name the ConceptMap by its url, or say by target or targetsystem into what to translate.',
      {
        code: 'required',
      },
    );
  if (request.segments.length < 3)
    await context.services.audit(accessEntry(context, { action: '$translate', type: 'ConceptMap' }));
  const { result, matches } = translateBy(named === undefined ? await allMaps(context) : [named], {
    codings,
    reverse: parameters.flag('reverse') ?? false,
    dependencies: parameters.all('dependency').map(dependencyOf),
    ...(source !== undefined && { sourceValueSet: source }),
    ...(target !== undefined && { targetValueSet: target }),
    ...(targetSystem !== undefined && { targetSystem }),
  });
  return parametersResponse([
    part('result', 'Boolean', result),
    result ? undefined : part('message', 'String', 'No translation of this code is known here.'),
    ...matches.map(matchPart),
  ]);
}

async function allMaps({ services, principal }: Context): Promise<readonly Resource[]> {
  const texts = await storedOfType(services.pool, 'ConceptMap', rowScope(principal, services.clock.now()), services);
  return [...texts.map((text) => parseJson(text) as Resource), ...standardResources().conceptMaps()];
}

function dependencyOf(value: unknown): Dependency {
  const parts = new Map(
    (Array.isArray(value) ? (value as readonly Record<string, unknown>[]) : []).map((one) => [
      one['name'],
      Object.entries(one).find(([key]) => key.startsWith('value'))?.[1],
    ]),
  );
  const concept = parts.get('concept') as { readonly coding?: readonly { readonly code?: string }[] } | undefined;
  return { property: String(parts.get('element') ?? ''), value: concept?.coding?.[0]?.code ?? '' };
}

function matchPart({ equivalence, source, product, comment: _comment, ...coding }: Translation): Part {
  return {
    name: 'match',
    part: [
      part('equivalence', 'Code', equivalence),
      coding.code === undefined ? undefined : part('concept', 'Coding', coding),
      ...product.map(
        (one): Part => ({
          name: 'product',
          part: [
            { name: 'element', valueUri: one.property },
            {
              name: 'concept',
              valueCoding: { ...(one.system !== undefined && { system: one.system }), code: one.value },
            },
          ],
        }),
      ),
      part('source', 'Uri', source),
    ].filter((one) => one !== undefined),
  };
}
