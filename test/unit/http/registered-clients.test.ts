import type { Principal } from '../../../src/access/principal.js';
import type { ClientSettings, IssuerSettings } from '../../../src/http/issuer-settings.js';
import { registeredClients } from '../../../src/http/registered-clients.js';

const controller = '310000019';
const caller = (more: Partial<Principal> = {}): Principal =>
  ({ client: 'epj', role: 'hospital', organisation: '310000027', controller, ...more }) as Principal;
const issuers = (clients: Record<string, ClientSettings>): IssuerSettings[] => [
  { issuer: 'https://a.example', clients: { other: { controller } } } as unknown as IssuerSettings,
  { issuer: 'https://b.example', clients } as unknown as IssuerSettings,
];

test.each<[string, Record<string, ClientSettings>, Principal, boolean]>([
  ['as it was registered', { epj: { role: 'hospital', organisation: '310000027', controller } }, caller(), true],
  ['what the settings leave to the token stands', { epj: { controller } }, caller(), true],
  ['taken out', {}, caller(), false],
  ['another role', { epj: { role: 'gp', controller } }, caller(), false],
  ['another organisation', { epj: { organisation: '310000035', controller } }, caller(), false],
  ['another controller', { epj: { controller: '310000094' } }, caller(), false],
  ['a further controller that is left', { epj: { controller } }, caller({ controllers: ['310000094'] }), false],
  [
    'a further controller that stands',
    { epj: { controller, controllers: ['310000094', '310000108'] } },
    caller({ controllers: ['310000094'] }),
    true,
  ],
  ['a name of every object', {}, caller({ client: 'constructor' }), false],
])('%s', (_, clients, who, known) => {
  expect(registeredClients(issuers(clients))(who)).toBe(known);
});
