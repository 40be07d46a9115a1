import { interactionPolicy as policies, type KoaContextWithOIDC } from 'oidc-provider';
import type { IssuerUser } from '../../config/demo-users.js';

const { Check, base } = policies;

/** The prompts of oidc-provider; the one for consent is also where a professional chooses the patient. */
export function interactionPolicy(users: ReadonlyMap<string, IssuerUser>): policies.DefaultPolicy {
  const policy = base();
  policy
    .get('consent')!
    .checks.add(
      new Check('patient_needed', 'a patient must be chosen', 'interaction_required', (ctx: KoaContextWithOIDC) =>
        ctx.oidc.result?.consent === undefined && needsPatientChoice(ctx, users)
          ? Check.REQUEST_PROMPT
          : Check.NO_NEED_TO_PROMPT,
      ),
    );
  return policy;
}

/** A launch about one patient whom nobody has named: a professional chooses, a citizen is the patient. */
export function needsPatientChoice(ctx: KoaContextWithOIDC, users: ReadonlyMap<string, IssuerUser>): boolean {
  const user = users.get(ctx.oidc.session?.accountId ?? '');
  return (
    user !== undefined &&
    user.role !== 'citizen' &&
    ctx.oidc.params!['launch'] === undefined &&
    asksForPatient([...ctx.oidc.requestParamScopes])
  );
}

export const asksForPatient = (scopes: readonly string[]): boolean =>
  scopes.some((scope) => scope === 'launch/patient' || scope.startsWith('patient/'));
