// https://hl7.org/fhir/R4/fhirpatch.html
import { loadDefinitions } from '../../../src/fhir/definitions.js';
import { applyFhirPathPatch, readFhirPathPatch } from '../../../src/fhir/fhirpath-patch.js';
import { parseJson, stringifyJson } from '../../../src/fhir/json.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { Failure } from '../../../src/kernel/failure.js';

type Part = Record<string, unknown>;

const operation = (type: string, path: string, more: Part[] = []): Part => ({
  name: 'operation',
  part: [{ name: 'type', valueCode: type }, { name: 'path', valueString: path }, ...more],
});
const name = (valueString: string): Part => ({ name: 'name', valueString });
const value = (content: Part): Part => ({ name: 'value', ...content });
const whole = (part: string, valueInteger: number): Part => ({ name: part, valueInteger });
const patched = (json: string, ...operations: Part[]): string =>
  stringifyJson(
    applyFhirPathPatch(
      parseJson(json) as Resource,
      readFhirPathPatch({ resourceType: 'Parameters', parameter: operations }),
      loadDefinitions(),
    ),
  );
const patient = (rest: string): string => `{"resourceType":"Patient"${rest === '' ? '' : `,${rest}`}}`;
const abc = '"identifier":[{"value":"a"},{"value":"b"},{"value":"c"}]';
const extension = (url: string): object => ({ extension: [{ url, valueBoolean: true }] });

test.each<[what: string, before: string, operation: Part, after: string]>([
  [
    'add: a primitive',
    '',
    operation('add', 'Patient', [name('birthDate'), value({ valueDate: '1930-01-01' })]),
    '"birthDate":"1930-01-01"',
  ],
  [
    'add: to a list',
    '"name":[{"family":"A"}]',
    operation('add', 'Patient', [name('name'), value({ valueHumanName: { family: 'B' } })]),
    '"name":[{"family":"A"},{"family":"B"}]',
  ],
  [
    'add: within an item',
    '"name":[{"family":"A"}]',
    operation('add', 'Patient.name[0]', [name('given'), value({ valueString: 'G' })]),
    '"name":[{"family":"A","given":["G"]}]',
  ],
  [
    'add: one of a choice by its short name',
    '',
    operation('add', 'Patient', [name('deceased'), value({ valueBoolean: true })]),
    '"deceasedBoolean":true',
  ],
  [
    'add: an element without a type, in parts',
    '',
    operation('add', 'Patient', [
      name('contact'),
      {
        name: 'value',
        part: [
          { name: 'name', valueHumanName: { text: 'x' } },
          { name: 'gender', valueCode: 'female' },
        ],
      },
    ]),
    '"contact":[{"name":{"text":"x"},"gender":"female"}]',
  ],
  [
    'add: parts within parts',
    '',
    operation('add', 'Patient', [
      name('communication'),
      {
        name: 'value',
        part: [
          { name: 'language', valueCodeableConcept: { text: 'nb' } },
          { name: 'preferred', valueBoolean: true },
        ],
      },
    ]),
    '"communication":[{"language":{"text":"nb"},"preferred":true}]',
  ],
  [
    'add: an extension to a primitive',
    '"birthDate":"1970"',
    operation('add', 'Patient.birthDate', [
      name('extension'),
      value({ valueExtension: { url: 'u', valueString: 'x' } }),
    ]),
    '"birthDate":"1970","_birthDate":{"extension":[{"url":"u","valueString":"x"}]}',
  ],
  [
    'add: a value with an extension',
    '',
    operation('add', 'Patient', [name('gender'), { name: 'value', valueCode: 'other', _valueCode: extension('u') }]),
    '"gender":"other","_gender":{"extension":[{"url":"u","valueBoolean":true}]}',
  ],
  [
    'insert: at the front',
    abc,
    operation('insert', 'Patient.identifier', [whole('index', 0), value({ valueIdentifier: { value: 'x' } })]),
    '"identifier":[{"value":"x"},{"value":"a"},{"value":"b"},{"value":"c"}]',
  ],
  [
    'insert: at the end',
    abc,
    operation('insert', 'Patient.identifier', [whole('index', 3), value({ valueIdentifier: { value: 'x' } })]),
    '"identifier":[{"value":"a"},{"value":"b"},{"value":"c"},{"value":"x"}]',
  ],
  [
    'insert: into a list that is not there yet',
    '',
    operation('insert', 'Patient.identifier', [whole('index', 0), value({ valueIdentifier: { value: 'x' } })]),
    '"identifier":[{"value":"x"}]',
  ],
  [
    'insert: extensions stay with their values',
    '"name":[{"given":["A","B"],"_given":[null,{"id":"b"}]}]',
    operation('insert', 'Patient.name.given', [whole('index', 0), value({ valueString: 'X' })]),
    '"name":[{"given":["X","A","B"],"_given":[null,null,{"id":"b"}]}]',
  ],
  [
    'delete: a primitive with its extension',
    '"birthDate":"1970","_birthDate":{"id":"b"},"gender":"male"',
    operation('delete', 'Patient.birthDate'),
    '"gender":"male"',
  ],
  [
    'delete: one item, found by what it holds',
    abc,
    operation('delete', "Patient.identifier.where(value = 'b')"),
    '"identifier":[{"value":"a"},{"value":"c"}]',
  ],
  ['delete: what is not there is no error', abc, operation('delete', 'Patient.birthDate'), abc],
  [
    'delete: a choice',
    '"deceasedBoolean":true,"gender":"male"',
    operation('delete', 'Patient.deceased'),
    '"gender":"male"',
  ],
  [
    'replace: a primitive',
    '"gender":"male"',
    operation('replace', 'Patient.gender', [value({ valueCode: 'female' })]),
    '"gender":"female"',
  ],
  [
    'replace: an item of a list',
    abc,
    operation('replace', 'Patient.identifier[1]', [value({ valueIdentifier: { value: 'x' } })]),
    '"identifier":[{"value":"a"},{"value":"x"},{"value":"c"}]',
  ],
  [
    'replace: deep inside',
    '"contact":[{"name":{"text":"a"}},{"name":{"text":"b"}}]',
    operation('replace', 'Patient.contact[1].name.text', [value({ valueString: 'x' })]),
    '"contact":[{"name":{"text":"a"}},{"name":{"text":"x"}}]',
  ],
  [
    'replace: a choice by one of another type',
    '"deceasedBoolean":true',
    operation('replace', 'Patient.deceased', [value({ valueDateTime: '2026' })]),
    '"deceasedDateTime":"2026"',
  ],
  [
    'move: forwards',
    abc,
    operation('move', 'Patient.identifier', [whole('source', 0), whole('destination', 2)]),
    '"identifier":[{"value":"b"},{"value":"c"},{"value":"a"}]',
  ],
  [
    'move: backwards',
    abc,
    operation('move', 'Patient.identifier', [whole('source', 2), whole('destination', 0)]),
    '"identifier":[{"value":"c"},{"value":"a"},{"value":"b"}]',
  ],
])('%s', (_what, before, one, after) => {
  expect(patched(patient(before), one)).toBe(patient(after));
});

