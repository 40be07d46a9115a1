import fc from 'fast-check';
import { DateTime } from 'luxon';
import { dateRange } from '../../src/fhir/dates.js';

const zones = fc.constantFrom('Europe/Oslo', 'America/New_York', 'Asia/Kathmandu', 'UTC');
const instants = fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2100, 0, 1) });

test('a day begins and ends where the calendar library says', () => {
  fc.assert(
    fc.property(instants, zones, (instant, zone) => {
      const day = DateTime.fromMillis(instant, { zone }).startOf('day');
      const next = DateTime.fromObject({ year: day.year, month: day.month, day: day.day }, { zone }).plus({ days: 1 });
      const range = dateRange(day.toFormat('yyyy-MM-dd'), zone);
      expect(range.low).toBe(
        DateTime.fromObject({ year: day.year, month: day.month, day: day.day }, { zone }).toMillis(),
      );
      expect(range.high).toBe(next.toMillis());
      expect(range.low <= instant && instant < range.high).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('a more precise value lies within the less precise one', () => {
  fc.assert(
    fc.property(instants, (instant) => {
      const local = DateTime.fromMillis(instant, { zone: 'Europe/Oslo' });
      const forms = ['yyyy', 'yyyy-MM', 'yyyy-MM-dd', "yyyy-MM-dd'T'HH:mm:ssZZ", "yyyy-MM-dd'T'HH:mm:ss.SSSZZ"].map(
        (form) => dateRange(local.toFormat(form)),
      );
      for (const [index, inner] of forms.slice(1).entries()) {
        const outer = forms[index]!;
        expect(outer.low <= inner.low && inner.high <= outer.high).toBe(true);
      }
      expect(forms[4]).toEqual({ low: instant, high: instant + 1 });
    }),
  );
});

test('a text is a date or is refused as a Failure', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789-T:.Z+ '), maxLength: 30 }), (text) => {
      try {
        const { low, high } = dateRange(text);
        expect(low).toBeLessThan(high);
      } catch (error) {
        expect((error as Error).name).toBe('Failure');
      }
    }),
    { numRuns: 2000 },
  );
});
