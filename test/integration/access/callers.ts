import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { ask, type HereRequest, type HereResponse } from '../../support/here.js';
import { openWorld, type World } from './world.js';

/** People and organisations that the demo clients are not, by tokens of an issuer of the test's own. */
export interface Callers {
  /** Makes the server trust the issuer. */
  readonly environment: Readonly<Record<string, string>>;
  /** Asks as somebody: `person` of one of `clients`, with what their token says. */
  as(origin: string, claims: Claims, place: string, init?: HereRequest): Promise<HereResponse>;
}

export interface Claims {
  readonly client_id:
    | 'other-hospital'
    | 'other-municipality'
    | 'legevakt'
    | 'hospital-people'
    | 'centre-people'
    | 'gp-people'
    | 'app'
    | 'supplier'
    | 'other-tenant';
  readonly [name: string]: unknown;
}

const issuer = 'https://people.example';
export const otherHospital = '310000051';
export const otherMunicipality = '310000094';
export const legevakt = '310000078';

export async function callers(): Promise<Callers> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const folder = mkdtempSync(path.join(tmpdir(), 'hjemmebro-callers-'));
  writeFileSync(
    path.join(folder, 'jwks.json'),
    JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256', use: 'sig' }] }),
  );
  const here = { controller: '310000019' };
  const clients = {
    'other-hospital': { ...here, role: 'hospital', organisation: otherHospital },
    'other-municipality': { ...here, role: 'municipality', organisation: otherMunicipality },
    legevakt: { ...here, role: 'hospital', organisation: legevakt },
    'hospital-people': { ...here, role: 'hospital', organisation: '310000027' },
    'centre-people': { ...here, role: 'municipality', organisation: '310000019' },
    'gp-people': { ...here, role: 'gp', organisation: '310000035' },
    app: { ...here, role: 'citizen' },
    supplier: { ...here, role: 'device', organisation: '310000043' },
    'other-tenant': { role: 'municipality', organisation: otherMunicipality, controller: otherMunicipality },
  };
  writeFileSync(
    path.join(folder, 'issuers.json'),
    JSON.stringify([
      {
        issuer,
        audience: 'hjemmebro',
        jwks: path.join(folder, 'jwks.json'),
        claims: {
          purpose: 'purpose',
          hpr: 'hpr',
          securityLevel: 'level',
          unit: 'unit',
          patient: 'patient',
          pid: 'pid',
          name: 'name',
        },
        clients,
      },
    ]),
  );
  const tokens = new Map<string, string>();
  const signed = (claims: Claims): Promise<string> =>
    new SignJWT({
      sub: `person-${claims.client_id}`,
      scope: claims.client_id === 'app' ? 'patient/*.rs' : 'user/*.cruds',
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k' })
      .setIssuer(issuer)
      .setAudience('hjemmebro')
      .setIssuedAt(Date.UTC(2026, 0, 1) / 1000)
      .setExpirationTime(Date.UTC(2027, 0, 1) / 1000)
      .sign(privateKey);
  return {
    environment: { ISSUERS_FILE: path.join(folder, 'issuers.json') },
    async as(origin, claims, place, init) {
      const key = JSON.stringify(claims);
      const token = tokens.get(key) ?? (await signed(claims));
      tokens.set(key, token);
      return ask(origin, token, place, init);
    },
  };
}

/** A world that knows these callers, for the tests of a file: opened before the first of them, stopped after the last. */
export function worldWithCallers(): { readonly world: World; readonly people: Callers } {
  const world = {} as World;
  const people = {} as Callers;
  beforeAll(async () => {
    Object.assign(people, await callers());
    Object.assign(world, await openWorld(people.environment));
  });
  afterAll(() => world.stage.stop());
  return { world, people };
}
