import { decide } from '../access/decide.js';
import { narrowings } from '../access/narrowing.js';
import type { Interaction } from '../access/scope.js';
import { Failure } from '../kernel/failure.js';
import { accessEntry } from './audit-access.js';
import type { Context } from './request.js';

/**
 * Demands that the token reaches whole types, narrowed by no query and to no patient: for an operation that looks at all there is,
 * and tells it in another shape. A denial is audited. @throws Failure forbidden
 */
export async function demandWholeTypes(types: readonly string[], context: Context): Promise<void> {
  for (const type of types) {
    await demandScope('search', type, context);
    if (narrowings(context.principal, ['search'], type) === undefined) continue;
    await context.services.audit(accessEntry(context, { action: 'search', type, outcome: 4, detail: 'denied' }));
    throw new Failure('forbidden', `This operation needs a scope for every ${type}, which the access token has not.`);
  }
}

/** Scopes, and the rule of the type for this party. A denial is audited (decision 18). @throws Failure forbidden */
export async function demandScope(interaction: Interaction, type: string, context: Context): Promise<void> {
  const decision = decide(context.principal, interaction, type);
  if (decision.allowed) return;
  await context.services.audit(accessEntry(context, { action: interaction, type, outcome: 4, detail: 'denied' }));
  throw decision.failure;
}
