import { beginningOfTime, dateRange, endOfTime, periodRange, timingRange } from '../../../src/fhir/dates.js';
import { localToInstant, offsetAt } from '../../../src/fhir/zone-offset.js';
import { Failure } from '../../../src/kernel/failure.js';

const iso = ({ low, high }: { low: number; high: number }): string =>
  `${new Date(low).toISOString()}/${new Date(high).toISOString()}`;

test.each([
  ['2026', '2025-12-31T23:00:00.000Z/2026-12-31T23:00:00.000Z'],
  ['2026-07', '2026-06-30T22:00:00.000Z/2026-07-31T22:00:00.000Z'],
  ['2026-03-29', '2026-03-28T23:00:00.000Z/2026-03-29T22:00:00.000Z'], // 23 hours
  ['2026-10-25', '2026-10-24T22:00:00.000Z/2026-10-25T23:00:00.000Z'], // 25 hours
  ['2028-02-29', '2028-02-28T23:00:00.000Z/2028-02-29T23:00:00.000Z'],
  ['2026-12', '2026-11-30T23:00:00.000Z/2026-12-31T23:00:00.000Z'],
  ['2026-01-01T12:00', '2026-01-01T11:00:00.000Z/2026-01-01T11:01:00.000Z'],
  ['2026-01-01T12:00Z', '2026-01-01T12:00:00.000Z/2026-01-01T12:01:00.000Z'],
  ['2026-01-01T12:00:30Z', '2026-01-01T12:00:30.000Z/2026-01-01T12:00:31.000Z'],
  ['2026-01-01T12:00:30.5Z', '2026-01-01T12:00:30.500Z/2026-01-01T12:00:30.600Z'],
  ['2026-01-01T12:00:30.123456Z', '2026-01-01T12:00:30.123Z/2026-01-01T12:00:30.124Z'],
  ['2026-01-01T12:00:00+05:30', '2026-01-01T06:30:00.000Z/2026-01-01T06:30:01.000Z'],
  ['2026-01-01T12:00:00-03:00', '2026-01-01T15:00:00.000Z/2026-01-01T15:00:01.000Z'],
  ['2026-07-01T12:00:00', '2026-07-01T10:00:00.000Z/2026-07-01T10:00:01.000Z'],
  ['2026-03-29T02:30:00', '2026-03-29T01:30:00.000Z/2026-03-29T01:30:01.000Z'], // skipped by the clocks
  ['2026-10-25T02:30:00', '2026-10-25T00:30:00.000Z/2026-10-25T00:30:01.000Z'], // twice: the first
  ['2026-06-30T23:59:60Z', '2026-07-01T00:00:00.000Z/2026-07-01T00:00:01.000Z'], // leap second
])('%s covers %s', (value, expected) => {
  expect(iso(dateRange(value))).toBe(expected);
});

test.each([
  '',
  '26',
  '2026-13',
  '2026-00',
  '2026-02-29',
  '2026-04-31',
  '2026-1-1',
  '2026-01-01T',
  '2026-01-01T12',
  '2026-01-01T24:00:00Z',
  '2026-01-01T12:60:00Z',
  '2026-01-01 12:00',
  '2026-01-01T12:00:00+15:00',
  '0000',
  '2026-01Z',
  ' 2026',
  '2026-01-01T12:00:00.Z',
  'yesterday',
])('%j is refused', (value) => {
  expect(() => dateRange(value)).toThrow(Failure);
});

test('the first years of the calendar are not taken for the twentieth century', () => {
  expect(iso(dateRange('0050-01-01T00:00:00Z'))).toContain('0050-01-01T00:00:00.000Z/');
});

test('a period without start or end is open', () => {
  expect(periodRange({ start: '2026-01-01T00:00:00Z' })).toEqual({ low: Date.UTC(2026, 0, 1), high: endOfTime });
  expect(periodRange({ end: '2026-01-01' })).toEqual({ low: beginningOfTime, high: Date.UTC(2026, 0, 1, 23) });
});

test('a timing covers its events and bounds', () => {
  expect(iso(timingRange({ event: ['2026-01-03T00:00:00Z', '2026-01-01T00:00:00Z'] }))).toBe(
    '2026-01-01T00:00:00.000Z/2026-01-03T00:00:01.000Z',
  );
  expect(iso(timingRange({ repeat: { boundsPeriod: { start: '2026-01-01', end: '2026-01-31' } } }))).toBe(
    '2025-12-31T23:00:00.000Z/2026-01-31T23:00:00.000Z',
  );
  expect(timingRange({ repeat: { frequency: 1 } })).toEqual({ low: beginningOfTime, high: endOfTime });
});

test('the offset changes in the hour the clocks change', () => {
  expect(offsetAt(Date.UTC(2026, 2, 29, 0, 59), 'Europe/Oslo')).toBe(3_600_000);
  expect(offsetAt(Date.UTC(2026, 2, 29, 1, 0), 'Europe/Oslo')).toBe(7_200_000);
  expect(localToInstant(Date.UTC(2026, 9, 25, 3, 0), 'Europe/Oslo')).toBe(Date.UTC(2026, 9, 25, 2, 0));
});

test('an unknown zone is refused', () => {
  expect(() => dateRange('2026', 'Europe/Nowhere')).toThrow('time zone');
});
