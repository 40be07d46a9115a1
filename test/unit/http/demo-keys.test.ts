import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { demoClients } from '../../../src/config/demo.js';
import { isOrganisationNumber } from '../../../src/fhir/national-identifiers.js';
import { createAuthenticator } from '../../../src/http/authenticate.js';
import { demoIssuerSettings, demoKeys, demoToken, refuseDemoKeysInProduction } from '../../../src/http/demo-keys.js';
import { Failure, ManualClock, uuidv7 } from '../../../src/kernel/index.js';
import { demoPrincipal } from '../access/demo-principals.js';

const clock = new ManualClock(Date.UTC(2026, 2, 2));
const options = { controller: '310000019', now: clock.now(), ids: uuidv7(clock), lifetime: 43_200 };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'demo-keys-'));
});
afterEach(() => rm(folder, { recursive: true }));

test.each(Object.values(demoClients))('the token of $id lets it in as what it is', async (client) => {
  const keys = await demoKeys(folder);
  const authenticate = createAuthenticator({ issuers: [demoIssuerSettings(keys, '310000019')], clock });
  const principal = await authenticate({ authorization: `Bearer ${await demoToken(keys, client, options)}` });
  expect({ ...principal, subject: client.id }).toEqual(demoPrincipal(client.id));
  expect(isOrganisationNumber(client.organisation.orgnr)).toBe(true);
});

test('the key is made once, for its owner alone, also when many ask at once', async () => {
  const inner = path.join(folder, 'deep', 'data');
  const made = await Promise.all(Array.from({ length: 8 }, () => demoKeys(inner)));
  expect(new Set(made.map((keys) => keys.publicKey.x)).size).toBe(1);
  expect(await readdir(inner)).toEqual(['demo-key.json']);
  expect((await stat(path.join(inner, 'demo-key.json'))).mode & 0o777).toBe(0o600);
});

test('the public key holds nothing private', async () => {
  expect(Object.keys((await demoKeys(folder)).publicKey).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
});

test('a damaged key file is named, and what to do', async () => {
  await writeFile(path.join(folder, 'demo-key.json'), '{');
  await expect(demoKeys(folder)).rejects.toThrow('Remove it');
});

test('production refuses demo keys', () => {
  expect(() => refuseDemoKeysInProduction({ production: true })).toThrow(Failure);
  expect(() => refuseDemoKeysInProduction({ production: false })).not.toThrow();
});
