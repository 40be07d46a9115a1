// https://hl7.org/fhir/R4/terminology-service.html
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';

let server: HereServer;
beforeAll(async () => {
  server = await startHere();
  for (const resource of [animals, pets, translation])
    expect(
      (await server.request('admin', `${resource.resourceType}/${resource.id}`, { method: 'PUT', body: resource }))
        .status,
    ).toBe(201);
});
afterAll(() => server.stop());

const animals = {
  resourceType: 'CodeSystem',
  id: 'animals',
  url: 'http://example.no/animals',
  version: '2',
  name: 'Animals',
  status: 'active',
  content: 'complete',
  caseSensitive: false,
  hierarchyMeaning: 'is-a',
  property: [{ code: 'legs', type: 'integer' }],
  concept: [
    {
      code: 'mammal',
      display: 'Mammal',
      property: [{ code: 'notSelectable', valueBoolean: true }],
      concept: [
        {
          code: 'cat',
          display: 'Cat',
          definition: 'Sleeps.',
          designation: [{ language: 'nb', value: 'Katt' }],
          property: [{ code: 'legs', valueInteger: 4 }],
        },
        { code: 'dog', display: 'Dog', property: [{ code: 'legs', valueInteger: 4 }] },
        { code: 'dodo', display: 'Dodo', property: [{ code: 'inactive', valueBoolean: true }] },
      ],
    },
    { code: 'snake', display: 'Snake', property: [{ code: 'legs', valueInteger: 0 }] },
  ],
};
const pets = {
  resourceType: 'ValueSet',
  id: 'pets',
  url: 'http://example.no/pets',
  version: '1',
  name: 'Pets',
  status: 'active',
  compose: {
    include: [{ system: 'http://example.no/animals', filter: [{ property: 'concept', op: 'is-a', value: 'mammal' }] }],
    exclude: [{ system: 'http://example.no/animals', concept: [{ code: 'dog' }] }],
  },
};
const translation = {
  resourceType: 'ConceptMap',
  id: 'latin',
  url: 'http://example.no/latin',
  name: 'Latin',
  status: 'active',
  sourceUri: 'http://example.no/pets',
  targetUri: 'http://example.no/latin-names',
  group: [
    {
      source: 'http://example.no/animals',
      target: 'http://example.no/linne',
      element: [
        {
          code: 'cat',
          target: [{ code: 'felis', display: 'Felis catus', equivalence: 'narrower', comment: 'House cats only.' }],
        },
        { code: 'dog', target: [{ equivalence: 'unmatched' }] },
      ],
      unmapped: { mode: 'fixed', code: 'animalia' },
    },
  ],
};

const query = (values: Readonly<Record<string, string>>): string => new URLSearchParams(values).toString();
const ask = (path: string, values: Readonly<Record<string, string>> = {}): Promise<HereResponse> =>
  server.request('gp', `${path}?${query(values)}`);
const post = (path: string, ...parameter: readonly object[]): Promise<HereResponse> =>
  server.request('gp', path, { method: 'POST', body: { resourceType: 'Parameters', parameter } });
/** Name → value of an answer of Parameters. */
function values({ json }: HereResponse): Record<string, unknown> {
  expect(json.resourceType).toBe('Parameters');
  return Object.fromEntries(
    (json.parameter as Record<string, unknown>[]).map((one) => [
      one['name'],
      Object.entries(one).find(([key]) => key.startsWith('value'))?.[1] ?? one['part'],
    ]),
  );
}
const codesIn = ({ json }: HereResponse): string[] =>
  ((json.expansion.contains ?? []) as { code: string }[]).map(({ code }) => code);

