import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { type RunningServer, startServer } from '../support/server.js';

export type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

/** A running server, an issuer of our own whose keys it trusts, and a trap that nobody must walk into. */
export interface Stage {
  readonly server: RunningServer;
  readonly folder: string;
  readonly issuerKey: Pair;
  readonly publicKey: JWK;
  /** An address that tells whether anybody was there. */
  readonly trap: { readonly url: string; readonly visits: () => readonly string[] };
  token(change?: Record<string, unknown>, header?: Record<string, unknown>, key?: Pair['privateKey']): Promise<string>;
  /** Sends the bytes and gives what comes back until the server closes or falls silent. */
  raw(text: string): Promise<string>;
  stop(): Promise<void>;
}

export const issuer = 'https://issuer.example';
export const boundIssuer = 'https://bound.example';
/** What files that nobody may read hold. */
export const secretContent = 'a-secret-that-must-stay-here';

export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hjemmebro-attacks-'));
  const issuerKey = await generateKeyPair('RS256', { extractable: true });
  const publicKey: JWK = { ...(await exportJWK(issuerKey.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  await writeFile(path.join(folder, 'jwks.json'), JSON.stringify({ keys: [publicKey] }));
  await writeFile(path.join(folder, 'secret.txt'), secretContent);
  const trusted = { audience: 'hjemmebro', jwks: path.join(folder, 'jwks.json'), algorithms: ['RS256'] };
  const foreign = { role: 'municipality', organisation: '310000027', controller: '310000027' };
  const own = { role: 'municipality', organisation: '310000019', controller: '310000019' };
  const issuers = [
    { ...trusted, issuer, clients: { own, foreign } },
    { ...trusted, issuer: boundIssuer, tokens: 'dpop', clients: { bound: own } },
  ];
  await writeFile(path.join(folder, 'issuers.json'), JSON.stringify(issuers));
  const visits: string[] = [];
  const trap: Server = createServer((request, response) => {
    visits.push(`${request.method} ${request.url}`);
    response.end('<x/>');
  });
  await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve));
  const server = await startServer({
    environment: {
      ISSUERS_FILE: path.join(folder, 'issuers.json'),
      MAX_BODY_BYTES: '1000000',
      SUBSCRIPTION_HOSTS: 'hooks.example',
      REQUEST_TIMEOUT_SECONDS: '5',
    },
  }).catch((error: unknown) => {
    trap.close();
    throw error;
  });
  const now = Math.floor(Date.now() / 1000);
  return {
    server,
    folder,
    issuerKey,
    publicKey,
    trap: { url: `http://127.0.0.1:${(trap.address() as AddressInfo).port}`, visits: () => visits },
    token: (change = {}, header = {}, key = issuerKey.privateKey) =>
      new SignJWT({
        iss: issuer,
        aud: 'hjemmebro',
        sub: 'someone',
        client_id: 'own',
        scope: 'system/*.cruds',
        iat: now,
        nbf: now,
        exp: now + 3600,
        ...change,
      })
        .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'k1', ...header })
        .sign(key),
    raw: (text) => exchange(Number(new URL(server.origin).port), text),
    async stop() {
      await server.stop();
      await new Promise((resolve) => trap.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Milliseconds without a word after which the server is taken to have said everything. */
const silence = 300;

function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(text, 'latin1')));
    socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
    socket.setTimeout(silence, () => (said === '' ? undefined : socket.destroy()));
    socket.once('error', () => socket.destroy());
    socket.once('close', () => resolve(said));
  });
}
