import type { ClientMetadata, Provider } from 'oidc-provider';
import { type IssuerClient, pagesClientId } from '../../config/demo-users.js';
import type { IssuerParts } from './issuer-parts.js';

export function clientMetadata(client: IssuerClient, parts: IssuerParts): ClientMetadata {
  const shown = { client_id: client.id, client_name: client.name };
  if (client.kind === 'backend') {
    return {
      ...shown,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [...(parts.clientKeys[client.id] ?? [])] } as NonNullable<ClientMetadata['jwks']>,
    };
  }
  return {
    ...shown,
    application_type: client.kind === 'pages' ? 'web' : 'native',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: client.kind === 'pages' ? ownAddresses(parts.issuer) : [...(client.redirectUris ?? [])],
    post_logout_redirect_uris: client.kind === 'pages' ? ownAddresses(parts.issuer) : [],
    token_endpoint_auth_method: 'none',
  };
}

/** The roots of our own origin; a loopback origin goes by both of its names. */
function ownAddresses(issuer: string): string[] {
  const { protocol, hostname, port, origin } = new URL(issuer);
  if (hostname !== 'localhost' && hostname !== '127.0.0.1') return [`${origin}/`];
  return ['localhost', '127.0.0.1'].map((name) => `${protocol}//${name}${port === '' ? '' : `:${port}`}/`);
}

/**
 * Our own pages may come back to any path of our own origin; every other client exactly to what it registered (a native
 * app's loopback address has any port).
 */
export function redirectsWithin(provider: Provider, { issuer }: Pick<IssuerParts, 'issuer'>): void {
  const own = new Set(ownAddresses(issuer).map((address) => new URL(address).origin));
  const prototype = provider.Client.prototype as { redirectUriAllowed: RedirectUriAllowed };
  const { redirectUriAllowed: registered } = prototype;
  prototype.redirectUriAllowed = function allowed(value) {
    return this.clientId === pagesClientId ? isWithin(value, own) : registered.call(this, value);
  };
}

type RedirectUriAllowed = (this: { readonly clientId: string }, value: string) => boolean;

function isWithin(value: string, origins: ReadonlySet<string>): boolean {
  const url = URL.parse(value);
  return url !== null && origins.has(url.origin) && url.username === '' && url.hash === '' && url.href === value;
}