test.each([
  ['ValueSet/pets/$expand', {}, ['mammal', 'cat', 'dodo']],
  ['ValueSet/$expand', { url: 'http://example.no/pets' }, ['mammal', 'cat', 'dodo']],
  ['ValueSet/$expand', { url: 'http://example.no/pets|1' }, ['mammal', 'cat', 'dodo']],
  ['ValueSet/$expand', { url: 'http://example.no/pets', valueSetVersion: '1', activeOnly: 'true' }, ['mammal', 'cat']],
  ['ValueSet/$expand', { url: 'http://example.no/pets', filter: 'do' }, ['dodo']],
  ['ValueSet/$expand', { url: 'http://example.no/pets', offset: '1', count: '1' }, ['cat']],
  [
    'ValueSet/$expand',
    { url: 'http://hl7.org/fhir/ValueSet/administrative-gender' },
    ['male', 'female', 'other', 'unknown'],
  ],
  ['ValueSet/$expand', { url: 'http://hl7.org/fhir/ValueSet/observation-status', filter: 'prelim' }, ['preliminary']],
  ['ValueSet/$expand', { context: 'Observation.status', filter: 'prelim' }, ['preliminary']],
  [
    'ValueSet/$expand',
    { context: 'http://hl7.org/fhir/StructureDefinition/Patient#Patient.contact.gender', filter: 'other' },
    ['other'],
  ],
])('%s %j', async (path, parameters, codes) => {
  expect(codesIn(await ask(path, parameters))).toEqual(codes);
});

test.each<[string, Record<string, string>, boolean]>([
  ['CodeSystem', { url: 'http://unitsofmeasure.org', code: 'mmol/L' }, true],
  ['CodeSystem', { url: 'http://unitsofmeasure.org', code: 'slag/min' }, false],
  ['CodeSystem', { url: 'urn:ietf:bcp:47', code: 'nb-NO' }, true],
  [
    'ValueSet',
    { url: 'http://hl7.org/fhir/ValueSet/ucum-units', system: 'http://unitsofmeasure.org', code: 'kg' },
    true,
  ],
  [
    'ValueSet',
    { url: 'http://hl7.org/fhir/ValueSet/ucum-units', system: 'http://unitsofmeasure.org', code: 'kgs' },
    false,
  ],
  ['ValueSet', { url: 'http://hl7.org/fhir/ValueSet/ucum-units', system: 'http://loinc.org', code: 'kg' }, false],
  ['ValueSet', { context: 'Observation.status', code: 'final' }, true],
  ['ValueSet', { context: 'Observation.status', code: 'finished' }, false],
])('where no list tells, the grammar of the system does: %s %j → %p', async (type, parameters, result) => {
  expect(values(await ask(`${type}/$validate-code`, parameters))['result']).toBe(result);
});

test('a context that is bound to nothing is not found', async () => {
  expect((await ask('ValueSet/$expand', { context: 'Patient.birthDate' })).status).toBe(404);
});

test('an expansion says what it is of, how many there are, and the names in the language asked for', async () => {
  const { json } = await ask('ValueSet/pets/$expand', {
    count: '2',
    displayLanguage: 'nb-NO',
    includeDesignations: 'true',
  });
  expect(json).toMatchObject({
    resourceType: 'ValueSet',
    url: 'http://example.no/pets',
    expansion: {
      total: 3,
      offset: 0,
      contains: [
        { code: 'mammal', abstract: true },
        { code: 'cat', display: 'Katt', version: '2' },
      ],
    },
  });
  expect(json.compose).toBeUndefined();
  expect(json.expansion.contains[1].designation).toEqual([{ language: 'nb', value: 'Katt' }]);
});

test('a value set may be given whole', async () => {
  const compose = {
    include: [{ valueSet: ['http://example.no/pets'] }, { system: 'urn:x', concept: [{ code: 'a', display: 'A' }] }],
  };
  const answer = await post('ValueSet/$expand', {
    name: 'valueSet',
    resource: { resourceType: 'ValueSet', status: 'draft', compose },
  });
  expect(codesIn(answer)).toEqual(['mammal', 'cat', 'dodo', 'a']);
});

