import fc from 'fast-check';
import { extractRows } from '../../src/search/extract/extract-rows.js';
import { extractSeries } from '../../src/search/extract/extract-series.js';
import { fold } from '../../src/search/fold.js';
import { loadSearchRegistry } from '../../src/search/load-registry.js';
import { compareDecimals, significantRange } from '../../src/search/significant-range.js';
import { parseQuery, printQuery } from '../../src/search/parse/query-pairs.js';
import { splitEscaped, unescapeValue } from '../../src/search/parse/escapes.js';

const registry = loadSearchRegistry();

test('a resource of any shape gives rows and no error', () => {
  const elements = [
    'code',
    'subject',
    'identifier',
    'name',
    'effectiveDateTime',
    'effectivePeriod',
    'effectiveTiming',
    'valueQuantity',
    'valueSampledData',
    'component',
    'coding',
    'value',
    'system',
    'reference',
    'period',
    'start',
    'telecom',
    'entry',
    'resource',
    'relatedArtifact',
    'useContext',
    'meta',
    'tag',
    'low',
    'high',
    'origin',
    'data',
    'type',
    'event',
    'repeat',
    'boundsPeriod',
  ];
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.constant(null),
      fc.boolean(),
      fc.double(),
      fc.string(),
      fc.constantFrom('2026', 'Patient/1', 'http://unitsofmeasure.org', 'kg'),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...elements), tie('tree'), { maxKeys: 5 }),
    ),
  }));
  const types = [...registry.types];
  fc.assert(
    fc.property(
      fc.constantFrom(...types),
      fc.dictionary(fc.constantFrom(...elements), tree, { maxKeys: 8 }),
      (type, body) => {
        const resource = { ...body, resourceType: type } as Parameters<typeof extractRows>[0];
        const rows = extractRows(resource, registry);
        extractSeries(resource);
        for (const row of rows) {
          if (row.kind === 'date') expect(row.low).toBeLessThan(row.high);
          if (row.kind === 'quantity')
            expect(compareDecimals(row.low, row.high)).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
          for (const value of Object.values(row))
            if (typeof value === 'string') expect(value.length).toBeLessThanOrEqual(500);
        }
        expect(new Set(rows.map((row) => JSON.stringify(row))).size).toBe(rows.length);
      },
    ),
    { numRuns: 3000 },
  );
});

test('folding is idempotent, and a prefix folds to a prefix', () => {
  const text = fc
    .array(fc.constantFrom('a', 'A', 'å', 'Å', 'æ', 'ø', 'Ö', 'é', 'ß', ' ', '-', '.', 'aa', 'š', 'ŋ', 'n', '1'), {
      maxLength: 12,
    })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, text, (start, rest) => {
      expect(fold(fold(start))).toBe(fold(start));
      expect(fold(start + rest).startsWith(fold(start).trimEnd())).toBe(true);
      expect(fold(start.toUpperCase())).toBe(fold(start.toLowerCase()));
    }),
  );
});

test('a number lies within the range of its own significant figures, and more digits narrow it', () => {
  const literal = fc
    .tuple(fc.integer({ min: -99999, max: 99999 }), fc.integer({ min: 0, max: 5 }))
    .map(([digits, decimals]) => (digits / 10 ** decimals).toFixed(decimals));
  fc.assert(
    fc.property(literal, (text) => {
      const range = significantRange(text)!;
      expect(compareDecimals(range.low, range.value)).toBe(-1);
      expect(compareDecimals(range.value, range.high)).toBe(-1);
      const finer = significantRange(text.includes('.') ? `${text}0` : `${text}.0`)!;
      expect(compareDecimals(range.low, finer.low)).toBe(-1);
      expect(compareDecimals(finer.high, range.high)).toBe(-1);
    }),
  );
});

test('a query reads back as it was printed', () => {
  const part = fc.string({ minLength: 1, unit: 'grapheme' });
  fc.assert(
    fc.property(fc.array(fc.tuple(part, part), { minLength: 1, maxLength: 4 }), (pairs) => {
      expect(parseQuery(printQuery(pairs))).toEqual(pairs);
    }),
  );
});

test('an escaped value is one value', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const escaped = text.replace(/[\\,|$]/g, '\\$&');
      expect(splitEscaped(escaped, ',')).toEqual([escaped]);
      expect(unescapeValue(escaped)).toBe(text);
    }),
  );
});
