import { auditedBy } from '../access/audit-agent.js';
import path from 'node:path';
import { rowScope } from '../access/decide.js';
import type { Principal } from '../access/principal.js';
import type { Config } from '../config/config.js';
import { demoUsers, issuerClients } from '../config/demo-users.js';
import { identifierSystems } from '../fhir/national-identifiers.js';
import { parseJsonObject } from '../fhir/json.js';
import type { IssuerEndpoint } from '../http/issuer/issuer-endpoint.js';
import { demoBackendKey, issuerKeys, publicKey } from '../http/issuer/issuer-keys.js';
import type { ChoosablePatient } from '../http/issuer/issuer-parts.js';
import { embeddedEndpoints, type SmartEndpoints } from '../http/issuer/smart-configuration.js';
import { cookieKey, createSealer, sealingKey } from '../http/sealed.js';
import type { Services } from '../interactions/services.js';
import { parseSearch } from '../search/parse/parse-search.js';
import { issuerRecords, sweepIssuerRecords } from '../storage/issuer-records.js';
import { findPatients } from '../storage/patients.js';
import type { Queryable } from '../storage/pool.js';
import { searchPage } from '../storage/search/search-page.js';

export interface EmbeddedIssuerNeeds {
  readonly config: Config;
  readonly services: Services;
  readonly database: Queryable;
  /** Newest first. */
  readonly secrets: readonly string[];
}

/** The embedded token issuer with the demo users, except for who authenticates. */
export async function embeddedIssuer(needs: EmbeddedIssuerNeeds): Promise<Omit<IssuerEndpoint, 'authenticate'>> {
  const { config, services, database, secrets } = needs;
  const folder = path.resolve(config.HJEMMEBRO_DATA);
  await sweepIssuerRecords(database);
  return {
    issuer: new URL('/auth', config.baseUrl).href,
    audience: config.baseUrl,
    keys: await issuerKeys(folder),
    users: demoUsers,
    clients: issuerClients,
    clientKeys: { 'demo-backend': [publicKey(await demoBackendKey(folder))] },
    controller: config.CONTROLLER,
    cookieKeys: secrets.map(cookieKey),
    records: (kind) => issuerRecords(database, kind),
    launches: createSealer(sealingKey(secrets[0]!), 'launch', secrets.slice(1).map(sealingKey)),
    clock: services.clock,
    log: services.log,
    patientOf: (fnr) => patientByNumber(fnr, config.CONTROLLER, needs),
    patientsOf: (principal, id) => patientsOf(principal, services, id),
  };
}

/** Where SMART apps log in: at the first configured issuer that says it, else at the embedded one. */
export function smartEndpointsOf(config: Config, embedded: string | undefined): SmartEndpoints | undefined {
  const configured = config.issuers.find((one) => one.smart !== undefined);
  if (configured?.smart !== undefined)
    return { issuer: configured.issuer, jwks: keysAddress(configured.jwks), ...configured.smart };
  return embedded === undefined ? undefined : embeddedEndpoints(embedded);
}

const keysAddress = (jwks: string): string | undefined => (/^https?:/.test(jwks) ? jwks : undefined);

/** The Patient with a national identity number, of whichever kind, in the store of a controller. */
export async function patientByNumber(
  value: string,
  orgnr: string,
  { services, database }: Pick<EmbeddedIssuerNeeds, 'services' | 'database'>,
): Promise<string | undefined> {
  const controller = services.dictionary.controllerId(orgnr);
  if (controller === undefined) return undefined;
  const systems = [identifierSystems.fnr, identifierSystems.dnr, identifierSystems.fhn];
  const named = { ids: [], identifiers: systems.map((system) => ({ system, value })) };
  const { byIdentifier } = await findPatients(database, named, controller, services.dictionary);
  const [key, ...more] = new Set([...byIdentifier.values()].map((found) => found.key));
  if (key === undefined || more.length > 0) return undefined;
  const { rows } = await database.query<{ id: string }>('select id from resource where rid = $1', [key]);
  return rows[0]?.id;
}

/** As many as fit on a page to choose from. */
const most = 100;

async function patientsOf(principal: Principal, services: Services, id?: string): Promise<readonly ChoosablePatient[]> {
  const { clock, dictionary, pool, registry } = services;
  const pairs: [string, string][] = [
    ['_count', String(most)],
    ...(id === undefined ? [] : [['_id', id] as [string, string]]),
  ];
  const search = parseSearch('Patient', pairs, registry, { strict: true, base: services.base, now: clock.now() });
  const { matches } = await searchPage(pool, search, rowScope(principal, clock.now()), { dictionary, registry });
  await services.audit({
    at: clock.now(),
    request: services.ids.next(),
    ...auditedBy(principal),
    action: 'search',
    outcome: 0,
    type: 'Patient',
    ids: matches.map((row) => `Patient/${row.id}`),
    detail: 'choice of the patient of a launch',
  });
  return matches.map((row) => choosable(row.id, row.text));
}

function choosable(id: string, text: string): ChoosablePatient {
  const patient = parseJsonObject(text) as {
    readonly name?: readonly { readonly given?: readonly string[]; readonly family?: string; readonly text?: string }[];
    readonly birthDate?: string;
  };
  const [name] = patient.name ?? [];
  const written = name?.text ?? [...(name?.given ?? []), name?.family ?? ''].join(' ').trim();
  return {
    id,
    name: written === '' ? `Pasient ${id}` : written,
    ...(patient.birthDate !== undefined && { born: patient.birthDate }),
  };
}
