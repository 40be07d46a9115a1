import { createHash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import type { Principal, Role } from '../access/principal.js';
import { parseScopes, type Scope } from '../access/scope.js';
import { isOrganisationNumber, withoutIdentityNumbers } from '../fhir/national-identifiers.js';
import { Failure } from '../kernel/failure.js';
import type { ClientSettings, IssuerSettings } from './issuer-settings.js';

/**
 * Claims of a verified token → who calls (decision 20).
 *
 * @throws Failure('unauthenticated') when a fact is missing or contradicts the settings of the client
 */
export function principalOfClaims(payload: JWTPayload, settings: IssuerSettings): Principal {
  const { claims } = settings;
  const id = text(payload, claims.client);
  const client = id === undefined || !Object.hasOwn(settings.clients, id) ? undefined : settings.clients[id]!;
  if (id === undefined || client === undefined) throw refused('the client is not registered here');
  for (const [claim, values] of Object.entries(settings.demanded)) {
    if (!values.includes(text(payload, claim) ?? ''))
      throw refused(`claim ${claim} does not have the value that is asked for`);
  }
  const organisation = organisationOf(text(payload, claims.organisation), client.organisation);
  const unit = unitOf(payload, settings);
  const securityLevel = text(payload, claims.securityLevel);
  const purpose = purposeOf(payload, settings);
  const hpr = text(payload, claims.hpr);
  if (hpr !== undefined && !/^\d{1,9}$/.test(hpr)) throw refused('the HPR number is malformed');
  const patient = text(payload, claims.patient);
  if (patient !== undefined && !/^[A-Za-z0-9\-.]{1,64}$/.test(patient)) throw refused('the patient is not an id');
  return {
    client: id,
    subject: pseudonym(text(payload, claims.subject) ?? id, settings.issuer),
    name: client.name ?? text(payload, claims.name) ?? id,
    role: roleOf(text(payload, claims.role), client),
    ...(patient !== undefined && { patient }),
    ...(organisation !== undefined && { organisation }),
    ...(unit !== undefined && { unit }),
    ...(securityLevel !== undefined && { securityLevel: securityLevel.slice(0, 10) }),
    ...(purpose !== undefined && { purpose }),
    ...(hpr !== undefined && { hpr }),
    scopes: scopesOf(valueAt(payload, claims.scope), settings),
    parties: [
      ...(organisation === undefined ? [] : [`org:${organisation}`]),
      ...(unit === undefined || unit === organisation ? [] : [`org:${unit}`]),
      ...(hpr === undefined ? [] : [`hpr:${hpr}`]),
      `client:${id}`,
    ],
    carries: client.carries ?? [],
    controller: client.controller,
    ...(client.controllers !== undefined && { controllers: client.controllers }),
  };
}

/** A token never makes an administrator: that is for the settings of a client alone. */
const rolesOfTokens: ReadonlySet<string> = new Set<Role>(['hospital', 'gp', 'municipality', 'citizen']);

function roleOf(said: string | undefined, { role }: ClientSettings): Role {
  if (role !== undefined) return role;
  if (said === undefined || !rolesOfTokens.has(said)) throw refused('the role is missing or not one of a person');
  return said as Role;
}

/** Identity number of the person, where the settings say where it stands. It goes no further than to find the Patient. */
export const pidOfClaims = (payload: JWTPayload, { claims }: IssuerSettings): string | undefined =>
  text(payload, claims.pid)?.replaceAll(' ', '');

/** The department: a claim of its own, or the second number of NO:ORGNR:<parent>:<child>. */
function unitOf(payload: JWTPayload, { claims }: IssuerSettings): string | undefined {
  const said = text(payload, claims.unit);
  const number = said ?? /^NO:ORGNR:\d{9}:(\d{9})$/.exec(text(payload, claims.organisation) ?? '')?.[1];
  if (number !== undefined && !isOrganisationNumber(number)) throw refused('the number of the department is malformed');
  return number;
}

/** Characters of the purpose that are kept. */
const longestPurpose = 4000;

function purposeOf(payload: JWTPayload, { claims }: IssuerSettings): string | undefined {
  const value = valueAt(payload, claims.purpose);
  return value === undefined ? undefined : withoutIdentityNumbers(JSON.stringify(value)).slice(0, longestPurpose);
}

function organisationOf(said: string | undefined, registered: string | undefined): string | undefined {
  if (said === undefined) return registered;
  // HelseID names parent and child organisation in one value: NO:ORGNR:<parent>:<child>.
  const number = /^NO:ORGNR:(\d{9})(?::\d{0,9})?$/.exec(said)?.[1] ?? said;
  if (!isOrganisationNumber(number)) throw refused('the organisation number is malformed');
  if (registered !== undefined && registered !== number)
    throw refused('the organisation is not the one that the client is registered for');
  return number;
}

function scopesOf(claim: unknown, settings: IssuerSettings): readonly Scope[] {
  const list = Array.isArray(claim) && claim.every((one) => typeof one === 'string');
  if (claim !== undefined && typeof claim !== 'string' && !list) throw refused('the scopes are malformed');
  try {
    return parseScopes((claim ?? '') as string | readonly string[], settings.scopes);
  } catch (error) {
    throw error instanceof Failure ? refused('a scope is malformed') : error;
  }
}

/** An issuer that uses identity numbers as subjects gets them hashed: no log and no audit row may hold one. */
function pseudonym(subject: string, issuer: string): string {
  if (!/\d{11}/.test(subject)) return subject.slice(0, 200);
  return `sub-${createHash('sha256').update(`${issuer} ${subject}`).digest('base64url').slice(0, 22)}`;
}

function valueAt(payload: JWTPayload, name: string | undefined): unknown {
  if (name === undefined) return undefined;
  if (Object.hasOwn(payload, name)) return payload[name];
  return name
    .split('.')
    .reduce<unknown>(
      (value, step) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, step)
          ? (value as Record<string, unknown>)[step]
          : undefined,
      payload,
    );
}

function text(payload: JWTPayload, name: string | undefined): string | undefined {
  const value = valueAt(payload, name);
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const refused = (why: string): Failure =>
  new Failure('unauthenticated', `The access token cannot be used: ${why}.`, { code: 'security' });
