import { systemClock } from '../../../kernel/clock.js';
import { renewed } from './login.js';
import { keepSession, keptSession } from './session.js';

/** Renewed so long before it ends that no request is refused on its way. */
const margin = 30_000;
let renewing: Promise<string> | undefined;

/** The Authorization header of the logged-in person; the token is renewed where it is about to end. '' when nobody is. */
export async function authorization(): Promise<string> {
  const session = keptSession();
  if (session === undefined) return '';
  if (session.expires - margin > systemClock.now() || session.refreshToken === undefined)
    return `Bearer ${session.accessToken}`;
  renewing ??= renewed(session)
    .then((fresh) => {
      keepSession(fresh);
      return fresh === undefined ? '' : `Bearer ${fresh.accessToken}`;
    })
    .finally(() => (renewing = undefined));
  return renewing;
}
