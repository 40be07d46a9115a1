// https://hl7.org/fhir/R4/search_filter.html
import fc from 'fast-check';
import { Failure } from '../../src/kernel/failure.js';
import { type FilterExpression, filterOperators, readFilter } from '../../src/search/parse/parse-filter.js';

const name = fc.stringMatching(/^[a-z_][a-zA-Z0-9_-]{0,8}$/).filter((text) => !['not', 'and', 'or'].includes(text));
const value = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9|:/.+-]{1,12}$/),
  fc.string({ maxLength: 12 }),
  fc.constantFrom('a b', '")', 'x]', '\\', 'ø', ' and '),
);
const leaf: fc.Arbitrary<FilterExpression> = fc
  .record({
    path: fc.array(name, { minLength: 1, maxLength: 3 }),
    operator: fc.constantFrom(...filterOperators),
    value,
  })
  .map(({ path, ...rest }) => ({ op: 'test', path: path.map((one) => ({ name: one })), ...rest }));
const { expression } = fc.letrec<{ expression: FilterExpression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.record({
      op: fc.constantFrom('and' as const, 'or' as const),
      left: tie('expression'),
      right: tie('expression'),
    }),
    fc.record({ op: fc.constant('not' as const), expression: tie('expression') }),
    fc.tuple(name, tie('expression'), leaf).map(([first, filter, last]) => ({
      ...(last as Extract<FilterExpression, { op: 'test' }>),
      path: [{ name: first, filter }, ...(last as Extract<FilterExpression, { op: 'test' }>).path],
    })),
  ),
}));

/** Writes an expression; brackets around everything that is not a test. */
function print(of: FilterExpression): string {
  switch (of.op) {
    case 'and':
    case 'or':
      return `(${print(of.left)}) ${of.op} (${print(of.right)})`;
    case 'not':
      return `not (${print(of.expression)})`;
    case 'test': {
      const path = of.path.map((step) =>
        step.filter === undefined ? step.name : `${step.name}[${print(step.filter)}]`,
      );
      const plain = /^[^\s)\]"]+$/.test(of.value);
      return `${path.join('.')} ${of.operator} ${plain ? of.value : JSON.stringify(of.value)}`;
    }
  }
}

test('what is written is read as the same', () => {
  fc.assert(fc.property(expression, (one) => expect(readFilter(print(one))).toEqual(one)));
});

test('and binds more than or; brackets and not say otherwise', () => {
  const shape = (text: string): string => shapeOf(readFilter(text));
  const shapeOf = (of: FilterExpression): string =>
    of.op === 'test'
      ? of.value
      : of.op === 'not'
        ? `!${shapeOf(of.expression)}`
        : `(${shapeOf(of.left)} ${of.op} ${shapeOf(of.right)})`;
  expect(shape('a eq 1 or b eq 2 and c eq 3')).toBe('(1 or (2 and 3))');
  expect(shape('(a eq 1 or b eq 2) and c eq 3')).toBe('((1 or 2) and 3)');
  expect(shape('a eq 1 and b eq 2 and c eq 3')).toBe('((1 and 2) and 3)');
  expect(shape('not(a eq 1)and not (b eq 2)')).toBe('(!1 and !2)');
});

test('any text is read or refused with the place, never anything else', () => {
  const near = fc
    .array(fc.constantFrom('a', 'eq', 'and', 'or', 'not', '(', ')', '[', ']', '.', '"', ' ', 'b.c', '1'), {
      maxLength: 14,
    })
    .map((parts) => parts.join(' '));
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), (text) => {
      try {
        readFilter(text);
      } catch (error) {
        expect(error).toBeInstanceOf(Failure);
        expect((error as Failure).message).toMatch(/at character \d+|at most/);
      }
    }),
    { numRuns: 500 },
  );
});

test('too much is refused as too costly', () => {
  const costly = (text: string): string | undefined => {
    try {
      readFilter(text);
    } catch (error) {
      return (error as Failure).category;
    }
    return undefined;
  };
  expect(costly('('.repeat(30) + 'a eq 1' + ')'.repeat(30))).toBe('too-costly');
  expect(costly(Array.from({ length: 60 }, () => 'a eq 1').join(' or '))).toBe('too-costly');
  expect(costly(`a eq ${'x'.repeat(5000)}`)).toBe('too-costly');
});
