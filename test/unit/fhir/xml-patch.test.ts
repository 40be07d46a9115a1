// https://www.rfc-editor.org/rfc/rfc5261
import { loadDefinitions } from '../../../src/fhir/definitions.js';
import { parseJson, stringifyJson } from '../../../src/fhir/json.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { applyXmlPatch, readXmlPatch } from '../../../src/fhir/xml/xml-patch.js';
import { Failure } from '../../../src/kernel/failure.js';

const patched = (json: string, operations: string): string =>
  stringifyJson(
    applyXmlPatch(
      parseJson(json) as Resource,
      readXmlPatch(`<diff xmlns:f="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml">${operations}</diff>`),
      loadDefinitions(),
    ),
  );
const patient = (rest: string): string => `{"resourceType":"Patient",${rest}}`;
const abc = '"identifier":[{"system":"s","value":"a"},{"system":"s","value":"b"},{"value":"c"}]';

test.each<[what: string, before: string, operation: string, after: string]>([
  [
    'an attribute is replaced',
    '"birthDate":"1970"',
    '<replace sel="f:Patient/f:birthDate/@value">1971</replace>',
    '"birthDate":"1971"',
  ],
  [
    'from the root too',
    '"birthDate":"1970"',
    '<replace sel="/f:Patient/f:birthDate/@value">1971</replace>',
    '"birthDate":"1971"',
  ],
  [
    'an element is replaced',
    '"gender":"male"',
    '<replace sel="f:Patient/f:gender"><f:gender value="female"/></replace>',
    '"gender":"female"',
  ],
  [
    'an element of another type too',
    '"deceasedBoolean":true',
    '<replace sel="f:Patient/f:deceasedBoolean"><f:deceasedDateTime value="2026"/></replace>',
    '"deceasedDateTime":"2026"',
  ],
  [
    'an element is added',
    '"gender":"male"',
    '<add sel="f:Patient"><birthDate xmlns="http://hl7.org/fhir" value="1970"/></add>',
    '"gender":"male","birthDate":"1970"',
  ],
  [
    'before another',
    abc,
    '<add sel="f:Patient/f:identifier[1]" pos="before"><f:identifier><f:value value="x"/></f:identifier></add>',
    abc.replace('[', '[{"value":"x"},'),
  ],
  [
    'after another',
    abc,
    '<add sel="f:Patient/f:identifier[f:value/@value=\'c\']" pos="after"><f:identifier><f:value value="x"/></f:identifier></add>',
    abc.replace(']', ',{"value":"x"}]'),
  ],
  [
    'as the first',
    '"name":[{"given":["B"]}]',
    '<add sel="f:Patient/f:name" pos="prepend"><f:given value="A"/></add>',
    '"name":[{"given":["A","B"]}]',
  ],
  [
    'an attribute is added',
    '"birthDate":"1970"',
    '<add sel="f:Patient/f:birthDate" type="@id">b1</add>',
    '"birthDate":"1970","_birthDate":{"id":"b1"}',
  ],
  ['an element is removed', `${abc},"gender":"male"`, '<remove sel="f:Patient/f:gender"/>', abc],
  [
    'one of several, by two conditions',
    abc,
    '<remove sel="f:Patient/f:identifier[f:system/@value=&quot;s&quot;][2]"/>',
    '"identifier":[{"system":"s","value":"a"},{"value":"c"}]',
  ],
  [
    'whatever its name',
    '"gender":"male","birthDate":"1970"',
    '<remove sel="*/*[@value=\'male\']"/>',
    '"birthDate":"1970"',
  ],
  [
    'a narrative is replaced',
    '"text":{"status":"empty","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">a</div>"}',
    '<replace sel="f:Patient/f:text/h:div"><h:div>b &amp; c</h:div></replace>',
    '"text":{"status":"empty","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">b &amp; c</div>"}',
  ],
])('%s', (_what, before, operation, after) => {
  expect(patched(patient(before), operation)).toBe(patient(after));
});

test('decimals and the narrative stay as they are', () => {
  const before =
    '{"resourceType":"Observation","text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">a&#160;<br /></div>"},"status":"final","valueQuantity":{"value":1.0}}';
  expect(patched(before, '<replace sel="f:Observation/f:status/@value">amended</replace>')).toBe(
    before.replace('final', 'amended'),
  );
});

test.each<[what: string, operation: string, category: string, says: RegExp]>([
  ['another operation', '<move sel="f:Patient"/>', 'invalid', /Operation 0 .* add, replace or remove/],
  ['no sel', '<remove/>', 'invalid', /with a sel/],
  ['all descendants', '<remove sel="//f:gender"/>', 'invalid', /cannot be read/],
  ['a function', '<remove sel="f:Patient/f:name[last()]"/>', 'invalid', /cannot be read/],
  ['an axis', '<remove sel="f:Patient/child::f:gender"/>', 'invalid', /cannot be read/],
  ['an undeclared prefix', '<remove sel="g:Patient/g:gender"/>', 'invalid', /cannot be read/],
  ['nothing there', '<remove sel="f:Patient/f:gender"/>', 'unprocessable', /nothing at its sel/],
  ['several', '<remove sel="f:Patient/f:identifier"/>', 'unprocessable', /more than one/],
  ['the resource', '<remove sel="f:Patient"/>', 'unprocessable', /resource itself/],
  ['nothing added', '<add sel="f:Patient"/>', 'unprocessable', /must add elements/],
  [
    'two for one',
    '<replace sel="f:Patient/f:identifier[1]"><f:gender value="male"/><f:gender value="male"/></replace>',
    'unprocessable',
    /exactly one/,
  ],
  ['no FHIR', '<add sel="f:Patient"><f:shoeSize value="1"/></add>', 'unprocessable', /shoeSize is not known/],
  ['another namespace', '<add sel="f:Patient"><gender value="male"/></add>', 'unprocessable', /namespace/],
  [
    'an attribute that is there',
    '<add sel="f:Patient/f:identifier[1]/f:value" type="@value">x</add>',
    'unprocessable',
    /use replace/,
  ],
])('%s is refused', (_what, operation, category, says) => {
  let failure: unknown;
  try {
    patched(patient(abc), operation);
  } catch (error) {
    failure = error;
  }
  expect(failure).toBeInstanceOf(Failure);
  expect((failure as Failure).category).toBe(category);
  expect((failure as Failure).message).toMatch(says);
});
