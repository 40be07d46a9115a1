import type { Principal } from '../../../src/access/principal.js';
import { parseScopes } from '../../../src/access/scope.js';
import { demoClients, type DemoClientId } from '../../../src/config/demo.js';

/** The Principals that the tokens of the demo clients become. */
export function demoPrincipal(id: DemoClientId, change: Partial<Principal> = {}): Principal {
  const client = demoClients[id];
  const organisation = client.organisation.orgnr;
  return {
    client: id,
    subject: id,
    name: client.name,
    role: client.role,
    organisation,
    ...(client.person !== undefined && { hpr: client.person.hpr }),
    scopes: parseScopes(client.scopes),
    parties: [
      `org:${organisation}`,
      ...(client.person === undefined ? [] : [`hpr:${client.person.hpr}`]),
      `client:${id}`,
    ],
    carries: client.carries,
    controller: '310000019',
    ...change,
  };
}
