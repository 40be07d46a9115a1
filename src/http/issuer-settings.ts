import { readFileSync } from 'node:fs';
import type { JSONWebKeySet } from 'jose';
import type { Role } from '../access/principal.js';
import type { IssuerConfig } from '../config/config.js';
import { Failure } from '../kernel/failure.js';

/** The only signature algorithms that are ever accepted; an issuer may narrow them. */
export const acceptedAlgorithms = ['RS256', 'RS384', 'PS256', 'ES256', 'ES384'] as const;
export type Algorithm = (typeof acceptedAlgorithms)[number];

/** One trusted token issuer (decision 20). */
export interface IssuerSettings {
  readonly issuer: string;
  readonly audience: string;
  /** URL of the key set (fetched, cached, fetched again when a key is new), or the key set itself. */
  readonly keys: { readonly url: string } | { readonly set: JSONWebKeySet };
  readonly algorithms: readonly Algorithm[];
  /** How its tokens are shown: as bearers, or bound to a key and with a proof of it (DPoP). Never both. */
  readonly binding?: 'bearer' | 'dpop';
  /** Whether proofs must hold a nonce of this server. */
  readonly nonce?: boolean;
  /** Accepted values of header `typ`. */
  readonly types: readonly string[];
  /** Where in the token each fact stands. */
  readonly claims: ClaimPaths;
  /** Claims that must have one of these values: `helseid://claims/identity/security_level` → `4`. */
  readonly demanded: Readonly<Record<string, readonly string[]>>;
  /** The issuer's own scopes → SMART scopes. */
  readonly scopes: Readonly<Record<string, readonly string[]>>;
  /** Clients that may call. A client that is not listed is refused. */
  readonly clients: Readonly<Record<string, ClientSettings>>;
}

/**
 * A claim by its name, which may hold anything (`helseid://claims/hpr/hpr_number`); where no claim has that name, a path
 * of names separated by points (`organisation.number`).
 */
export interface ClaimPaths {
  readonly client: string;
  readonly subject: string;
  readonly scope: string;
  readonly organisation?: string;
  readonly hpr?: string;
  readonly name?: string;
  /** Organisation number of the department, where `organisation` does not name it too. */
  readonly unit?: string;
  readonly securityLevel?: string;
  /** Identity number of a citizen: finds their Patient and is kept nowhere. */
  readonly pid?: string;
  /** Why the data is needed: an object or list as of Tillitsrammeverk, taken as it is for the audit. */
  readonly purpose?: string;
  /** For clients that persons of several roles log in to: the claim that says which (never `admin`). */
  readonly role?: string;
  /** Logical id of the Patient that the token is about. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */
  readonly patient?: string;
}

/** What the token does not say about a client. */
export interface ClientSettings {
  /** Absent: the token says which, in the claim that `claims.role` names. */
  readonly role?: Role;
  readonly name?: string;
  /** Organisation number. Where the token names one too, they must be the same; absent: the token's. */
  readonly organisation?: string;
  /** HER-ids it may send messages for. */
  readonly carries?: readonly string[] | '*';
  /** Organisation number of the data controller whose store it works in. */
  readonly controller: string;
  readonly controllers?: readonly string[];
}

const roles: ReadonlySet<unknown> = new Set<Role>(['admin', 'hospital', 'gp', 'municipality', 'device', 'citizen']);

/** What ISSUERS_FILE says of one issuer, with the claims whose values it demands. */
export type IssuerDescription = IssuerConfig;

const facts: ReadonlySet<string> = new Set<keyof ClaimPaths>([
  'client',
  'subject',
  'scope',
  'organisation',
  'hpr',
  'name',
  'unit',
  'securityLevel',
  'pid',
  'purpose',
  'role',
  'patient',
]);

/**
 * The settings of an issuer from the file that ISSUERS_FILE names. Claim names default to those of HelseID's and plain
 * OAuth tokens: `client_id`, `sub`, `scope`.
 *
 * @param controller for clients whose settings name none
 * @throws Failure('fault') naming what is wrong; meant for start-up
 */
export function issuerSettings(config: IssuerDescription, controller: string): IssuerSettings {
  const unknown = Object.keys(config.claims).find((name) => !facts.has(name));
  if (unknown !== undefined) throw wrong(config, `claims.${unknown} is none of ${[...facts].join(', ')}`);
  return {
    issuer: config.issuer,
    audience: config.audience,
    keys: /^https?:\/\//.test(config.jwks) ? { url: config.jwks } : { set: readKeySet(config) },
    algorithms: config.algorithms,
    binding: config.tokens,
    nonce: config.nonce,
    types: ['at+jwt', 'jwt'],
    claims: { client: 'client_id', subject: 'sub', scope: 'scope', ...config.claims },
    demanded: config.demanded ?? {},
    scopes: config.scopes,
    clients: Object.fromEntries(
      Object.entries(config.clients).map(([id, given]) => [id, clientSettings(config, id, given, controller)]),
    ),
  };
}

function clientSettings(
  config: IssuerConfig,
  id: string,
  given: Readonly<Record<string, unknown>>,
  controller: string,
): ClientSettings {
  const { role, name, organisation, carries, controller: own, controllers } = given;
  const text = (value: unknown): value is string | undefined => value === undefined || typeof value === 'string';
  const texts = (value: unknown): value is readonly string[] | undefined =>
    value === undefined || (Array.isArray(value) && value.every((one) => typeof one === 'string'));
  if (!roles.has(role) && (role !== undefined || config.claims['role'] === undefined))
    throw wrong(config, `clients.${id}.role must be one of ${[...roles].join(', ')}`);
  if (!text(name) || !text(organisation) || !text(own) || !texts(controllers) || !(carries === '*' || texts(carries))) {
    throw wrong(
      config,
      `clients.${id}: name, organisation and controller are texts, controllers and carries lists of texts`,
    );
  }
  return {
    controller: own ?? controller,
    ...(role !== undefined && { role: role as Role }),
    ...(name !== undefined && { name }),
    ...(organisation !== undefined && { organisation }),
    ...(carries !== undefined && { carries }),
    ...(controllers !== undefined && { controllers }),
  };
}

function readKeySet(config: IssuerConfig): JSONWebKeySet {
  try {
    return JSON.parse(readFileSync(config.jwks, 'utf8')) as JSONWebKeySet;
  } catch (error) {
    throw wrong(config, `jwks: ${config.jwks} cannot be read: ${error instanceof Error ? error.message : ''}`);
  }
}

const wrong = (config: IssuerConfig, what: string): Failure =>
  new Failure('fault', `ISSUERS_FILE, issuer ${config.issuer}: ${what}.`);
