import { dueFor } from '../../../../src/followup/calendar/due-for.js';
import { moved, windowStart } from '../../../../src/followup/calendar/elapsed.js';
import { instantOf, localMinute } from '../../../../src/followup/calendar/local-time.js';
import { norwegianHolidays } from '../../../../src/followup/calendar/norwegian-holidays.js';
import { occurrences } from '../../../../src/followup/calendar/occurrences.js';
import { Failure } from '../../../../src/kernel/failure.js';

const zone = 'Europe/Oslo';
const at = (text: string): number => instantOf(text, zone);

test.each([
  [
    2026,
    [
      '2026-01-01',
      '2026-04-02',
      '2026-04-03',
      '2026-04-05',
      '2026-04-06',
      '2026-05-01',
      '2026-05-14',
      '2026-05-17',
      '2026-05-24',
      '2026-05-25',
      '2026-12-25',
      '2026-12-26',
    ],
  ],
  [
    2008,
    [
      '2008-01-01',
      '2008-03-20',
      '2008-03-21',
      '2008-03-23',
      '2008-03-24',
      '2008-05-01',
      '2008-05-11',
      '2008-05-12',
      '2008-05-17',
      '2008-12-25',
      '2008-12-26',
    ],
  ],
  [
    2038,
    [
      '2038-01-01',
      '2038-04-22',
      '2038-04-23',
      '2038-04-25',
      '2038-04-26',
      '2038-05-01',
      '2038-05-17',
      '2038-06-03',
      '2038-06-13',
      '2038-06-14',
      '2038-12-25',
      '2038-12-26',
    ],
  ],
])('the holidays of %i', (year, expected) => {
  expect([...norwegianHolidays(year)].sort()).toEqual(expected);
});

test('days go back to local midnight, hours are elapsed, across the change of clocks', () => {
  expect(windowStart(at('2026-03-30T07:10'), 'P3D', zone)).toBe(at('2026-03-27T00:00'));
  expect(windowStart(at('2026-03-30T07:10'), 'P1W', zone)).toBe(at('2026-03-23T00:00'));
  expect(windowStart(at('2026-03-29T12:00'), 'PT24H', zone)).toBe(at('2026-03-28T11:00'));
  expect(windowStart(at('2026-10-25T12:00'), 'PT24H', zone)).toBe(at('2026-10-24T13:00'));
  expect(moved(at('2026-03-28T09:00'), 'P1D', { zone })).toBe(at('2026-03-29T09:00'));
  expect(moved(at('2026-03-29T09:00'), 'P1D', { zone, back: true })).toBe(at('2026-03-28T09:00'));
});

test('a schedule keeps its local time through the change of clocks', () => {
  const found = occurrences(
    { id: 's', for: 'x', start: '2026-10-24T10:00', times: ['09:00', '21:00'], before: 'PT1H', after: 'PT1H' },
    { from: 0, to: at('2026-10-26T09:00'), zone },
  );
  expect([...found].map((t) => localMinute(t, zone))).toEqual([
    '2026-10-24T21:00',
    '2026-10-25T09:00',
    '2026-10-25T21:00',
  ]);
});

test('a calendar of holidays only has no shift', () => {
  const hours = { calendar: { days: [], from: '08:00', to: '15:00' }, zone };
  expect(() => dueFor('yellow', at('2026-06-01T08:00'), hours)).toThrow(Failure);
});

test('around the clock every red is taken at once', () => {
  const hours = {
    calendar: { days: [0, 1, 2, 3, 4, 5, 6], from: '00:00', to: '24:00', holidays: 'none' as const },
    zone,
  };
  expect(dueFor('red', at('2026-12-25T03:00'), hours).label).toBe('ASAP');
  expect(dueFor('yellow', at('2026-12-25T03:00'), hours).label).toBe('2026-12-26T00:00');
});

test.each(['2026-13-01', '2026-02-30T09:00', 'yesterday', '2026', '2026-03-02T25:00', ''])(
  '"%s" is not a time',
  (text) => {
    expect(() => at(text)).toThrow(Failure);
  },
);
