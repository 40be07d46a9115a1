/**
 * The embedded token issuer of development: oidc-provider, set up for SMART App Launch and Backend Services.
 * https://hl7.org/fhir/smart-app-launch/ · https://github.com/panva/node-oidc-provider
 */
import { type AdapterFactory, type Configuration, errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { IssuerClient } from '../../config/demo-users.js';
import { parseScope, scopePattern } from '../../access/scope.js';
import { adapterOf } from './adapter.js';
import { clientMetadata, redirectsWithin } from './clients.js';
import { interactionPolicy, needsPatientChoice } from './interaction-policy.js';
import { type IssuerParts, type LaunchContext, launchContextKind } from './issuer-parts.js';
import { openLaunch } from './launch.js';
import { failurePage, loggedOutPage, logoutPage } from './pages.js';
import { userClaims } from './user-claims.js';

/** Scopes that say nothing about resources. */
export const plainScopes = [
  'openid',
  'profile',
  'fhirUser',
  'offline_access',
  'online_access',
  'launch',
  'launch/patient',
];

const minutes = 60;
const hours = 60 * minutes;
const days = 24 * hours;
/** Longest life of a client assertion, seconds. https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html */
const longestAssertion = 300;

/** Routes below the mount path. */
export const issuerRoutes = {
  authorization: '/authorize',
  token: '/token',
  jwks: '/jwks',
  revocation: '/revoke',
  end_session: '/logout',
  userinfo: '/userinfo',
} as const;

export function createProvider(parts: IssuerParts): Provider {
  const provider = new Provider(parts.issuer, configuration(parts));
  redirectsWithin(provider, parts);
  provider.use(async (ctx, next) => {
    await next();
    addLaunchContext(ctx as KoaContextWithOIDC);
  });
  provider.on('server_error', (_ctx, error) =>
    parts.log.error({ error: error.stack ?? error.message }, 'token issuer'),
  );
  return provider;
}

function configuration(parts: IssuerParts): Configuration {
  const mount = new URL(parts.issuer).pathname;
  const { audience, clients, clock, controller, users } = parts;
  const clientById = new Map(clients.map((client) => [client.id, client]));
  const userById = new Map(users.map((user) => [user.id, user]));
  const resourceScopes = (ctx: KoaContextWithOIDC): string => {
    const client = clientById.get(ctx.oidc.client!.clientId);
    const source = ctx.oidc.entities.RefreshToken ?? ctx.oidc.entities.AuthorizationCode;
    const asked = (ctx.oidc.params?.['scope'] as string | undefined) ?? source?.scope ?? '';
    return asked
      .split(' ')
      .filter((scope) => mayAsk(client, scope))
      .join(' ');
  };
  return {
    adapter: adapterOf(parts.records) as AdapterFactory,
    clients: clients.map((client) => clientMetadata(client, parts)),
    jwks: { keys: [...parts.keys.keys] } as NonNullable<Configuration['jwks']>,
    routes: issuerRoutes,
    scopes: plainScopes,
    claims: { openid: ['sub'], profile: ['name'], fhirUser: ['fhirUser'] },
    conformIdTokenClaims: false,
    responseTypes: ['code'],
    pkce: { required: () => true },
    cookies: {
      keys: [...parts.cookieKeys],
      short: { httpOnly: true, sameSite: 'lax', path: '/' },
      long: { httpOnly: true, sameSite: 'lax', path: '/' },
    },
    // Scripts of the pages that a client may be led back to.
    clientBasedCORS: (_ctx, origin, client) =>
      (client.redirectUris ?? []).some((uri) => client.redirectUriAllowed(`${origin}${new URL(uri).pathname}`)),
    clientAuthMethods: ['none', 'private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: ['RS384', 'ES384', 'PS256', 'RS256', 'ES256'] },
    clockTolerance: 5,
    ttl: {
      AccessToken: 10 * minutes,
      AuthorizationCode: minutes,
      ClientCredentials: 5 * minutes,
      Grant: 30 * days,
      IdToken: hours,
      Interaction: hours,
      RefreshToken: 30 * days,
      Session: 8 * hours,
    },
    rotateRefreshToken: true,
    issueRefreshToken: async (_ctx, client, source) =>
      client.grantTypeAllowed('refresh_token') &&
      (source.scopes.has('offline_access') || source.scopes.has('online_access')),
    extraParams: {
      /** SMART's name for the resource server that the token is for; a client that was led elsewhere is told so. */
      aud(_ctx, value) {
        if (value !== undefined && value.replace(/\/$/, '') !== audience)
          throw new errors.InvalidRequest(`aud must be ${audience}`);
      },
      launch(ctx, value) {
        if (value !== undefined && openLaunch(value, ctx.oidc.client!.clientId, parts) === undefined)
          throw new errors.InvalidRequest('launch is not one of ours, is too old, or is meant for another app');
      },
    },
    interactions: { policy: interactionPolicy(userById), url: (_ctx, { uid }) => `${mount}/interaction/${uid}` },
    loadExistingGrant: (ctx) => existingGrant(ctx, clientById, userById),
    findAccount: async (_ctx, sub) => {
      const user = userById.get(sub);
      if (user === undefined) return undefined;
      return {
        accountId: sub,
        async claims() {
          const patient = user.fnr === undefined ? undefined : await parts.patientOf(user.fnr);
          const fhirUser =
            user.practitioner === undefined
              ? patient && `${audience}/Patient/${patient}`
              : `${audience}/Practitioner/${user.practitioner}`;
          return { sub, name: user.name, ...(fhirUser !== undefined && { fhirUser }) };
        },
      };
    },
    extraTokenClaims: async (_ctx, token) => {
      if (token.kind === 'ClientCredentials') return {};
      const user = userById.get(token.accountId);
      if (user === undefined) return {};
      const own = user.fnr === undefined ? undefined : await parts.patientOf(user.fnr);
      const chosen =
        token.grantId === undefined ? undefined : await parts.records(launchContextKind).find(token.grantId);
      const context = own === undefined ? (chosen as LaunchContext | undefined) : { patient: own };
      return { ...userClaims(user, controller), ...context };
    },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: async (ctx, form) => void (ctx.body = logoutPage(form)),
        postLogoutSuccessSource: async (ctx) => void (ctx.body = loggedOutPage()),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: async () => audience,
        useGrantedResource: async () => true,
        getResourceServerInfo: async (ctx, resource) => {
          if (resource !== audience) throw new errors.InvalidTarget();
          return { scope: resourceScopes(ctx), audience, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } };
        },
      },
    },
    assertJwtClientAuthClaimsAndHeader: async (ctx, claims) => {
      if (claims['sub'] !== ctx.oidc.client!.clientId) throw new errors.InvalidClientAuth('sub must be the client_id');
      if (Number(claims['exp']) > clock.now() / 1000 + longestAssertion + 5)
        throw new errors.InvalidClientAuth('exp must be no more than five minutes ahead');
    },
    renderError: async (ctx, out) => {
      ctx.type = 'html';
      ctx.body = failurePage(out.error, out.error_description);
    },
  };
}

