// https://hl7.org/fhir/R4/profiling.html
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../architecture/source-files.js';
import { type HereServer, startHere } from '../../support/here.js';

let server: HereServer;
beforeAll(async () => {
  server = await startHere();
  for (const definition of [sliced, extension, derived])
    expect((await server.request('admin', 'StructureDefinition', { body: definition })).text).toContain('"id"');
});
afterAll(() => server.stop());

type Json = Record<string, unknown>;
const own = (name: string): string => `http://example.no/StructureDefinition/${name}`;
const profile = (name: string, type: string, base: string, element: readonly Json[]): Json => ({
  resourceType: 'StructureDefinition',
  url: own(name),
  name,
  status: 'active',
  kind: type === 'Extension' ? 'complex-type' : 'resource',
  abstract: false,
  type,
  baseDefinition: base,
  derivation: 'constraint',
  ...(type === 'Extension' ? { context: [{ type: 'element', expression: 'Observation' }] } : {}),
  differential: { element },
});
const r4 = (name: string): string => `http://hl7.org/fhir/StructureDefinition/${name}`;

const extension = profile('Place', 'Extension', r4('Extension'), [
  { id: 'Extension', path: 'Extension', max: '1' },
  { id: 'Extension.url', path: 'Extension.url', fixedUri: own('Place') },
  {
    id: 'Extension.value[x]',
    path: 'Extension.value[x]',
    min: 1,
    type: [{ code: 'code' }],
    binding: { strength: 'required', valueSet: 'http://hl7.org/fhir/ValueSet/administrative-gender' },
  },
]);
const sliced = profile('Sliced', 'Observation', r4('Observation'), [
  {
    id: 'Observation',
    path: 'Observation',
    constraint: [
      {
        key: 'own-1',
        severity: 'error',
        human: 'A note is needed when cancelled',
        expression: "status = 'cancelled' implies note.exists()",
      },
    ],
  },
  {
    id: 'Observation.extension',
    path: 'Observation.extension',
    slicing: { discriminator: [{ type: 'value', path: 'url' }], rules: 'open' },
  },
  {
    id: 'Observation.extension:place',
    path: 'Observation.extension',
    sliceName: 'place',
    min: 1,
    max: '1',
    type: [{ code: 'Extension', profile: [own('Place')] }],
  },
  {
    id: 'Observation.code',
    path: 'Observation.code',
    patternCodeableConcept: { coding: [{ system: 'http://loinc.org', code: '59408-5' }] },
  },
  {
    id: 'Observation.subject',
    path: 'Observation.subject',
    min: 1,
    type: [{ code: 'Reference', targetProfile: [r4('Patient')] }],
  },
  { id: 'Observation.value[x]', path: 'Observation.value[x]', type: [{ code: 'Quantity' }] },
  { id: 'Observation.value[x].unit', path: 'Observation.value[x].unit', min: 1 },
  {
    id: 'Observation.component',
    path: 'Observation.component',
    slicing: { discriminator: [{ type: 'pattern', path: 'code' }], rules: 'closed' },
  },
  { id: 'Observation.component:left', path: 'Observation.component', sliceName: 'left', min: 0, max: '1' },
  {
    id: 'Observation.component:left.code',
    path: 'Observation.component.code',
    patternCodeableConcept: { coding: [{ system: 'urn:side', code: 'L' }] },
  },
  { id: 'Observation.component:left.value[x]', path: 'Observation.component.value[x]', min: 1 },
  { id: 'Observation.component:right', path: 'Observation.component', sliceName: 'right', min: 0, max: '1' },
  {
    id: 'Observation.component:right.code',
    path: 'Observation.component.code',
    patternCodeableConcept: { coding: [{ system: 'urn:side', code: 'R' }] },
  },
]);
const derived = profile('Derived', 'Observation', own('Sliced'), [
  { id: 'Observation.component', path: 'Observation.component', min: 1 },
  { id: 'Observation.component:left', path: 'Observation.component', sliceName: 'left', min: 1 },
  { id: 'Observation.method', path: 'Observation.method', max: '0' },
]);

