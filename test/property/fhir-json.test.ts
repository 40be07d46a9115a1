import fc from 'fast-check';
import { Decimal, literalOf, numberOf, parseJson, stringifyJson } from '../../src/fhir/json.js';

const digits = (max: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: max });
const literal = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(
      fc.constant('0'),
      fc.tuple(fc.constantFrom(...'123456789'), digits(20)).map((parts) => parts.join('')),
    ),
    fc.oneof(
      fc.constant(''),
      digits(20).map((fraction) => `.${fraction}`),
    ),
    fc.oneof(
      fc.constant(''),
      fc.tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.nat(400)).map((parts) => parts.join('')),
    ),
  )
  .map((parts) => parts.join(''));

const key = fc
  .string({ unit: 'grapheme', maxLength: 8 })
  .filter((name) => name !== '__proto__' && !/[\u0000-\u001f]/.test(name));
const text = fc
  .string({ unit: 'grapheme' })
  .map((value) => value.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, ''));
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    text,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    tie('array'),
    tie('object'),
  ),
  array: fc.array(tie('value'), { maxLength: 5 }),
  object: fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
})).value;

test('every decimal literal comes out exactly as it came in', () => {
  fc.assert(
    fc.property(literal, (number) => {
      const source = `{"a":[${number}],"b":{"c":${number}}}`;
      expect(stringifyJson(parseJson(source))).toBe(source);
      expect(literalOf(parseJson(number) as number)).toBe(number);
      expect(numberOf(parseJson(number) as number)).toBe(Number(number));
    }),
  );
});

test('ordinary JSON is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(json, fc.constantFrom(undefined, 2), (value, indent) => {
      const source = JSON.stringify(value, null, indent);
      const read = parseJson(source);
      if (source.includes('-0')) expect(JSON.stringify(read)).toBe(JSON.stringify(JSON.parse(source)));
      else expect(read).toEqual(JSON.parse(source));
      expect(stringifyJson(read)).toBe(JSON.stringify(JSON.parse(source)));
    }),
  );
});

test('a text is either read as JSON.parse reads it or refused as a Failure, wherever it is damaged', () => {
  const sample =
    '{"resourceType":"Observation","valueQuantity":{"value":36.70,"unit":"Cel"},"x":[true,null,-1e-7,"a\\nb"]}';
  fc.assert(
    fc.property(
      fc.nat(sample.length - 1),
      fc.constantFrom('', '"', '{', '}', ',', ':', '\\', '0', '.', '-', 'e', '\u0001', ' '),
      (at, instead) => {
        const damaged = sample.slice(0, at) + instead + sample.slice(at + 1);
        const strict = attempt(() => JSON.stringify(JSON.parse(damaged)));
        const own = attempt(() => JSON.stringify(parseJson(damaged)));
        if (own !== undefined) expect(own).toBe(strict);
      },
    ),
  );
});

test('a string that imitates the inside of a decimal stays a string', () => {
  const value = { a: new Decimal('1.0'), b: '\u0001x:1.0' };
  expect(stringifyJson(value)).toBe('{"a":1.0,"b":"\\u0001x:1.0"}');
});

function attempt(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
