import { fhirDateTime, fhirDateTimeOfHl7, messageTime } from '../../../src/mapping/message-time.js';

const xml: readonly [string, string | undefined][] = [
  ['2026-03-02T10:00:00+01:00', '2026-03-02T10:00:00+01:00'],
  ['2026-03-02T10:00:00Z', '2026-03-02T10:00:00+00:00'],
  ['2026-03-02T10:00:00', '2026-03-02T10:00:00+01:00'],
  ['2026-07-02T10:00:00', '2026-07-02T10:00:00+02:00'],
  ['2026-07-02T10:00:00.123', '2026-07-02T10:00:00+02:00'],
  ['2026-03-02', '2026-03-02'],
  ['2026-03', '2026-03'],
  ['2026', '2026'],
  ['2026-02-30', undefined],
  ['2026-02-30T10:00:00', undefined],
  ['i går', undefined],
  ['', undefined],
];
test.each(xml)('message time %s is FHIR %s', (text, expected) => expect(fhirDateTime(text)).toBe(expected));

const hl7: readonly [string, string | undefined][] = [
  ['20260301142000', '2026-03-01T14:20:00+01:00'],
  ['202607011420', '2026-07-01T14:20:00+02:00'],
  ['20260301142000.1234-0500', '2026-03-01T14:20:00-05:00'],
  ['20260301', '2026-03-01'],
  ['202603', '2026-03'],
  ['2026', '2026'],
  ['20261301', undefined],
  ['01.03.2026', undefined],
];
test.each(hl7)('HL7 time %s is FHIR %s', (text, expected) => expect(fhirDateTimeOfHl7(text)).toBe(expected));

test('a time is written with the offset of Norway, summer and winter', () => {
  expect(messageTime(Date.parse('2026-03-02T09:00:05Z'))).toBe('2026-03-02T10:00:05+01:00');
  expect(messageTime(Date.parse('2026-07-02T09:00:05Z'))).toBe('2026-07-02T11:00:05+02:00');
});