test.each([
  ['ValueSet/$expand', {}, 400],
  ['ValueSet/$expand', { url: 'http://example.no/none' }, 404],
  ['ValueSet/$expand', { url: 'http://example.no/pets', count: '-1' }, 400],
  ['ValueSet/$expand', { url: 'http://example.no/pets', colour: 'red' }, 400],
  ['ValueSet/none/$expand', {}, 404],
  ['ValueSet/$expand', { url: 'http://hl7.org/fhir/ValueSet/mimetypes' }, 400],
  ['ValueSet/$validate-code', { url: 'http://example.no/pets' }, 400],
  ['CodeSystem/$lookup', { system: 'http://example.no/animals', code: 'cow' }, 404],
  ['CodeSystem/$lookup', { system: 'http://example.no/none', code: 'cow' }, 400],
  ['CodeSystem/$lookup', { code: 'cow' }, 400],
  ['CodeSystem/$subsumes', { system: 'http://example.no/animals', codeA: 'cat' }, 400],
  ['CodeSystem/$subsumes', { system: 'http://example.no/animals', codeA: 'cat', codeB: 'cow' }, 404],
  ['ConceptMap/$translate', { system: 'http://example.no/animals', code: 'cat' }, 400],
  ['ConceptMap/$translate', { url: 'http://example.no/none', code: 'cat' }, 404],
])('%s %j is refused', async (path, parameters, status) => {
  const answer = await ask(path, parameters);
  expect([answer.status, answer.json.resourceType]).toEqual([status, 'OperationOutcome']);
});