/** Which SMART scopes a client may ask for: a backend acts for itself, the others for a person. */
function mayAsk(client: IssuerClient | undefined, scope: string): boolean {
  if (!scopePattern.test(scope)) return false;
  try {
    return (parseScope(scope).level === 'system') === (client?.kind === 'backend');
  } catch {
    return false;
  }
}

/**
 * What was granted before. Our own pages are not asked about; a launch is a grant of its own, since its tokens carry what
 * that launch is about.
 */
async function existingGrant(
  ctx: KoaContextWithOIDC,
  clients: ReadonlyMap<string, IssuerClient>,
  users: Parameters<typeof needsPatientChoice>[1],
) {
  const { client, result, session, provider } = ctx.oidc;
  const granted = (result?.consent as { grantId?: string } | undefined)?.grantId;
  if (granted !== undefined) return provider.Grant.find(granted);
  const scopes = [...ctx.oidc.requestParamScopes];
  if (ctx.oidc.params!['launch'] !== undefined || needsPatientChoice(ctx, users)) return undefined;
  if (clients.get(client!.clientId)?.kind !== 'pages') {
    const known = session!.grantIdFor(client!.clientId);
    return known === undefined || scopes.includes('launch/patient') ? undefined : provider.Grant.find(known);
  }
  const grant = new provider.Grant({ accountId: session!.accountId!, clientId: client!.clientId });
  grantScopes(grant, ctx);
  await grant.save();
  return grant;
}

function grantScopes(grant: InstanceType<Provider['Grant']>, ctx: KoaContextWithOIDC): void {
  grant.addOIDCScope([...ctx.oidc.requestParamOIDCScopes].join(' '));
  for (const [resource, server] of Object.entries(ctx.oidc.resourceServers ?? {})) {
    grant.addResourceScope(resource, [...server.scopes].join(' '));
  }
}

/** The context beside the token in the token response. */
function addLaunchContext(ctx: KoaContextWithOIDC): void {
  if (ctx.oidc?.route !== 'token' || ctx.status !== 200) return;
  const extra = ctx.oidc.entities.AccessToken?.extra as LaunchContext | undefined;
  if (extra === undefined) return;
  const { patient, encounter, intent } = extra;
  Object.assign(ctx.body as object, {
    ...(patient !== undefined && { patient, need_patient_banner: true }),
    ...(encounter !== undefined && { encounter }),
    ...(intent !== undefined && { intent }),
  });
}
