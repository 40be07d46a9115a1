import { demoMunicipality, type DemoOrganisation } from '../../config/demo.js';
import type { IssuerClient, IssuerUser } from '../../config/demo-users.js';
import type { ClientSettings, IssuerSettings } from '../issuer-settings.js';
import { publicKey } from './issuer-keys.js';
import type { IssuerParts } from './issuer-parts.js';

/** The demo municipality is the data controller, whatever number that has been given. */
const numberOf = (organisation: DemoOrganisation, controller: string): string =>
  organisation.orgnr === demoMunicipality.orgnr ? controller : organisation.orgnr;

/** What an access token says of a person, beside the launch context. */
export function userClaims(user: IssuerUser, controller: string): Record<string, string> {
  return {
    name: user.name,
    role: user.role,
    security_level: user.securityLevel,
    ...(user.organisation !== undefined && { organisation: numberOf(user.organisation, controller) }),
    ...(user.hpr !== undefined && { hpr: user.hpr }),
  };
}

/** How the FHIR endpoint reads the tokens of the embedded issuer. */
export function embeddedIssuerSettings(
  parts: Pick<IssuerParts, 'issuer' | 'audience' | 'keys' | 'clients' | 'controller'>,
): IssuerSettings {
  return {
    issuer: parts.issuer,
    audience: parts.audience,
    keys: { set: { keys: parts.keys.keys.map(publicKey) } },
    algorithms: ['ES256'],
    types: ['at+jwt'],
    claims: {
      client: 'client_id',
      subject: 'sub',
      scope: 'scope',
      organisation: 'organisation',
      hpr: 'hpr',
      name: 'name',
      role: 'role',
      patient: 'patient',
    },
    demanded: {},
    scopes: {},
    clients: Object.fromEntries(parts.clients.map((client) => [client.id, clientSettings(client, parts.controller)])),
  };
}

function clientSettings(client: IssuerClient, controller: string): ClientSettings {
  return {
    controller,
    ...(client.role !== undefined && { role: client.role, name: client.name }),
    ...(client.organisation !== undefined && { organisation: numberOf(client.organisation, controller) }),
  };
}
