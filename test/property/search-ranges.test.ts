// https://hl7.org/fhir/R4/search.html#prefix: what the prefixes have to do with each other
import fc from 'fast-check';
import { matchDate } from '../../src/search/match/match-date.js';
import type { DateValue, Prefix } from '../../src/search/parse/request.js';
import { compareDecimals, significantRange } from '../../src/search/significant-range.js';

const range = fc
  .tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 30 }))
  .map(([low, length]) => ({ low, high: low + length }));

test('dates: the prefixes are each other’s complements', () => {
  fc.assert(
    fc.property(range, range, (own, asked) => {
      const is = (prefix: Prefix): boolean => matchDate(own, { kind: 'date', prefix, ...asked } satisfies DateValue);
      expect(is('ne')).toBe(!is('eq'));
      expect(is('ge')).toBe(!is('eb')); // what does not end before it reaches into it or beyond
      expect(is('le')).toBe(!is('sa'));
      expect(is('ap')).toBe(!is('sa') && !is('eb'));
      if (is('sa')) expect(is('gt') && is('ge')).toBe(true);
      if (is('eb')) expect(is('lt') && is('le')).toBe(true);
      if (is('eq')) expect(is('ge') && is('le') && !is('gt') && !is('lt')).toBe(true);
      if (!is('gt') && !is('lt')) expect(is('eq')).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test('numbers: a value lies in the middle of its significant figures, and more figures say it more closely', () => {
  const literal = fc
    .tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.integer({ min: 0, max: 6 }))
    .map(([digits, decimals]) => (digits / 10 ** decimals).toFixed(decimals));
  fc.assert(
    fc.property(literal, (text) => {
      const found = significantRange(text)!;
      expect(compareDecimals(found.low, found.value)).toBe(-1);
      expect(compareDecimals(found.high, found.value)).toBe(1);
      const finer = significantRange(text.includes('.') ? `${text}0` : `${text}.0`)!;
      expect(compareDecimals(finer.low, found.low)).toBe(1);
      expect(compareDecimals(finer.high, found.high)).toBe(-1);
      expect(compareDecimals(finer.value, found.value)).toBe(0);
    }),
    { numRuns: 500 },
  );
});
