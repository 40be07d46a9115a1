import { cloneJson, Decimal, parseJson, parseJsonObject, stringifyJson } from '../../../src/fhir/json.js';
import { Failure } from '../../../src/kernel/failure.js';

const failureOf = (text: string): Failure => {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
};

test.each(['1.0', '0.10', '1e-7', '12345678901234567890', '-0.0', '-0', '1E5', '1e400', '0.1', '100', '3.14159'])(
  '%s survives',
  (literal) => {
    const text = `{"value":${literal}}`;
    expect(stringifyJson(parseJson(text))).toBe(text);
  },
);

test('a number that a double holds exactly stays a plain number', () => {
  expect(parseJson('{"a":1.5,"b":-3,"c":1e+21}')).toEqual({ a: 1.5, b: -3, c: 1e21 });
});

test('another serialiser gets the nearest number of a decimal', () => {
  expect(JSON.stringify({ a: new Decimal('1.50') })).toBe('{"a":1.5}');
});

test('a decimal is worth its number', () => {
  expect(Number(new Decimal('1.50')) + 1).toBe(2.5);
  expect(String(new Decimal('1.50'))).toBe('1.50');
});

test.each([
  ['', 'line 1, column 1: The content is empty'],
  ['{"a":1', 'line 1, column 7: Expected , or }'],
  ['{"a":1,}', 'line 1, column 8: Expected a name'],
  ['{\n "a": 01}', 'line 2, column 7: This is not a JSON number'],
  ['[1 2]', 'column 4: Expected , or ]'],
  ['{"a":tru}', 'column 6: Expected a JSON value'],
  ['{"a":"x}', 'column 6: This string has no closing quote'],
  ['{"a":"\\x"}', 'column 7: This escape is not known'],
  ['{"a":1} x', 'more text after the end'],
  ['{"status":1,"status":2}', 'The name "status" occurs twice'],
  ['{"a":{"b":1,"b":1}}', 'occurs twice'],
  ['{"__proto__":{"x":1}}', 'The name __proto__ is not allowed'],
  ['{"a":"\\u0000"}', 'no control characters'],
  ['{"a":"\\u0007"}', 'no control characters'],
  ['{"a":"\\b"}', 'no control characters'],
  ['{"a":"\u0001"}', 'must be written with an escape'],
  ['{"a":"\\ud800"}', 'half of a surrogate pair'],
  ['{"a":"\ud800"}', 'half of a surrogate pair'],
  ["{'a':1}", 'Expected a name in double quotes'],
  ['{"a":NaN}', 'Expected a JSON value'],
  ['[.5]', 'Expected a JSON value'],
  ['[5.]', 'not a JSON number'],
])('%j is refused with the place and the reason', (text, reason) => {
  const failure = failureOf(text);
  expect(failure.category).toBe('invalid');
  expect(failure.message).toContain(reason);
});

test('nesting is read to 100 levels and refused below', () => {
  expect(parseJson('['.repeat(100) + ']'.repeat(100))).toHaveLength(1);
  expect(failureOf('['.repeat(101) + ']'.repeat(101)).message).toContain('deeper than 100');
  expect(failureOf('{"a":'.repeat(200_000)).message).toContain('deeper than 100');
});

test('a duplicate name that is not an element is not repeated in the message', () => {
  expect(failureOf('{"13116900216":1,"13116900216":2}').message).not.toContain('13116900216');
});

test.each([
  ['a string with a colon after a quote', '{"a":"\\":","b":":"}', { a: '":', b: ':' }],
  ['a surrogate pair written as escapes', '{"a":"\\ud83d\\ude00"}', { a: '😀' }],
  ['a byte order mark', '\ufeff{"a":1}', { a: 1 }],
  ['the names constructor and toString', '{"constructor":1,"toString":2}', { constructor: 1, toString: 2 }],
  ['a number-like text in a string', '{"a":", 1.0"}', { a: ', 1.0' }],
  ['all escapes that FHIR allows', '{"a":"\\"\\\\\\/\\n\\r\\t\\u00e5"}', { a: '"\\/\n\r\tå' }],
])('%s is read', (_, text, value) => {
  expect(parseJson(text)).toEqual(value);
});

test('content that must be an object is refused as anything else', () => {
  expect(() => parseJsonObject('[1]')).toThrow('must be a JSON object');
  expect(() => parseJsonObject('1.0')).toThrow('must be a JSON object');
  expect(() => parseJsonObject('{"a":1')).toThrow(Failure);
});

test('a copy keeps decimals and shares no object', () => {
  const value = parseJson('{"a":[{"b":1.0}]}') as { a: { b: Decimal }[] };
  const copy = cloneJson(value);
  copy.a.push({ b: new Decimal('2.0') });
  expect(stringifyJson(value)).toBe('{"a":[{"b":1.0}]}');
  expect(stringifyJson(copy)).toBe('{"a":[{"b":1.0},{"b":2.0}]}');
});
