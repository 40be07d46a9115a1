// https://www.rfc-editor.org/rfc/rfc6902
import fc from 'fast-check';
import { applyJsonPatch, readJsonPatch } from '../../../src/fhir/json-patch.js';
import { parseJson, stringifyJson } from '../../../src/fhir/json.js';
import { Failure } from '../../../src/kernel/failure.js';

const patched = (document: string, patch: string): string =>
  stringifyJson(applyJsonPatch(parseJson(document), readJsonPatch(parseJson(patch))));
const refusal = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error.category;
    throw error;
  }
  return 'none';
};

test.each([
  ['adds a member', '{"a":1}', '[{"op":"add","path":"/b","value":2}]', '{"a":1,"b":2}'],
  ['adds in the place of a member', '{"a":1}', '[{"op":"add","path":"/a","value":2}]', '{"a":2}'],
  ['adds an item before another', '{"a":[1,3]}', '[{"op":"add","path":"/a/1","value":2}]', '{"a":[1,2,3]}'],
  ['adds an item at the end by -', '{"a":[1]}', '[{"op":"add","path":"/a/-","value":[2]}]', '{"a":[1,[2]]}'],
  ['adds an item at the end by its index', '{"a":[1]}', '[{"op":"add","path":"/a/1","value":2}]', '{"a":[1,2]}'],
  ['adds null', '{"a":1}', '[{"op":"add","path":"/b","value":null}]', '{"a":1,"b":null}'],
  ['removes a member', '{"a":1,"b":2}', '[{"op":"remove","path":"/a"}]', '{"b":2}'],
  ['removes an item', '{"a":[1,2,3]}', '[{"op":"remove","path":"/a/1"}]', '{"a":[1,3]}'],
  ['replaces a member', '{"a":{"b":1}}', '[{"op":"replace","path":"/a/b","value":"x"}]', '{"a":{"b":"x"}}'],
  ['replaces the whole', '{"a":1}', '[{"op":"replace","path":"","value":{"b":1}}]', '{"b":1}'],
  ['moves a member', '{"a":{"b":1},"c":{}}', '[{"op":"move","from":"/a/b","path":"/c/d"}]', '{"a":{},"c":{"d":1}}'],
  ['moves an item', '{"a":[1,2,3]}', '[{"op":"move","from":"/a/0","path":"/a/2"}]', '{"a":[2,3,1]}'],
  ['moves a value to its own place', '{"a":1}', '[{"op":"move","from":"/a","path":"/a"}]', '{"a":1}'],
  [
    'copies',
    '{"a":[1]}',
    '[{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/b/-","value":2}]',
    '{"a":[1],"b":[1,2]}',
  ],
  [
    'reads ~1 and ~0 in a path',
    '{"/":1,"~":2,"~1":3}',
    '[{"op":"remove","path":"/~1"},{"op":"remove","path":"/~0"},{"op":"test","path":"/~01","value":3}]',
    '{"~1":3}',
  ],
  ['knows a member with an empty name', '{"":1}', '[{"op":"replace","path":"/","value":2}]', '{"":2}'],
  [
    'tests whatever the order of names',
    '{"a":{"b":1,"c":[2]}}',
    '[{"op":"test","path":"/a","value":{"c":[2],"b":1}}]',
    '{"a":{"b":1,"c":[2]}}',
  ],
  [
    'tests a decimal by its value',
    '{"a":1.0,"b":100}',
    '[{"op":"test","path":"/a","value":1.00},{"op":"test","path":"/a","value":1},{"op":"test","path":"/b","value":1e2}]',
    '{"a":1.0,"b":100}',
  ],
  [
    'leaves decimals as they were written',
    '{"a":1.0,"b":[0.10]}',
    '[{"op":"add","path":"/c","value":2.50},{"op":"copy","from":"/a","path":"/d"}]',
    '{"a":1.0,"b":[0.10],"c":2.50,"d":1.0}',
  ],
  ['passes over members that it does not know', '{"a":1}', '[{"op":"remove","path":"/a","reason":"x"}]', '{}'],
])('%s', (_what, document, patch, expected) => {
  expect(patched(document, patch)).toBe(expected);
});

