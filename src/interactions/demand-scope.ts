import { decide } from '../access/decide.js';
import type { Interaction } from '../access/scope.js';
import { accessEntry } from './audit-access.js';
import type { Context } from './request.js';

/** Scopes, and the rule of the type for this party. A denial is audited (decision 18). @throws Failure forbidden */
export async function demandScope(interaction: Interaction, type: string, context: Context): Promise<void> {
  const decision = decide(context.principal, interaction, type);
  if (decision.allowed) return;
  await context.services.audit(accessEntry(context, { action: interaction, type, outcome: 4, detail: 'denied' }));
  throw decision.failure;
}
