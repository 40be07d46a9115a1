import { grants } from '../../../src/access/grants.js';
import type { DemoClientId } from '../../../src/config/demo.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { demoPrincipal } from './demo-principals.js';

const subject = { reference: 'Patient/p1' };
const controller = 'org:310000019';

describe('rows granted one by one', () => {
  const cases: readonly (readonly [DemoClientId, Resource, readonly string[]])[] = [
    ['device', { resourceType: 'Observation', subject }, ['client:device']],
    ['device', { resourceType: 'Observation' }, ['client:device', controller]],
    ['hospital', { resourceType: 'ServiceRequest', subject }, ['org:310000027']],
    ['hospital', { resourceType: 'Task', for: subject }, ['org:310000027']],
    ['hospital', { resourceType: 'Patient' }, ['org:310000027', controller]],
    ['hospital', { resourceType: 'Observation', subject }, []],
    ['hospital', { resourceType: 'Communication' }, ['org:310000027', controller]],
    ['gp', { resourceType: 'Subscription' }, ['client:gp']],
    ['municipality', { resourceType: 'Patient' }, [controller]],
    ['municipality', { resourceType: 'Device' }, [controller]],
    ['municipality', { resourceType: 'Organization' }, []],
    ['admin', { resourceType: 'Observation', subject }, []],
    ['admin', { resourceType: 'Device' }, [controller]],
    ['admin', { resourceType: 'StructureDefinition' }, []],
  ];
  test.each(cases)('made by %s: %j is granted to %j', (id, resource, expected) => {
    expect(grants({ op: 'create', resource }, demoPrincipal(id), undefined)).toEqual(expected);
  });

  test('an update grants nothing, unless it creates', () => {
    const resource: Resource = { resourceType: 'ServiceRequest', id: 's1', subject };
    expect(grants({ op: 'update', resource }, demoPrincipal('hospital'), resource)).toEqual([]);
    expect(grants({ op: 'update', resource }, demoPrincipal('hospital'), undefined)).toEqual(['org:310000027']);
    expect(grants({ op: 'delete', type: 'Task', id: 't1' }, demoPrincipal('hospital'), undefined)).toEqual([]);
  });
});