test.each([
  ['a failing test', '{"a":1}', '[{"op":"test","path":"/a","value":2}]'],
  ['a test of a number as text', '{"a":1}', '[{"op":"test","path":"/a","value":"1"}]'],
  [
    'a test of a decimal that a double cannot tell apart',
    '{"a":0.10000000000000000001}',
    '[{"op":"test","path":"/a","value":0.1}]',
  ],
  ['a test of what is not there', '{}', '[{"op":"test","path":"/a","value":null}]'],
  ['removing what is not there', '{"a":1}', '[{"op":"remove","path":"/b"}]'],
  ['replacing what is not there', '{"a":1}', '[{"op":"replace","path":"/b","value":1}]'],
  ['replacing an item beyond the list', '{"a":[1]}', '[{"op":"replace","path":"/a/1","value":1}]'],
  ['adding below what is not there', '{"a":1}', '[{"op":"add","path":"/b/c","value":1}]'],
  ['adding below a number', '{"a":1}', '[{"op":"add","path":"/a/c","value":1}]'],
  ['adding an item beyond the end', '{"a":[1]}', '[{"op":"add","path":"/a/2","value":1}]'],
  ['an index with a zero before it', '{"a":[1,2]}', '[{"op":"remove","path":"/a/01"}]'],
  ['removing by -', '{"a":[1]}', '[{"op":"remove","path":"/a/-"}]'],
  ['moving a value into itself', '{"a":{"b":1}}', '[{"op":"move","from":"/a","path":"/a/b/c"}]'],
  ['what every object inherits', '{"a":1}', '[{"op":"remove","path":"/constructor/prototype"}]'],
])('refuses %s, and leaves the document as it is', (_what, document, patch) => {
  const content = parseJson(document);
  expect(refusal(() => applyJsonPatch(content, readJsonPatch(parseJson(patch))))).toBe('unprocessable');
  expect(stringifyJson(content)).toBe(document);
});

test.each([
  '{}',
  '[1]',
  '[{}]',
  '[{"op":"grow","path":"/a"}]',
  '[{"op":"add","path":"/a"}]',
  '[{"op":"remove"}]',
  '[{"op":"remove","path":"a"}]',
  '[{"op":"remove","path":"/~2"}]',
  '[{"op":"move","path":"/a"}]',
  '[{"op":"add","path":"/__proto__/x","value":1}]',
])('%s is no JSON Patch', (text) => {
  // What JSON.parse takes and the strict reader refuses is refused just the same.
  expect(refusal(() => readJsonPatch(JSON.parse(text)))).toBe('invalid');
});

test('a small patch cannot make a large document', () => {
  const doubling = [
    { op: 'add', path: '/a', value: [1] },
    ...Array.from({ length: 100 }, () => ({ op: 'copy', from: '', path: '/a/-' })),
  ];
  expect(refusal(() => applyJsonPatch({}, readJsonPatch(doubling)))).toBe('too-costly');
  expect(refusal(() => readJsonPatch(Array.from({ length: 1001 }, () => doubling[0])))).toBe('too-costly');
});

test('whatever the patch, it is carried out or refused with a reason', () => {
  const path = fc.oneof(
    fc.constantFrom('', '/', '/a', '/a/0', '/a/-', '/b/c', '/a/1/x', '/__proto__', '/constructor'),
    fc.string(),
  );
  const operation = fc.record(
    {
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
      path,
      from: path,
      value: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.jsonValue(), fc.array(operation, { maxLength: 8 }), (document, operations) => {
      expect(['none', 'invalid', 'unprocessable', 'too-costly']).toContain(
        refusal(() => applyJsonPatch(document, readJsonPatch(operations))),
      );
    }),
  );
});
