/** `EpisodeOfCare/$decline-plan`: the patient wants no self-management plan – a valid, recorded state. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import { type Extension, extensionOf, extensionsOf, type Reference, withExtension } from '../vocabulary/element.js';
import { updated } from '../vocabulary/module-change.js';
import { structure } from '../vocabulary/systems.js';

export const planDeclinedUrl = structure('dho-plan-declined');

/** Why the patient wants no plan; undefined where they want one, or were not asked. */
export const planDeclined = (episode: Resource): string | undefined => {
  const found = extensionOf(episode, planDeclinedUrl);
  return found === undefined ? undefined : String(extensionsOf(found, 'reason')[0]?.valueString);
};

export interface PlanChoice {
  readonly episode: Resource;
  readonly declined: boolean;
  readonly reason: string;
  readonly by: Reference;
  /** Open Tasks `approve` of the patient's drafts. */
  readonly waiting: readonly Resource[];
  readonly now: number;
}

/** → the episode with or without the choice; drafts that wait for an answer are not asked about any more. */
export function choosePlan({ episode, declined, reason, by, waiting, now }: PlanChoice): Change[] | Failure {
  if (episode.status === 'finished' || episode.status === 'cancelled' || episode.status === 'entered-in-error')
    return new Failure('conflict', `The service is ${String(episode.status)}.`, { expression: 'EpisodeOfCare.status' });
  if (!declined) return [updated(withExtension(episode, planDeclinedUrl), {})];
  if (reason.trim() === '')
    return new Failure('unprocessable', 'Say in the parameter reason why the patient wants no plan.', {
      expression: "Parameters.parameter.where(name='reason')",
      code: 'required',
    });
  const at = instant(now);
  const choice: Extension = {
    url: planDeclinedUrl,
    extension: [
      { url: 'reason', valueString: reason },
      { url: 'by', valueReference: by },
      { url: 'recorded', valueDateTime: at },
    ],
  };
  return [
    updated(withExtension(episode, planDeclinedUrl, choice), {}),
    ...waiting.map((task) =>
      updated(task, {
        status: 'cancelled',
        statusReason: { text: `Pasienten ønsker ikke egenbehandlingsplan: ${reason}` },
        lastModified: at,
      }),
    ),
  ];
}
