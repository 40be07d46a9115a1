import fc from 'fast-check';
import { loadDefinitions } from '../../src/fhir/definitions.js';
import { cloneJson, parseJson } from '../../src/fhir/json.js';
import { compileValidator } from '../../src/validation/compile-validator.js';
import { validResources } from '../unit/validation/valid-resources.js';

const definitions = loadDefinitions();
const validator = compileValidator(definitions);
const names = fc.constantFrom(...Object.keys(validResources));
const types = fc.constantFrom(...definitions.resourceTypes);
const elementNames = [
  ...new Set(
    definitions.resourceTypes.flatMap((type) => (definitions.childrenOf(type)?.nodes ?? []).map((node) => node.name)),
  ),
];
const words = fc.oneof(
  fc.constantFrom(
    ...elementNames,
    'resourceType',
    'value',
    'valueString',
    '__x',
    'constructor',
    'reference',
    'url',
    'coding',
  ),
  fc.string({ maxLength: 6 }),
);

const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthIdentifier: 'v' },
    fc.constantFrom<unknown>(
      null,
      true,
      0,
      -1,
      1.5,
      '',
      'x',
      '#a',
      'Patient/1',
      'urn:uuid:x',
      '2026-02-30',
      parseJson('1.0'),
      'http://x.example',
      '#',
    ),
    fc.string(),
    types.map((resourceType) => ({ resourceType })),
    fc.array(tie('value'), { maxLength: 3, depthIdentifier: 'v' }),
    fc.dictionary(words, tie('value'), { maxKeys: 5, depthIdentifier: 'v', noNullPrototype: true }),
  ),
})).value;

interface Spot {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

function spotsOf(value: unknown, into: Spot[] = []): Spot[] {
  if (typeof value !== 'object' || value === null) return into;
  for (const key of Object.keys(value)) {
    into.push({ holder: value as Record<string, unknown>, key });
    spotsOf((value as Record<string, unknown>)[key], into);
  }
  return into;
}

test('no value makes the validator throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        anything,
        fc.tuple(types, anything).map(([resourceType, rest]) => ({ ...(rest as object), resourceType })),
      ),
      (value) => {
        expect(Array.isArray(validator.validate(value))).toBe(true);
      },
    ),
    { numRuns: 2000 },
  );
});

test('a resource damaged anywhere is judged without throwing, and the place is named', () => {
  fc.assert(
    fc.property(names, fc.nat(), anything, (name, at, instead) => {
      const resource = cloneJson(validResources[name]!);
      const spots = spotsOf(resource);
      const spot = spots[at % spots.length]!;
      spot.holder[spot.key] = cloneJson(instead);
      for (const issue of validator.validate(resource)) {
        expect(issue.diagnostics.length).toBeGreaterThan(10);
        expect(issue.expression?.[0] ?? 'x').toMatch(/^[A-Za-z]/);
      }
    }),
    { numRuns: 2000 },
  );
});

test('an element nobody knows is never accepted, wherever it stands', () => {
  fc.assert(
    fc.property(names, fc.nat(), (name, at) => {
      const resource = cloneJson(validResources[name]!);
      const objects = spotsOf(resource).filter((spot) => isPlainObject(spot.holder[spot.key]));
      const spot = objects.length === 0 ? undefined : objects[at % objects.length]!;
      const target = spot === undefined ? resource : (spot.holder[spot.key] as Record<string, unknown>);
      target.nobodyKnowsThis = 'x';
      expect(validator.validate(resource)).toContainEqual(
        expect.objectContaining({ diagnostics: expect.stringContaining('nobodyKnowsThis') }),
      );
    }),
  );
});

const isPlainObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

test.each([
  [
    'extensions',
    (inner: unknown) => ({ url: 'http://x.example', extension: [inner] }),
    (value: unknown) => ({ resourceType: 'Basic', code: { text: 'x' }, extension: [value] }),
  ],
  [
    'items',
    (inner: unknown) => ({ linkId: 'x', type: 'group', item: [inner] }),
    (value: unknown) => ({ resourceType: 'Questionnaire', status: 'draft', item: [value] }),
  ],
  [
    'Bundles',
    (inner: unknown) => ({ resourceType: 'Bundle', type: 'collection', entry: [{ resource: inner }] }),
    (value: unknown) => value,
  ],
  [
    'contained resources',
    (inner: unknown) => ({ resourceType: 'Basic', id: 'x', contained: [inner] }),
    (value: unknown) => value,
  ],
  [
    'unknown elements',
    (inner: unknown) => ({ x: [inner] }),
    (value: unknown) => ({ resourceType: 'Basic', contained: [value] }),
  ],
])('%s nested fifty thousand deep are refused without a stack overflow', (_title, wrap, top) => {
  let value: unknown = {};
  for (let depth = 0; depth < 50_000; depth += 1) value = wrap(value);
  expect(validator.validate(top(value)).length).toBeGreaterThan(0);
});

test.each([
  [
    'items of a Questionnaire',
    (size: number) => ({
      resourceType: 'Questionnaire',
      status: 'draft',
      item: list(size, (index) => ({ linkId: `${index}`, type: 'string' })),
    }),
  ],
  [
    'concepts of a CodeSystem',
    (size: number) => ({
      resourceType: 'CodeSystem',
      status: 'draft',
      content: 'complete',
      concept: list(size, (index) => ({ code: `${index}` })),
    }),
  ],
  [
    'entries of a Bundle',
    (size: number) => ({
      resourceType: 'Bundle',
      type: 'collection',
      entry: list(size, (index) => ({ fullUrl: `http://x.example/${index}`, resource: { resourceType: 'Patient' } })),
    }),
  ],
  [
    'components of an Observation',
    (size: number) => ({
      resourceType: 'Observation',
      status: 'final',
      code: { coding: [{ code: 'x' }] },
      valueString: 'x',
      component: list(size, (index) => ({ code: { coding: [{ code: `${index}` }] } })),
    }),
  ],
  [
    'contained resources',
    (size: number) => ({
      resourceType: 'List',
      status: 'current',
      mode: 'working',
      contained: list(size, (index) => ({ resourceType: 'Patient', id: `p${index}` })),
      entry: list(size, (index) => ({ item: { reference: `#p${index}` } })),
    }),
  ],
  ['elements of a StructureDefinition', (size: number) => structureDefinition(size)],
])('eight times as many %s take about eight times as long', (_title, make) => {
  const [small, large] = [make(1000), make(8000)];
  expect(validator.validate(small)).toEqual([]);
  expect(validator.validate(large)).toEqual([]);
  const [first, second] = [cpuOf(small), cpuOf(large)];
  expect(second).toBeLessThan(Math.max(first, 2000) * 30); // quadratic would be sixty-four
});

const list = <T>(size: number, item: (index: number) => T): T[] =>
  Array.from({ length: size }, (_, index) => item(index));

const structureDefinition = (size: number): unknown => ({
  resourceType: 'StructureDefinition',
  url: 'http://x.example/s',
  name: 'S',
  status: 'draft',
  kind: 'resource',
  abstract: false,
  type: 'Task',
  baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Task',
  derivation: 'constraint',
  differential: {
    element: list(size, (index) => ({
      id: index === 0 ? 'Task' : `Task.x${index}`,
      path: index === 0 ? 'Task' : `Task.x${index}`,
    })),
  },
});

function cpuOf(resource: unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3; run += 1) {
    const start = process.cpuUsage();
    validator.validate(resource);
    const used = process.cpuUsage(start);
    best = Math.min(best, used.user + used.system);
  }
  return best;
}
