import type { Principal } from '../access/principal.js';
import type { ClientSettings, IssuerSettings } from './issuer-settings.js';

/**
 * Whether somebody who called once could call as the same today: the client is still registered with an issuer that is
 * trusted, for the same role, organisation and data controllers. What stands on after its caller has gone (a Subscription) is
 * held against it.
 *
 * @param issuers every trusted one; a client id stands in one of them only (`createAuthenticator`)
 */
export function registeredClients(issuers: readonly IssuerSettings[]): (caller: Principal) => boolean {
  const clients = new Map(issuers.flatMap((issuer) => Object.entries(issuer.clients)));
  return (caller) => {
    const client = clients.get(caller.client);
    return client !== undefined && isStill(caller, client);
  };
}

/** What a client's settings leave open is the token's to say, and stands as it was said. */
function isStill(caller: Principal, client: ClientSettings): boolean {
  const further = new Set(client.controllers);
  return (
    (client.role === undefined || client.role === caller.role) &&
    (client.organisation === undefined || client.organisation === caller.organisation) &&
    client.controller === caller.controller &&
    (caller.controllers ?? []).every((controller) => further.has(controller))
  );
}
