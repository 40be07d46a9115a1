import type { Principal } from '../../access/principal.js';
import type { Approver } from '../../followup/plan/approver.js';
import { Failure } from '../../kernel/failure.js';

/**
 * The doctor behind the request.
 *
 * @throws Failure forbidden where the caller is no GP or hospital doctor with an HPR number and an organisation
 */
export function approverOf({ role, hpr, organisation, name }: Principal): Approver {
  if (role !== 'gp' && role !== 'hospital')
    throw new Failure(
      'forbidden',
      'Only the patient’s GP (fastlege) or the responsible hospital doctor answers a plan.',
    );
  if (hpr === undefined || organisation === undefined)
    throw new Failure(
      'forbidden',
      'An answer to a plan needs the HPR number and the organisation of the one who gives it.',
    );
  return { hpr, organisation, role, name };
}
