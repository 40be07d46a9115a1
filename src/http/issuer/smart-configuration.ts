// https://hl7.org/fhir/smart-app-launch/conformance.html

import type { Request, Response } from 'express';
import { issuerRoutes } from './provider.js';

/** `GET [base]/.well-known/smart-configuration`, open to all. */
export const smartEndpoint = (endpoints: SmartEndpoints) => (_req: Request, res: Response) => {
  res.set('Cache-Control', 'public, max-age=300').json(smartConfiguration(endpoints));
};

/** Those of the embedded issuer. */
export const embeddedEndpoints = (issuer: string): SmartEndpoints => ({
  issuer,
  authorization: `${issuer}${issuerRoutes.authorization}`,
  token: `${issuer}${issuerRoutes.token}`,
  jwks: `${issuer}${issuerRoutes.jwks}`,
  revocation: `${issuer}${issuerRoutes.revocation}`,
});

export interface SmartEndpoints {
  readonly issuer: string;
  readonly authorization?: string | undefined;
  readonly token: string;
  readonly jwks?: string | undefined;
  readonly revocation?: string | undefined;
}

/** `.well-known/smart-configuration` of the FHIR base. */
export function smartConfiguration({ issuer, authorization, token, jwks, revocation }: SmartEndpoints): object {
  return {
    issuer,
    ...(jwks !== undefined && { jwks_uri: jwks }),
    ...(authorization !== undefined && { authorization_endpoint: authorization }),
    token_endpoint: token,
    ...(revocation !== undefined && { revocation_endpoint: revocation }),
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
    grant_types_supported: [...(authorization === undefined ? [] : ['authorization_code']), 'client_credentials'],
    scopes_supported: [
      'openid',
      'profile',
      'fhirUser',
      'launch',
      'launch/patient',
      'offline_access',
      'online_access',
      'patient/*.cruds',
      'user/*.cruds',
      'system/*.cruds',
    ],
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    capabilities: [...(authorization === undefined ? [] : ofApps), ...ofAll],
  };
}

/** https://hl7.org/fhir/smart-app-launch/conformance.html#capabilities */
const ofApps = [
  'launch-ehr',
  'launch-standalone',
  'authorize-post',
  'client-public',
  'sso-openid-connect',
  'context-banner',
  'context-ehr-patient',
  'context-ehr-encounter',
  'context-standalone-patient',
  'permission-offline',
  'permission-online',
  'permission-patient',
  'permission-user',
];
const ofAll = ['client-confidential-asymmetric', 'permission-v1', 'permission-v2'];
