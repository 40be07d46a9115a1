// Patient/$dho-status: profiles/operations/Patient-dho-status.json
import { rowScope } from '../../access/decide.js';
import { Failure } from '../../kernel/failure.js';
import { blockedCondition } from '../../storage/scope-condition.js';
import { accessEntry } from '../audit-access.js';
import { type Operation, OperationParameters } from '../operation.js';
import { parametersResponse } from '../respond.js';

/**
 * Has this person digital home follow-up, is it paused, and whom does one contact? A minimal answer for any health
 * enterprise that gives a reason; each question is audited with it.
 */
export const dhoStatus: Operation = {
  name: 'dho-status',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/Patient-dho-status',
  type: 'Patient',
  level: 'type',
  affectsState: false,
  amountsTo: 'read',
  followUp: true,
  async handle(request, context) {
    const { services, principal } = context;
    if (request.method !== 'POST')
      throw new Failure('not-allowed', '$dho-status is called by POST: an identity number never stands in a URL.');
    if (principal.role === 'device' || principal.role === 'citizen')
      throw new Failure('forbidden', '$dho-status is for health enterprises.');
    const parameters = new OperationParameters(request);
    const identifier = parameters.one('identifier') as { system?: unknown; value?: unknown } | undefined;
    if (typeof identifier?.system !== 'string' || typeof identifier.value !== 'string') {
      throw new Failure('invalid', 'The parameter identifier is needed, with system and value.', {
        expression: "Parameters.parameter.where(name='identifier')",
        code: 'required',
      });
    }
    const reason = parameters.requiredText('reason');
    const values: unknown[] = [
      identifier.system,
      identifier.value,
      services.dictionary.controllerId(principal.controller),
      services.dictionary.typeId('EpisodeOfCare'),
    ];
    // Whom the patient has shut out is told no more than of somebody who is not followed up.
    const open =
      principal.role === 'admin'
        ? 'true'
        : blockedCondition(
            'e',
            'EpisodeOfCare',
            rowScope(principal, services.clock.now()),
            values,
            services.dictionary,
          );
    const { rows } = await services.pool.query(
      `select p.patient, e.content from patient_identifier p join dict_system s on s.id = p.system
       left join resource e on e.type = $4 and p.patient = any (e.patients) and e.content is not null and e.managed and ${open}
       where s.url = $1 and p.value = $2 and p.controller = $3 order by e.rid desc`,
      values,
    );
    const episodes = rows.flatMap((row) =>
      row['content'] === null
        ? []
        : [JSON.parse(row['content'] as string) as { status: string; managingOrganization?: object }],
    );
    const running = episodes.find((episode) => episode.status === 'active' || episode.status === 'onhold');
    await services.audit(
      accessEntry(context, {
        action: '$dho-status',
        type: 'Patient',
        patients: rows.slice(0, 1).map((row) => Number(row['patient'])),
        detail: reason,
      }),
    );
    return parametersResponse([
      { name: 'active', valueBoolean: running !== undefined },
      ...(running === undefined ? [] : [{ name: 'paused', valueBoolean: running.status === 'onhold' }]),
      ...(running?.managingOrganization === undefined
        ? []
        : [{ name: 'contact', valueReference: running.managingOrganization }]),
    ]);
  },
};
