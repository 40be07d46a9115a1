/** `EpisodeOfCare/$green-alerts`: whether what has not come opens green alerts for this patient. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { withExtension } from '../vocabulary/element.js';
import { updated } from '../vocabulary/module-change.js';
import { structure } from '../vocabulary/systems.js';

/** Extension of EpisodeOfCare: switched off, and why. */
export const greenAlertsOffUrl = structure('dho-green-alerts-off');

const ended = new Set(['finished', 'cancelled', 'entered-in-error']);

/** Off needs a reason, which the episode keeps. Alerts that are open stay for a person to close. */
export function switchGreenAlerts(facts: {
  readonly episode: Resource;
  readonly on: boolean;
  readonly reason?: string | undefined;
}): Change[] | Failure {
  const { episode, on, reason = '' } = facts;
  if (ended.has(String(episode.status)))
    return new Failure('conflict', `The service is ${String(episode.status)}.`, { expression: 'EpisodeOfCare.status' });
  if (!on && reason.trim() === '') {
    return new Failure('unprocessable', 'Green alerts are switched off with a reason.', {
      expression: "Parameters.parameter.where(name='reason')",
      code: 'required',
    });
  }
  const off = { url: greenAlertsOffUrl, valueCodeableConcept: { text: reason } };
  return [updated(withExtension(episode, greenAlertsOffUrl, ...(on ? [] : [off])), {})];
}
