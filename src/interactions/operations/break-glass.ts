// Patient/$break-glass: profiles/operations/Patient-break-glass.json
import { breakGlassAction } from '../../access/audit-action.js';
import { keyOf } from '../../fhir/resource.js';
import { worklistEntry } from '../../followup/vocabulary/worklist.js';
import type { Reference } from '../../followup/vocabulary/element.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import { findPatients } from '../../storage/patients.js';
import { isForbidden } from '../../storage/record-blocks.js';
import { type Operation, OperationParameters } from '../operation.js';
import { parametersResponse } from '../respond.js';
import { callerReference } from './run-operation.js';

/** Fewer characters say nothing. */
const shortestReason = 10;

/**
 * Access in an emergency, for one person, for some hours, with a written reason. It opens what the patient has blocked too,
 * unless that was forbidden. The owner of the record gets it on the worklist to look into; the patient finds it in the log.
 */
export const breakGlass: Operation = {
  name: 'break-glass',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/Patient-break-glass',
  type: 'Patient',
  level: 'type',
  affectsState: true,
  amountsTo: 'read',
  async handle(request, context) {
    const { services, principal } = context;
    const { dictionary } = services;
    if (principal.hpr === undefined || !['hospital', 'gp', 'municipality'].includes(principal.role))
      throw new Failure(
        'forbidden',
        'Access in an emergency is taken by a health professional: the token must name the person.',
      );
    const parameters = new OperationParameters(request);
    const reason = parameters.requiredText('reason').trim();
    if (reason.length < shortestReason)
      throw new Failure('invalid', 'The reason must say why this person’s data is needed now.', {
        expression: "Parameters.parameter.where(name='reason')",
        code: 'value',
      });
    const { system, value } = (parameters.one('identifier') ?? {}) as { system?: unknown; value?: unknown };
    if (typeof system !== 'string' || typeof value !== 'string')
      throw new Failure('invalid', 'The parameter identifier is needed, with system and value.', {
        expression: "Parameters.parameter.where(name='identifier')",
        code: 'required',
      });
    const controller = dictionary.controllerId(principal.controller)!;
    const { byIdentifier } = await findPatients(
      services.pool,
      { ids: [], identifiers: [{ system, value }] },
      controller,
      dictionary,
    );
    const [found] = byIdentifier.values();
    const until = services.clock.now() + services.emergencyHours * 3_600_000;
    let patient = '';
    await services.commit(
      {
        action: breakGlassAction,
        detail: reason,
        patients: [{ system, value }],
        async decide(view) {
          const [person] = await view.patients({ system, value });
          if (person === undefined || found === undefined)
            throw new Failure('not-found', 'There is no such person here.');
          patient = keyOf({ type: 'Patient', id: person.id! });
          if (await isForbidden(services.pool, found.key, principal.parties, view.now))
            throw new Failure('forbidden', 'This person has forbidden access, also in an emergency.');
          const [episode] = await view.search(
            'EpisodeOfCare',
            `patient=${patient}&status=active,onhold,planned,waitlist`,
          );
          const by = callerReference(principal);
          const entry = worklistEntry(
            {
              code: 'emergency-access',
              patient: { reference: patient },
              owner:
                (episode?.['managingOrganization'] as Reference | undefined) ??
                ({
                  type: 'Organization',
                  identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.101', value: principal.controller },
                } as Reference),
              priority: 'urgent',
              due: until,
              description: reason,
            },
            { ids: services.ids, now: view.now },
          );
          return [
            entry.op === 'create'
              ? { ...entry, resource: { ...entry.resource, requester: by }, grants: [`org:${principal.controller}`] }
              : entry,
          ];
        },
      },
      principal,
      context.request,
    );
    return parametersResponse([
      { name: 'patient', valueReference: { reference: patient } },
      { name: 'until', valueInstant: instant(until) },
    ]);
  },
};