test('operations apply one after the other, and every decimal keeps its literal', () => {
  const before =
    '{"resourceType":"Observation","valueQuantity":{"value":1.0},"referenceRange":[{"low":{"value":0.50}}]}';
  expect(
    patched(
      before,
      operation('add', 'Observation', [name('status'), value({ valueCode: 'final' })]),
      operation('replace', 'Observation.status', [value({ valueCode: 'amended' })]),
      operation('add', 'Observation.referenceRange[0]', [
        name('high'),
        value(parseJson('{"valueQuantity":{"value":2.00}}') as Part),
      ]),
    ),
  ).toBe(
    '{"resourceType":"Observation","valueQuantity":{"value":1.0},"referenceRange":[{"low":{"value":0.50},"high":{"value":2.00}}],"status":"amended"}',
  );
});

test.each<[what: string, operation: Part, category: string, says: RegExp]>([
  ['no parts', { name: 'operation' }, 'invalid', /Operation 0 .* parts/],
  ['no path', { name: 'operation', part: [{ name: 'type', valueCode: 'delete' }] }, 'invalid', /needs the part path/],
  ['an unknown type', operation('grow', 'Patient.name'), 'invalid', /has no type among/],
  ['no value', operation('replace', 'Patient.gender'), 'invalid', /needs the part value/],
  ['no index', operation('insert', 'Patient.identifier', [value({ valueIdentifier: {} })]), 'invalid', /part index/],
  ['a path that calculates', operation('delete', 'Patient.identifier.repeat(value)'), 'invalid', /function/],
  ['another resource', operation('delete', 'Patient.managingOrganization.resolve()'), 'invalid', /function/],
  ['a path that is none', operation('delete', 'Patient.('), 'invalid', /cannot be evaluated/],
  ['a path to a value', operation('replace', "'x'", [value({ valueString: 'y' })]), 'invalid', /does not lead/],
  [
    'nothing at the path',
    operation('replace', 'Patient.gender', [value({ valueCode: 'male' })]),
    'unprocessable',
    /nothing at its path/,
  ],
  ['several at the path', operation('delete', 'Patient.identifier'), 'unprocessable', /more than one/],
  [
    'an index beyond the list',
    operation('insert', 'Patient.identifier', [whole('index', 4), value({ valueIdentifier: {} })]),
    'unprocessable',
    /3 items/,
  ],
  [
    'a move beyond the list',
    operation('move', 'Patient.identifier', [whole('source', 3), whole('destination', 0)]),
    'unprocessable',
    /3 items/,
  ],
  [
    'an element that is not known',
    operation('add', 'Patient', [name('shoeSize'), value({ valueString: 'x' })]),
    'unprocessable',
    /no element of that name/,
  ],
  [
    'an element that is there',
    operation('add', 'Patient', [name('birthDate'), value({ valueDate: '1971' })]),
    'unprocessable',
    /use replace/,
  ],
  [
    'a second one of a choice',
    operation('add', 'Patient', [name('deceased'), value({ valueDateTime: '2026' })]),
    'unprocessable',
    /use replace/,
  ],
  [
    'a value of another sort',
    operation('add', 'Patient', [name('name'), value({ valueString: 'x' })]),
    'unprocessable',
    /this type/,
  ],
  [
    'a value of another type',
    operation('add', 'Patient', [name('name'), value({ valueAddress: { text: 'x' } })]),
    'unprocessable',
    /this type/,
  ],
  ['the resource itself', operation('delete', 'Patient'), 'unprocessable', /resource itself/],
])('%s is refused', (_what, one, category, says) => {
  const before = patient(`${abc},"birthDate":"1970","deceasedBoolean":false`);
  let failure: unknown;
  try {
    patched(before, one);
  } catch (error) {
    failure = error;
  }
  expect(failure).toBeInstanceOf(Failure);
  expect((failure as Failure).category).toBe(category);
  expect((failure as Failure).message).toMatch(says);
});
