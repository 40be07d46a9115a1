// https://hl7.org/fhir/R4/plandefinition-operation-apply.html, profiles/operations/PlanDefinition-apply.json
import { DateTime } from 'luxon';
import { tryDateRange } from '../../fhir/dates.js';
import type { Resource } from '../../fhir/resource.js';
import { applyPlanDefinition } from '../../followup/plan/apply-plan-definition.js';
import { Failure } from '../../kernel/failure.js';
import type { View } from '../commit-types.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context, FhirRequest, FhirResponse } from '../request.js';
import { writtenResponse } from '../respond.js';
import { centreHours } from './centre-hours.js';
import { namedPatient } from './named-patient.js';
import { callerReference, demandRole, keyIn, visible } from './run-operation.js';

const definition = 'http://hjemmebro.no/fhir/OperationDefinition/PlanDefinition-apply';

/** One template, or several for a patient with several diagnoses → a draft plan. */
async function handle(request: FhirRequest, context: Context): Promise<FhirResponse> {
  demandRole(context.principal, ['municipality', 'hospital', 'gp', 'admin'], 'This client does not make plans.');
  const { services, principal } = context;
  const parameters = new OperationParameters(request);
  const start = parameters.text('start');
  if (start !== undefined && (!/^\d{4}-\d\d-\d\d$/.test(start) || tryDateRange(start) === undefined))
    throw new Failure('invalid', 'start is a date, YYYY-MM-DD.', {
      expression: "Parameters.parameter.where(name='start')",
    });
  const [written] = await services.commit(
    {
      action: '$apply',
      patients: patientNames(parameters),
      async decide(view) {
        const templates = await templatesOf(request, parameters, view);
        const subject = await namedPatient(parameters, 'subject', view);
        const serviceCalendar = await centreHours(view, services.centre.herId, services.centre.afterHours);
        const organisation = parameters.reference('organization');
        const change = applyPlanDefinition({
          templates,
          variants: parameters.all('variant').map(String),
          subject,
          author: parameters.reference('practitioner') ?? organisation ?? callerReference(principal),
          ...(serviceCalendar === undefined ? {} : { serviceCalendar }),
          start: start ?? DateTime.fromMillis(view.now, { zone: 'Europe/Oslo' }).toISODate()!,
          now: view.now,
          ids: services.ids,
        });
        if (change instanceof Failure) throw change;
        return [change];
      },
    },
    principal,
    context.request,
  );
  return writtenResponse(request, written!, services.base);
}

export const apply: Operation = {
  name: 'apply',
  definition,
  type: 'PlanDefinition',
  level: 'instance',
  affectsState: true,
  amountsTo: 'read',
  followUp: true,
  handle,
};
export const applySeveral: Operation = { ...apply, level: 'type' };

function patientNames(parameters: OperationParameters): { type: string; id: string }[] {
  const key = keyIn(parameters.reference('subject'));
  return key?.type === 'Patient' ? [key] : [];
}

async function templatesOf(
  request: FhirRequest,
  parameters: OperationParameters,
  view: View,
): Promise<readonly Resource[]> {
  const found: Resource[] = [];
  if (request.segments.length === 3)
    found.push(await visible(view, { type: 'PlanDefinition', id: request.segments[1]! }));
  for (const canonical of parameters.all('planDefinition')) {
    const text = String(
      typeof canonical === 'object' && canonical !== null
        ? ((canonical as { reference?: string }).reference ?? '')
        : canonical,
    );
    const key = keyIn({ reference: text });
    if (key?.type === 'PlanDefinition') found.push(await visible(view, key));
    else {
      const [url, version] = text.split('|');
      const [template] = await view.find(
        'PlanDefinition',
        `url=${encodeURIComponent(url ?? '')}${version === undefined ? '' : `&version=${encodeURIComponent(version)}`}`,
      );
      if (template === undefined)
        throw new Failure('not-found', 'There is no template (PlanDefinition) with this canonical.', {
          expression: "Parameters.parameter.where(name='planDefinition')",
        });
      found.push(template);
    }
  }
  return found;
}
