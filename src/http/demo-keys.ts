import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { type DemoClient, demoAudience, demoClients, demoIssuer, demoMunicipality } from '../config/demo.js';
import { Failure } from '../kernel/failure.js';
import type { Ids } from '../kernel/ids.js';
import type { ClientSettings, IssuerSettings } from './issuer-settings.js';
import { privateFile } from './private-file.js';

/** The key pair that signs demo tokens. */
export interface DemoKeys {
  readonly privateKey: JWK;
  readonly publicKey: JWK;
}

const algorithm = 'ES256';
const fileName = 'demo-key.json';

/** The demo key of a data folder, made at first use; readable for its owner alone. */
export async function demoKeys(folder: string): Promise<DemoKeys> {
  const content = await privateFile(folder, fileName, async () => {
    const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
    return `${JSON.stringify({ ...(await exportJWK(privateKey)), alg: algorithm, use: 'sig', kid: 'demo' }, null, 2)}\n`;
  });
  const privateKey = readKey(content, folder);
  const { kty, crv, x, y, alg, use, kid } = privateKey;
  return { privateKey, publicKey: { kty, crv, x, y, alg, use, kid } as JWK };
}

function readKey(content: string, folder: string): JWK {
  let key: JWK | undefined;
  try {
    key = JSON.parse(content) as JWK;
  } catch {
    key = undefined;
  }
  if (key?.kty !== 'EC' || typeof key.d !== 'string') {
    throw new Failure(
      'fault',
      `${fileName} in ${folder} is not a key. Remove it; a new one is made at the next start.`,
    );
  }
  return key;
}

/**
 * The demo issuer with all demo clients, for `createAuthenticator`.
 *
 * @param controller organisation number of the data controller (setting CONTROLLER)
 */
export function demoIssuerSettings(keys: DemoKeys, controller: string): IssuerSettings {
  return {
    issuer: demoIssuer,
    audience: demoAudience,
    keys: { set: { keys: [keys.publicKey] } },
    algorithms: [algorithm],
    types: ['at+jwt'],
    claims: { client: 'client_id', subject: 'sub', scope: 'scope', organisation: 'organisation', hpr: 'hpr' },
    demanded: {},
    scopes: {},
    clients: Object.fromEntries(
      Object.values(demoClients).map((client) => [client.id, clientSettings(client, controller)]),
    ),
  };
}

function clientSettings(client: DemoClient, controller: string): ClientSettings {
  // The demo municipality is the data controller, whatever number that has been given.
  const organisation = client.organisation.orgnr === demoMunicipality.orgnr ? controller : client.organisation.orgnr;
  return { role: client.role, name: client.name, organisation, carries: client.carries, controller };
}

export interface DemoTokenOptions {
  readonly controller: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly ids: Ids;
  /** Lifetime in seconds. */
  readonly lifetime: number;
}

/** A bearer token of a demo client, as its settings in `config/demo.ts` say. */
export async function demoToken(keys: DemoKeys, client: DemoClient, options: DemoTokenOptions): Promise<string> {
  const { organisation } = clientSettings(client, options.controller);
  const issued = Math.floor(options.now / 1000);
  const claims = {
    client_id: client.id,
    scope: client.scopes.join(' '),
    organisation,
    ...(client.person !== undefined && { hpr: client.person.hpr }),
  };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid: keys.privateKey.kid })
    .setIssuer(demoIssuer)
    .setAudience(demoAudience)
    .setSubject(client.person === undefined ? client.id : `${client.id}-${client.person.hpr}`)
    .setIssuedAt(issued)
    .setNotBefore(issued)
    .setExpirationTime(issued + options.lifetime)
    .setJti(options.ids.next())
    .sign(await importJWK(keys.privateKey, algorithm));
}

/** @throws Failure('fault') in production: demo keys let anyone with the data folder be anyone */
export function refuseDemoKeysInProduction({ production }: { readonly production: boolean }): void {
  if (production)
    throw new Failure('fault', 'Demo keys are for development only. Name your token issuers in ISSUERS_FILE.');
}
