/**
 * SMART App Launch with PKCE: standalone, or from an EPJ that has a patient open.
 * https://hl7.org/fhir/smart-app-launch/app-launch.html · https://www.rfc-editor.org/rfc/rfc7636
 */
import { systemClock } from '../../../kernel/clock.js';
import { keepSession, type Session } from './session.js';

export const clientId = 'hjemmebro-pages';

export interface LoginWish {
  /** Where to go on afterwards: a path of ours. */
  readonly back: string;
  /** A citizen asks for what is about themself, a professional for what the care relations give. */
  readonly who: 'professional' | 'citizen';
  /** Of an EHR launch. */
  readonly launch?: string;
}

interface SmartConfiguration {
  readonly issuer?: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly end_session_endpoint?: string;
}

interface Begun {
  readonly verifier: string;
  readonly state: string;
  readonly back: string;
  readonly tokenEndpoint: string;
  readonly endSessionEndpoint?: string;
}

interface TokenAnswer {
  readonly access_token: string;
  readonly expires_in?: number;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly patient?: string;
  readonly error?: string;
  readonly error_description?: string;
}

const place = 'hjemmebro.login';
const common = 'openid profile fhirUser online_access';
const scopes = { professional: `${common} user/*.cruds`, citizen: `${common} launch/patient patient/*.cruds` } as const;

/** Leaves for the issuer's login page. */
export async function beginLogin({ back, who, launch }: LoginWish): Promise<void> {
  const smart = await configuration();
  const verifier = random();
  const state = random();
  const begun: Begun = {
    verifier,
    state,
    back,
    tokenEndpoint: smart.token_endpoint,
    ...(smart.end_session_endpoint !== undefined && { endSessionEndpoint: smart.end_session_endpoint }),
  };
  sessionStorage.setItem(place, JSON.stringify(begun));
  const url = new URL(smart.authorization_endpoint);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri(),
    scope: launch === undefined ? scopes[who] : `${scopes[who]} launch`,
    state,
    aud: fhirBase(),
    code_challenge: await challengeOf(verifier),
    code_challenge_method: 'S256',
    ...(launch !== undefined && { launch }),
  }).toString();
  location.assign(url);
}

/**
 * Trades the code that the issuer sent back for a session.
 *
 * @returns where to go on
 * @throws Error with the issuer's reason
 */
export async function finishLogin(answer: URLSearchParams): Promise<string> {
  const begun = JSON.parse(sessionStorage.getItem(place) ?? '{}') as Partial<Begun>;
  sessionStorage.removeItem(place);
  const refused = answer.get('error');
  if (refused !== null) throw new Error(answer.get('error_description') ?? refused);
  // A code that this window did not ask for is somebody else's.
  if (begun.state === undefined || answer.get('state') !== begun.state) throw new Error('state');
  const token = await askForToken(begun.tokenEndpoint!, {
    grant_type: 'authorization_code',
    code: answer.get('code') ?? '',
    redirect_uri: redirectUri(),
    code_verifier: begun.verifier!,
  });
  keepSession(
    sessionOf(token, {
      tokenEndpoint: begun.tokenEndpoint!,
      ...(begun.endSessionEndpoint !== undefined && { endSessionEndpoint: begun.endSessionEndpoint }),
    }),
  );
  return begun.back ?? '/';
}

/** A session with a fresh access token; undefined where the login has ended. */
export async function renewed(session: Session): Promise<Session | undefined> {
  if (session.refreshToken === undefined) return undefined;
  try {
    const token = await askForToken(session.tokenEndpoint, {
      grant_type: 'refresh_token',
      refresh_token: session.refreshToken,
    });
    return { ...session, ...sessionOf({ ...token, id_token: token.id_token ?? session.idToken }, session) };
  } catch {
    return undefined;
  }
}

/** Our own server, which serves the pages and the data at one origin. */
const fhirBase = (): string => `${location.origin}/fhir`;

/** Whether an EHR launch came from a system that uses this server. */
export const isOurs = (issuer: string): boolean => issuer.replace(/\/$/, '') === fhirBase();

async function configuration(): Promise<SmartConfiguration> {
  const answer = await fetch('/fhir/.well-known/smart-configuration');
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const smart = (await answer.json()) as SmartConfiguration;
  if (smart.issuer === undefined) return smart;
  // Where to log out stands in the issuer's own document. https://openid.net/specs/openid-connect-rpinitiated-1_0.html#OPMetadata
  const own = await fetch(`${smart.issuer}/.well-known/openid-configuration`).catch(() => undefined);
  return own?.ok === true ? { ...((await own.json()) as object), ...smart } : smart;
}

async function askForToken(endpoint: string, form: Readonly<Record<string, string>>): Promise<TokenAnswer> {
  const answer = await fetch(endpoint, {
    method: 'POST',
    body: new URLSearchParams({ client_id: clientId, ...form }),
  });
  const token = (await answer.json()) as TokenAnswer;
  if (!answer.ok) throw new Error(token.error_description ?? token.error ?? `HTTP ${answer.status}`);
  return token;
}

function sessionOf(token: TokenAnswer, at: Pick<Session, 'tokenEndpoint' | 'endSessionEndpoint'>): Session {
  const identity = claimsOf(token.id_token);
  const access = claimsOf(token.access_token);
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const fhirUser = text(identity['fhirUser'])?.split('/').slice(-2).join('/');
  const optional = {
    refreshToken: token.refresh_token,
    idToken: token.id_token,
    endSessionEndpoint: at.endSessionEndpoint,
    fhirUser,
    role: text(access['role']) as Session['role'],
    hpr: text(access['hpr']),
    securityLevel: text(access['security_level']),
    patient: token.patient,
  };
  return {
    accessToken: token.access_token,
    expires: systemClock.now() + (token.expires_in ?? 300) * 1000,
    tokenEndpoint: at.tokenEndpoint,
    name: text(identity['name']) ?? text(access['name']) ?? '',
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as object),
  };
}

/** What a JWT says, for the eye only: whether it holds is for the server. An opaque token says nothing. */
function claimsOf(token: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const text = atob((token ?? '').split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

const redirectUri = (): string => `${location.origin}/callback`;

const random = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)));

const challengeOf = async (verifier: string): Promise<string> =>
  base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))));

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
