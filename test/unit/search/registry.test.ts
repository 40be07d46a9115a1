import { Failure } from '../../../src/kernel/failure.js';
import { loadSearchRegistry } from '../../../src/search/load-registry.js';
import { readSearchParameter } from '../../../src/search/read-search-parameter.js';
import { rowSources } from '../../../src/search/row-sources.js';

const registry = loadSearchRegistry();

test('every parameter of R4 that has an expression is there', () => {
  expect(registry.all('Observation').map((parameter) => parameter.code)).toEqual(
    expect.arrayContaining(['code', 'combo-code', 'patient', '_tag', '_id']),
  );
  expect(registry.types.size).toBeGreaterThanOrEqual(146);
  expect(registry.param('Location', 'near')?.kind).toBe('special');
  expect(
    registry
      .all(undefined)
      .map((parameter) => parameter.code)
      .sort(),
  ).toEqual(['_id', '_lastUpdated', '_profile', '_security', '_source', '_tag']);
});

test.each([
  ['Observation', 'patient', [{ param: 'subject', target: 'Patient' }]],
  ['Observation', 'combo-code', [{ param: 'code' }, { param: 'component-code' }]],
  ['Observation', 'code', [{ param: 'code' }]],
  ['Coverage', 'patient', [{ param: 'beneficiary' }]],
  ['Appointment', 'practitioner', [{ param: 'actor', target: 'Practitioner' }]],
  ['Patient', 'phonetic', [{ param: 'name' }]],
  ['Task', 'patient', [{ param: 'subject', target: 'Patient' }]],
  ['DetectedIssue', 'patient', [{ param: 'patient' }]],
])('the rows of %s.%s', (type, code, sources) => {
  expect(registry.param(type, code)?.sources).toEqual(sources);
});

test('every source is a stored parameter of the same type and kind', () => {
  for (const type of registry.types) {
    const stored = new Map(registry.stored(type).map((parameter) => [parameter.code, parameter.kind]));
    for (const parameter of registry.all(type)) {
      for (const source of parameter.sources) expect(stored.get(source.param)).toBe(parameter.kind);
    }
  }
});

test('every composite of R4 knows its parts, and which of them stand in a repeating element', () => {
  const parts = (type: string, code: string) =>
    registry.param(type, code)?.parts?.map((part) => `${part.code}${part.within ? ' within' : ''}`);
  expect(parts('Observation', 'code-value-quantity')).toEqual(['code', 'value-quantity']);
  expect(parts('Observation', 'combo-code-value-quantity')).toEqual([
    'combo-code within',
    'combo-value-quantity within',
  ]);
  expect(parts('MolecularSequence', 'chromosome-variant-coordinate')).toEqual([
    'chromosome',
    'variant-start within',
    'variant-end within',
  ]);
  const composites = [...registry.types]
    .flatMap((type) => registry.all(type))
    .filter(({ kind }) => kind === 'composite');
  expect(composites.length).toBeGreaterThan(50);
  expect(composites.filter((composite) => composite.parts === undefined)).toEqual([]);
});

test('our own parameters are known', () => {
  expect(registry.param('Task', 'dho-colour')).toMatchObject({ kind: 'token', store: 'code', stored: true });
  expect(registry.param('DetectedIssue', 'status')?.url).toBe(
    'http://hjemmebro.no/fhir/SearchParameter/detectedissue-status',
  );
  expect(registry.param('Task', 'due')?.kind).toBe('date');
  expect(registry.param('Flag', 'status')?.kind).toBe('token');
});

test('rows are shared only within one kind and only where all of it is stored elsewhere', () => {
  const parameter = (code: string, expression: string[], kind: 'token' | 'string' = 'token') => ({
    type: 'X',
    code,
    kind,
    url: code,
    expression,
  });
  const sources = rowSources([
    parameter('b', ['X.a']),
    parameter('a', ['X.a']),
    parameter('c', ['X.a'], 'string'),
    parameter('d', ['X.a', 'X.z']),
  ]);
  expect(Object.fromEntries(sources)).toEqual({
    a: [{ param: 'a' }],
    b: [{ param: 'a' }],
    c: [{ param: 'c' }],
    d: [{ param: 'd' }],
  });
});

test.each([
  [{ url: 'u', type: 'token', base: ['Task'], expression: 'Task.x' }, 'SearchParameter.code'],
  [{ code: 'c', type: 'token', base: ['Task'], expression: 'Task.x' }, 'SearchParameter.url'],
  [{ code: 'c', url: 'u', type: 'special', base: ['Task'], expression: 'Task.x' }, 'SearchParameter.type'],
  [{ code: 'c', url: 'u', type: 'token', base: ['Task'] }, 'SearchParameter.expression'],
])('a SearchParameter that is not usable is refused: %j', (elements, expression) => {
  expect(() => readSearchParameter({ resourceType: 'SearchParameter', ...elements }, registry.types)).toThrow(Failure);
  try {
    readSearchParameter({ resourceType: 'SearchParameter', ...elements }, registry.types);
  } catch (error) {
    expect((error as Failure).issues[0]!.expression).toEqual([expression]);
  }
});
