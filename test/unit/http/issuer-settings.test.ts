import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type IssuerDescription, issuerSettings } from '../../../src/http/issuer-settings.js';

const described = (change: Partial<IssuerDescription> = {}): IssuerDescription => ({
  issuer: 'https://helseid-sts.example',
  audience: 'hjemmebro',
  jwks: 'https://helseid-sts.example/jwks',
  algorithms: ['RS256'],
  scopes: { 'nhn:hjemmebro/read': ['system/*.rs'] },
  claims: { organisation: 'helseid://claims/client/claims/orgnr_parent', hpr: 'helseid://claims/hpr/hpr_number' },
  demanded: {},
  tokens: 'bearer',
  nonce: false,
  clients: { epj: { role: 'gp', carries: ['8990020'] } },
  ...change,
});

test('an issuer is read with the usual names of claims where none are given', () => {
  expect(issuerSettings(described(), '310000019')).toEqual({
    issuer: 'https://helseid-sts.example',
    audience: 'hjemmebro',
    binding: 'bearer',
    nonce: false,
    keys: { url: 'https://helseid-sts.example/jwks' },
    algorithms: ['RS256'],
    types: ['at+jwt', 'jwt'],
    claims: {
      client: 'client_id',
      subject: 'sub',
      scope: 'scope',
      organisation: 'helseid://claims/client/claims/orgnr_parent',
      hpr: 'helseid://claims/hpr/hpr_number',
    },
    demanded: {},
    scopes: { 'nhn:hjemmebro/read': ['system/*.rs'] },
    clients: { epj: { role: 'gp', carries: ['8990020'], controller: '310000019' } },
  });
});

test('keys may lie in a file', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'issuer-'));
  const jwks = path.join(folder, 'jwks.json');
  writeFileSync(jwks, '{"keys":[]}');
  expect(issuerSettings(described({ jwks }), '310000019').keys).toEqual({ set: { keys: [] } });
  rmSync(folder, { recursive: true });
});

test.each<[Partial<IssuerDescription>, RegExp]>([
  [{ jwks: '/nowhere/jwks.json' }, /jwks/],
  [{ claims: { organization: 'x' } }, /claims\.organization/],
  [{ clients: { epj: {} } }, /clients\.epj\.role/],
  [{ clients: { epj: { role: 'god' } } }, /clients\.epj\.role/],
  [{ clients: { epj: { role: 'gp', carries: 'all' } } }, /clients\.epj/],
  [{ clients: { epj: { role: 'gp', organisation: 310000035 } } }, /clients\.epj/],
])('%j is refused, and named', (change, named) => {
  expect(() => issuerSettings(described(change), '310000019')).toThrow(named);
});
