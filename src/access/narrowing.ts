/**
 * What scopes narrow beyond the type: patient scopes to the one patient of the token, version 2 scopes to what fulfils
 * their query. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
 */
import type { Principal } from './principal.js';
import type { Narrowing } from './row-scope.js';
import { type Interaction, permits } from './scope.js';
import { kindOf } from './type-rules.js';

/**
 * The scopes that permit the interaction, as alternatives one of which a row must fulfil.
 *
 * @returns undefined where one of them takes every row
 */
export function narrowings(
  principal: Principal,
  interactions: readonly Interaction[],
  type: string,
): readonly Narrowing[] | undefined {
  const found: Narrowing[] = [];
  for (const scope of principal.scopes) {
    if (!interactions.some((interaction) => permits(scope, type, interaction))) continue;
    const narrowed = {
      ...(scope.level === 'patient' && kindOf(type) === 'patient' && { patient: principal.patient ?? '' }),
      ...(scope.conditions !== undefined && { conditions: scope.conditions }),
    };
    if (Object.keys(narrowed).length === 0) return undefined;
    found.push(narrowed);
  }
  return found;
}