const inAnimals = { system: 'http://example.no/animals' };
test.each([
  ['ValueSet/$validate-code', { url: 'http://example.no/pets', ...inAnimals, code: 'cat' }, true, 'Cat'],
  ['ValueSet/pets/$validate-code', { ...inAnimals, code: 'cat', display: 'katt' }, true, 'Cat'],
  ['ValueSet/pets/$validate-code', { ...inAnimals, code: 'cat', display: 'Dog' }, false, 'Cat'],
  ['ValueSet/pets/$validate-code', { code: 'cat' }, true, 'Cat'],
  ['ValueSet/pets/$validate-code', { ...inAnimals, code: 'dog' }, false, undefined],
  ['ValueSet/pets/$validate-code', { system: 'urn:x', code: 'cat' }, false, undefined],
  ['ValueSet/pets/$validate-code', { ...inAnimals, code: 'mammal', abstract: 'false' }, false, 'Mammal'],
  [
    'ValueSet/$validate-code',
    { url: 'http://hl7.org/fhir/ValueSet/administrative-gender', code: 'male' },
    true,
    'Male',
  ],
  [
    'ValueSet/$validate-code',
    { url: 'http://hl7.org/fhir/ValueSet/mimetypes', system: 'urn:x', code: 'a' },
    false,
    undefined,
  ],
  ['CodeSystem/$validate-code', { url: 'http://example.no/animals', code: 'CAT' }, true, 'Cat'],
  ['CodeSystem/animals/$validate-code', { code: 'cow' }, false, undefined],
  [
    'CodeSystem/$validate-code',
    { url: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
    true,
    'inpatient encounter',
  ],
])('%s %j → %s', async (path, parameters, result, display) => {
  const found = values(await ask(path, parameters));
  expect([found['result'], found['display'], found['message'] === undefined]).toEqual([result, display, result]);
});

test('one coding of a concept is enough', async () => {
  const coding = [
    { ...inAnimals, code: 'dog' },
    { ...inAnimals, code: 'cat' },
  ];
  const found = values(
    await post('ValueSet/pets/$validate-code', { name: 'codeableConcept', valueCodeableConcept: { coding } }),
  );
  expect(found).toMatchObject({ result: true, code: 'cat' });
});

test('what a code system says of a code', async () => {
  const answer = await ask('CodeSystem/$lookup', { ...inAnimals, code: 'cat' });
  expect(values(answer)).toEqual({
    name: 'Animals',
    version: '2',
    display: 'Cat',
    definition: 'Sleeps.',
    designation: [
      { name: 'language', valueCode: 'nb' },
      { name: 'value', valueString: 'Katt' },
    ],
    property: [
      { name: 'code', valueCode: 'legs' },
      { name: 'value', valueInteger: 4 },
    ],
  });
  const parent = await post(
    'CodeSystem/$lookup',
    { name: 'coding', valueCoding: { ...inAnimals, code: 'cat' } },
    { name: 'property', valueCode: 'parent' },
  );
  expect(values(parent)['property']).toEqual([
    { name: 'code', valueCode: 'parent' },
    { name: 'value', valueCode: 'mammal' },
  ]);
  expect(
    values(await ask('CodeSystem/$lookup', { system: 'http://hl7.org/fhir/administrative-gender', code: 'other' }))[
      'display'
    ],
  ).toBe('Other');
});

test.each([
  ['mammal', 'cat', 'subsumes'],
  ['cat', 'mammal', 'subsumed-by'],
  ['cat', 'cat', 'equivalent'],
  ['cat', 'snake', 'not-subsumed'],
])('%s and %s: %s', async (codeA, codeB, outcome) => {
  expect(values(await ask('CodeSystem/$subsumes', { ...inAnimals, codeA, codeB }))).toEqual({ outcome });
  expect(values(await ask('CodeSystem/animals/$subsumes', { codeA, codeB }))).toEqual({ outcome });
});

const felis = { system: 'http://example.no/linne', code: 'felis', display: 'Felis catus' };
test.each([
  ['ConceptMap/latin/$translate', { ...inAnimals, code: 'cat' }, true, felis],
  ['ConceptMap/$translate', { ...inAnimals, code: 'cat', url: 'http://example.no/latin' }, true, felis],
  ['ConceptMap/$translate', { ...inAnimals, code: 'cat', targetsystem: 'http://example.no/linne' }, true, felis],
  ['ConceptMap/$translate', { ...inAnimals, code: 'cat', target: 'http://example.no/latin-names' }, true, felis],
  ['ConceptMap/$translate', { ...inAnimals, code: 'dog', url: 'http://example.no/latin' }, false, undefined],
  [
    'ConceptMap/$translate',
    { ...inAnimals, code: 'cow', url: 'http://example.no/latin' },
    true,
    { system: 'http://example.no/linne', code: 'animalia' },
  ],
  ['ConceptMap/$translate', { ...inAnimals, code: 'cat', targetsystem: 'urn:other' }, false, undefined],
  [
    'ConceptMap/$translate',
    { system: 'http://example.no/linne', code: 'felis', url: 'http://example.no/latin', reverse: 'true' },
    true,
    { ...inAnimals, code: 'cat' },
  ],
  [
    'ConceptMap/$translate',
    {
      system: 'http://hl7.org/fhir/administrative-gender',
      code: 'male',
      targetsystem: 'http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender',
    },
    true,
    { system: 'http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender', code: 'M' },
  ],
])('%s %j → %s', async (path, parameters, result, concept) => {
  const found = values(await ask(path, parameters));
  expect(found['result']).toBe(result);
  const match = (found['match'] ?? []) as readonly { name: string; valueCoding?: unknown }[];
  expect(match.find(({ name }) => name === 'concept')?.valueCoding).toEqual(concept);
});

test('$lookup gives a decimal of a concept as it was written', async () => {
  const system = {
    ...animals,
    id: 'weights',
    url: 'http://example.no/weights',
    property: [{ code: 'weight', type: 'decimal' }],
    concept: [{ code: 'cat', property: [{ code: 'weight', valueDecimal: 'WEIGHT' }] }],
  };
  const body = JSON.stringify(system).replace('"WEIGHT"', '4.50');
  expect((await server.request('admin', 'CodeSystem/weights', { method: 'PUT', body })).status).toBe(201);
  const { text } = await ask('CodeSystem/$lookup', { system: system.url, code: 'cat' });
  expect(text).toContain('"valueDecimal":4.50}');
});
