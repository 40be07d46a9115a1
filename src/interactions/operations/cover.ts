// EpisodeOfCare/$cover: profiles/operations/EpisodeOfCare-cover.json
import { partiesOfIdentifiers } from '../../access/parties.js';
import { tryDateRange } from '../../fhir/dates.js';
import type { Change } from '../../fhir/change.js';
import { updated } from '../../followup/vocabulary/module-change.js';
import { worklistEntry } from '../../followup/vocabulary/worklist.js';
import { system } from '../../followup/vocabulary/systems.js';
import { Failure } from '../../kernel/failure.js';
import { type Operation, OperationParameters } from '../operation.js';
import { callerReference, demandRole, keyIn, runOperation } from './run-operation.js';

const day = 86_400_000;
/** Who needs it for longer opens an episode of its own. */
const longest = 366 * day;

/**
 * Another organisation covers for the one that runs the episode, until a date. Asked again it has another end; with an end that
 * has passed, it is over at once.
 */
export const cover: Operation = {
  name: 'cover',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/EpisodeOfCare-cover',
  type: 'EpisodeOfCare',
  level: 'instance',
  affectsState: true,
  amountsTo: 'update',
  async handle(request, context) {
    const { principal, services } = context;
    demandRole(principal, ['municipality', 'admin'], 'Cover is given by the municipality that runs the episode.');
    const parameters = new OperationParameters(request);
    const identifier = parameters.one('organisation');
    const [party] = partiesOfIdentifiers(identifier);
    if (party?.startsWith('org:') !== true)
      throw new Failure('invalid', 'The parameter organisation must be an Identifier with an organisation number.', {
        expression: "Parameters.parameter.where(name='organisation')",
        code: 'value',
      });
    const reason = parameters.requiredText('reason');
    const end = tryDateRange(parameters.date('until') ?? parameters.requiredText('until'))!.high;
    return runOperation({
      request,
      context,
      name: '$cover',
      first: true,
      key: { type: 'EpisodeOfCare', id: request.segments[1]! },
      async decide(episode, view) {
        const owner = (episode['managingOrganization'] as { identifier?: unknown } | undefined)?.identifier;
        if (principal.role !== 'admin' && !partiesOfIdentifiers(owner).some((one) => principal.parties.includes(one)))
          return new Failure('forbidden', 'Cover is given by the municipality that runs the episode.');
        if (end > view.now + longest)
          return new Failure(
            'unprocessable',
            'Cover lasts a year at most; after that the other opens an episode of its own.',
            {
              expression: "Parameters.parameter.where(name='until')",
            },
          );
        const patient = keyIn(episode['patient']);
        if (patient === undefined)
          return new Failure('unprocessable', 'The episode names no patient of this server.', {
            expression: 'EpisodeOfCare.patient',
          });
        const earlier = (
          await view.search(
            'Task',
            `patient=Patient/${patient.id}&code=${system.taskCode}|cover&status=requested,accepted,in-progress`,
          )
        ).filter((task) =>
          partiesOfIdentifiers((task['owner'] as { identifier?: unknown } | undefined)?.identifier).includes(party),
        );
        const ended: Change[] = earlier.map((task) => updated(task, { status: 'cancelled' }));
        if (end <= view.now)
          return ended.length > 0
            ? ended
            : new Failure('unprocessable', 'There is no cover of that organisation to end.');
        const entry = worklistEntry(
          {
            code: 'cover',
            patient: { reference: `Patient/${patient.id}` },
            focus: { reference: `EpisodeOfCare/${episode.id}` },
            owner: { type: 'Organization', identifier: identifier as { system: string; value: string } },
            due: end,
            description: reason,
          },
          { ids: services.ids, now: view.now },
        );
        return [
          ...(entry.op === 'create'
            ? [{ ...entry, resource: { ...entry.resource, requester: callerReference(principal) } }]
            : []),
          ...ended,
        ];
      },
    });
  },
};
