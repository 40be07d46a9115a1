// https://hl7.org/fhir/uv/sdc/OperationDefinition/Questionnaire-populate
import { absent } from '../../access/decide.js';
import { operationOutcome } from '../../fhir/operation-outcome.js';
import { keyOf, type Resource, type ResourceKey } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import { type Operation, OperationParameters } from '../operation.js';
import { Population } from '../populate/populate.js';
import { launchContexts, type Questionnaire } from '../populate/questionnaire.js';
import { resourcesIn, Sources } from '../populate/sources.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';
import { parametersResponse, type Part } from '../respond.js';
import { keyIn } from './run-operation.js';

const common = {
  name: 'populate',
  definition: 'http://hl7.org/fhir/uv/sdc/OperationDefinition/Questionnaire-populate',
  type: 'Questionnaire',
  affectsState: false,
  amountsTo: 'read',
  handle,
} as const;

/** A form, filled in as far as it can be for a subject: a draft that nothing is stored of. */
export const populateStored: Operation = { ...common, level: 'instance' };
export const populateGiven: Operation = { ...common, level: 'type' };

const wrong = (name: string, what: string, code: 'value' | 'required' = 'value'): Failure =>
  new Failure('invalid', what, { expression: `Parameters.parameter.where(name='${name}')`, code });

async function handle(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const { services } = context;
  const parameters = new OperationParameters(request);
  const subject = keyIn(parameters.reference('subject'));
  if (subject === undefined) throw wrong('subject', 'subject is needed: a reference to a resource here.', 'required');
  const sources = new Sources(context, subject);
  const questionnaire = await questionnaireOf(request, parameters, sources);
  if (questionnaire.subjectType !== undefined && !questionnaire.subjectType.includes(subject.type))
    throw wrong('subject', `This form is about: ${questionnaire.subjectType.join(', ')}.`);
  const environment = await environmentOf(questionnaire, parameters, sources);
  const { url = `${services.base}/Questionnaire/${questionnaire.id}`, version } = questionnaire;
  const draft: Resource = {
    resourceType: 'QuestionnaireResponse',
    questionnaire: version === undefined ? url : `${url}|${version}`,
    status: 'in-progress',
    subject: { reference: keyOf(subject) },
    authored: instant(services.clock.now()),
  };
  const local = parameters.flag('local') ?? true;
  const population = new Population(questionnaire, draft, local ? sources : undefined);
  const item = await population.filled(environment);
  const response = { ...draft, ...(item.length === 0 ? {} : { item }) };
  return parametersResponse([
    { name: 'response', resource: response },
    population.issues.length === 0 ? undefined : { name: 'issues', resource: operationOutcome(population.issues) },
  ]);
}

/** The one of the URL, by reference, by canonical URL, or given itself. @throws Failure not-found, invalid */
async function questionnaireOf(
  request: FhirRequest,
  parameters: OperationParameters,
  sources: Sources,
): Promise<Questionnaire> {
  if (request.segments.length === 3) return sources.read({ type: 'Questionnaire', id: request.segments[1]! });
  const given = parameters.one('questionnaire');
  if (typeof given === 'object' && given !== null && 'resourceType' in given) return given as Questionnaire;
  const key = keyIn(parameters.reference('questionnaireRef'));
  if (key?.type === 'Questionnaire') return sources.read(key);
  const canonical = parameters.text('canonical');
  if (canonical === undefined)
    throw wrong('canonical', 'Which form? Give canonical, questionnaireRef or questionnaire.', 'required');
  const [url = '', version] = canonical.split('|');
  const query = [
    `url=${encodeURIComponent(url)}`,
    ...(version === undefined ? [] : [`version=${encodeURIComponent(version)}`]),
  ];
  const [found] = resourcesIn(await sources.search(`Questionnaire?${query.join('&')}&_sort=-_lastUpdated&_count=1`));
  if (found === undefined) throw absent('Questionnaire');
  return found;
}

/** What expressions know by name: the subject, and what is brought along as the form asks for it. */
async function environmentOf(
  questionnaire: Questionnaire,
  parameters: OperationParameters,
  sources: Sources,
): Promise<Readonly<Record<string, unknown>>> {
  const subject = await sources.read(sources.subject);
  const environment: Record<string, unknown> = { subject };
  if (subject.resourceType === 'Patient') environment['patient'] = subject;
  const contexts = launchContexts(questionnaire);
  for (const given of parameters.all('context')) {
    const parts = Array.isArray(given) ? (given as readonly Part[]) : [];
    const name = parts.find((part) => part.name === 'name');
    const text = name?.['valueString'] ?? name?.['valueCode'] ?? name?.['valueId'];
    if (typeof text !== 'string' || !/^\w{1,64}$/.test(text))
      throw wrong('context', 'Each context has a name and a content.', 'required');
    const content = await contentOf(parts, sources);
    const types = contexts.find((one) => one.name === text)?.types ?? [];
    if (types.length > 0 && !types.includes(content.resourceType))
      throw wrong('context', `The context ${text} is a ${types.join(' or ')}.`);
    environment[text] = content;
  }
  return environment;
}

async function contentOf(parts: readonly Part[], sources: Sources): Promise<Resource> {
  const content = parts.find((part) => part.name === 'content');
  if (content?.['resource'] !== undefined) return content['resource'] as Resource;
  const key: ResourceKey | undefined = keyIn(content?.['valueReference']);
  if (key === undefined) throw wrong('context', 'The content of a context is a resource, or a reference to one here.');
  return sources.read(key);
}