const side = (code: string, more: Json = { valueInteger: 1 }): Json => ({
  code: { coding: [{ system: 'urn:side', code }] },
  ...more,
});
const good: Json = {
  resourceType: 'Observation',
  status: 'final',
  extension: [{ url: own('Place'), valueCode: 'male' }],
  code: { coding: [{ system: 'http://loinc.org', code: '59408-5' }], text: 'SpO2' },
  subject: { reference: 'Patient/p' },
  valueQuantity: { value: 93, unit: '%' },
  component: [side('R'), side('L')],
};
const claiming = (resource: Json, ...urls: readonly string[]): Json => ({ ...resource, meta: { profile: urls } });

const cases: readonly (readonly [string, string, Json, string | undefined])[] = [
  ['fits', 'Sliced', good, undefined],
  ['fits the derived one', 'Derived', good, undefined],
  ['an element is missing', 'Sliced', { ...good, subject: undefined }, 'Observation.subject'],
  ['an extension is missing', 'Sliced', { ...good, extension: undefined }, 'Observation.extension'],
  [
    'an extension is wrong in itself',
    'Sliced',
    { ...good, extension: [{ url: own('Place'), valueCode: 'x' }] },
    'Observation.extension[0].value',
  ],
  [
    'an extension has another type',
    'Sliced',
    { ...good, extension: [{ url: own('Place'), valueString: 'x' }] },
    'Observation.extension[0].value',
  ],
  [
    'an extension comes twice',
    'Sliced',
    { ...good, extension: [...(good['extension'] as Json[]), ...(good['extension'] as Json[])] },
    'Observation.extension',
  ],
  ['a pattern is not there', 'Sliced', { ...good, code: { text: 'SpO2' } }, 'Observation.code'],
  ['another type of value', 'Sliced', { ...good, valueQuantity: undefined, valueString: '93' }, 'Observation.value'],
  [
    'an element below a choice is missing',
    'Sliced',
    { ...good, valueQuantity: { value: 93 } },
    'Observation.value.unit',
  ],
  ['a reference to another type', 'Sliced', { ...good, subject: { reference: 'Group/g' } }, 'Observation.subject'],
  [
    'a slice that closed slicing does not have',
    'Sliced',
    { ...good, component: [side('X')] },
    'Observation.component[0]',
  ],
  ['a slice comes twice', 'Sliced', { ...good, component: [side('L'), side('L')] }, 'Observation.component'],
  [
    'an element of a slice is missing',
    'Sliced',
    { ...good, component: [side('L', {})] },
    'Observation.component[0].value',
  ],
  ['an invariant', 'Sliced', { ...good, status: 'cancelled' }, 'Observation'],
  ['what the derived one adds', 'Derived', { ...good, component: [side('R')] }, 'Observation.component'],
  ['what the derived one takes away', 'Derived', { ...good, method: { text: 'x' } }, 'Observation.method'],
];

test.each(cases)('%s (%s)', async (_what, name, resource, expression) => {
  const body = {
    resourceType: 'Parameters',
    parameter: [
      { name: 'resource', resource },
      { name: 'profile', valueUri: own(name) },
    ],
  };
  const { json } = await server.request('admin', 'Observation/$validate', { body });
  const errors = (json.issue as { severity: string; expression?: string[] }[]).filter(
    ({ severity }) => severity === 'error',
  );
  expect(errors.map((issue) => issue.expression?.[0]).slice(0, 1)).toEqual(
    expression === undefined ? [] : [expression],
  );
  const stored = await server.request('admin', 'Observation', { body: claiming(resource, own(name)) });
  expect(stored.status).toBe(expression === undefined ? 201 : 400);
});

