import type { Principal } from '../access/principal.js';
import { Failure } from '../kernel/failure.js';

/**
 * Decision 20: whoever delivers a message is its sender or the sender's registered carrier.
 *
 * @throws Failure `forbidden`
 */
export function checkSender(principal: Principal, herIds: readonly string[]): void {
  if (principal.carries === '*') return;
  if (herIds.some((her) => principal.carries.includes(her))) return;
  throw new Failure('forbidden', 'This client is neither the sender of the message nor registered as its carrier.', {
    expression: 'MsgHead.MsgInfo.Sender',
  });
}

/**
 * Who the commit acts for: the sender's own organisation where the directory knows it, so that a referral is seen by the
 * one who sent it and not by the carrier.
 */
export function onBehalfOf(principal: Principal, organisation: string | undefined): Principal {
  if (organisation === undefined || organisation === principal.organisation) return principal;
  return { ...principal, organisation, role: principal.role === 'admin' ? 'hospital' : principal.role };
}
