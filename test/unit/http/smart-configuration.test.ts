import type { Config } from '../../../src/config/config.js';
import { smartConfiguration } from '../../../src/http/issuer/smart-configuration.js';
import { smartEndpointsOf } from '../../../src/system/embedded-issuer.js';

const config = (...issuers: object[]): Config => ({ issuers }) as unknown as Config;

test('SMART apps are led to the first configured issuer that says where they log in, else to the embedded one', () => {
  const silent = { issuer: 'https://a.example', jwks: '/etc/keys.json' };
  const smart = { token: 'https://b.example/token' };
  const speaking = { issuer: 'https://b.example', jwks: 'https://b.example/jwks', smart };
  expect(smartEndpointsOf(config(silent, speaking), 'http://localhost/auth')).toMatchObject({
    issuer: 'https://b.example',
    jwks: 'https://b.example/jwks',
    token: 'https://b.example/token',
  });
  expect(smartEndpointsOf(config(silent), 'http://localhost/auth')?.issuer).toBe('http://localhost/auth');
  expect(smartEndpointsOf(config(silent), undefined)).toBeUndefined();
});

test('an issuer without a login is one for backends only', () => {
  expect(smartConfiguration({ issuer: 'https://b.example', token: 'https://b.example/token' })).toMatchObject({
    grant_types_supported: ['client_credentials'],
    capabilities: ['client-confidential-asymmetric', 'permission-v1', 'permission-v2'],
  });
});