const bp: Json = {
  resourceType: 'Observation',
  status: 'final',
  category: [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] },
  ],
  code: { coding: [{ system: 'http://loinc.org', code: '85354-9' }] },
  subject: { reference: 'Patient/p' },
  effectiveDateTime: '2026-11-01',
  component: [pressure('8480-6', 'mm[Hg]'), pressure('8462-4', 'mm[Hg]')],
};
function pressure(code: string, unit: string): Json {
  return {
    code: { coding: [{ system: 'http://loinc.org', code }] },
    valueQuantity: { value: 120, unit: 'mmHg', system: 'http://unitsofmeasure.org', code: unit },
  };
}
test.each<[string, Json, number]>([
  ['a blood pressure', bp, 201],
  ['with another unit', { ...bp, component: [pressure('8480-6', 'kPa'), pressure('8462-4', 'mm[Hg]')] }, 400],
  ['without the diastolic', { ...bp, component: [pressure('8480-6', 'mm[Hg]')] }, 400],
  ['without category', { ...bp, category: undefined }, 400],
  ['of another code', { ...bp, code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] } }, 400],
  ['by the month', { ...bp, effectiveDateTime: '2026-11' }, 400],
])('the profile of R4 itself: %s', async (_what, resource, status) => {
  const answer = await server.request('admin', 'Observation', { body: claiming(resource, r4('bp')) });
  expect([answer.status, answer.text.includes('own-1')]).toEqual([status, false]);
});

test('a profile that is not known is a warning, and stands in no way', async () => {
  const resource = claiming({ ...good, id: undefined }, 'http://example.no/none');
  expect((await server.request('admin', 'Observation', { body: resource })).status).toBe(201);
  const { json } = await server.request('admin', 'Observation/$validate', { body: resource });
  expect(
    (json.issue as { severity: string; code: string }[]).map(({ severity, code }) => [severity, code]),
  ).toContainEqual(['warning', 'not-found']);
});

test('entries of a transaction are held against their profiles', async () => {
  const entry = [good, { ...good, subject: undefined }].map((resource) => ({
    resource: claiming(resource, own('Sliced')),
    request: { method: 'POST', url: 'Observation' },
  }));
  const { status, json } = await server.request('admin', '', {
    body: { resourceType: 'Bundle', type: 'transaction', entry },
  });
  expect([status, json.issue[0].diagnostics]).toEqual([400, expect.stringContaining('There must be subject.')]);
});

const examples = path.join(root, 'test/fixtures/profiles');
const fixtures = readdirSync(examples).flatMap((file) =>
  (
    JSON.parse(readFileSync(path.join(examples, file), 'utf8')) as {
      profile: string;
      valid: Json[];
      wrong: { why: string; resource: Json }[];
    }[]
  ).flatMap(({ profile: url, valid, wrong }) => [
    ...valid.map((resource) => [url, 'an example', resource, true] as const),
    ...wrong.map(({ why, resource }) => [url, why, resource, false] as const),
  ]),
);
test.each(fixtures)('%s: %s', async (url, _why, resource, isValid) => {
  const parameter = [
    { name: 'resource', resource },
    { name: 'profile', valueUri: url },
  ];
  const { json } = await server.request('admin', `${resource['resourceType'] as string}/$validate`, {
    body: { resourceType: 'Parameters', parameter },
  });
  const issues = json.issue as { severity: string; diagnostics: string }[];
  expect(issues.filter(({ severity }) => severity === 'error').length > 0).toBe(!isValid);
  if (isValid) expect(issues.filter(({ severity }) => severity === 'warning')).toEqual([]);
});

test('every profile of a resource has an example and a counter-example', () => {
  const folder = path.join(root, 'profiles/structure-definitions');
  const profiles = readdirSync(folder)
    .map((file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as { url: string; type: string })
    .filter(({ type }) => type !== 'Extension')
    .map(({ url }) => url);
  const shown = (wanted: boolean): Set<string> =>
    new Set(fixtures.filter(([, , , isValid]) => isValid === wanted).map(([url]) => url));
  expect(profiles.filter((url) => !shown(true).has(url) || !shown(false).has(url))).toEqual([]);
});
