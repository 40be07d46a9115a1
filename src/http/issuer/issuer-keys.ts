import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { Failure } from '../../kernel/failure.js';
import { privateFile } from '../private-file.js';

const fileName = 'issuer-keys.json';
const backendFile = 'demo-backend-key.json';

/** Private keys of the issuer. The first of an algorithm signs; the others are still published. */
export interface IssuerKeys {
  readonly keys: JWK[];
}

async function made(alg: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const key = await exportJWK(privateKey);
  return { ...key, alg, use: 'sig', kid: await calculateJwkThumbprint(key) };
}

/** The signing keys of a data folder, made at first use. ES256 signs access tokens, RS256 id tokens. */
export async function issuerKeys(folder: string): Promise<IssuerKeys> {
  return parsed<IssuerKeys>(
    await privateFile(folder, fileName, async () =>
      JSON.stringify({ keys: [await made('ES256'), await made('RS256')] }, null, 2),
    ),
    fileName,
  );
}

/** The private key of the demo backend (ES384), for whoever tries Backend Services. */
export async function demoBackendKey(folder: string): Promise<JWK> {
  return parsed<JWK>(
    await privateFile(folder, backendFile, async () => JSON.stringify(await made('ES384'), null, 2)),
    backendFile,
  );
}

const privateMembers: ReadonlySet<string> = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']);

export const publicKey = (key: JWK): JWK =>
  Object.fromEntries(Object.entries(key).filter(([member]) => !privateMembers.has(member))) as JWK;

function parsed<T>(content: string, name: string): T {
  try {
    return JSON.parse(content) as T;
  } catch (cause) {
    throw new Failure(
      'fault',
      `${name} in the data folder is not a key. Remove it; a new one is made at the next start.`,
      {
        cause,
      },
    );
  }
}
