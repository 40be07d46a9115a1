import { looksIn, once } from '../../../src/web/pages/patient/looks.js';

const entry = (when: string, who: string, what: string, why?: string): object => ({
  name: 'entry',
  part: [
    { name: 'when', valueInstant: when },
    { name: 'who', valueString: who },
    { name: 'organisation', valueString: 'Fjordheim' },
    { name: 'what', valueString: what },
    ...(why === undefined ? [] : [{ name: 'why', valueString: why }]),
    { name: 'refused', valueBoolean: false },
  ],
});
const answer = (...parameter: readonly object[]) =>
  ({ resourceType: 'Parameters', id: 'x', parameter }) as unknown as Parameters<typeof looksIn>[0];

test('the same look several times a minute is one; another minute, person or reason is another', () => {
  const looks = once(
    looksIn(
      answer(
        entry('2026-11-01T08:00:50Z', 'Siri', 'søkte i målinger'),
        entry('2026-11-01T08:00:10Z', 'Siri', 'søkte i målinger'),
        entry('2026-11-01T08:00:05Z', 'Tor', 'søkte i målinger'),
        entry('2026-11-01T08:00:01Z', 'Siri', 'søkte i målinger', 'øyeblikkelig hjelp'),
        entry('2026-11-01T07:59:59Z', 'Siri', 'søkte i målinger'),
      ),
    ),
  );
  expect(looks.map(({ who, why }) => [who, why])).toEqual([
    ['Siri', undefined],
    ['Tor', undefined],
    ['Siri', 'øyeblikkelig hjelp'],
    ['Siri', undefined],
  ]);
});

test('what is no entry, or has no time, is left out', () => {
  expect(looksIn(answer({ name: 'other' }, { name: 'entry', part: [] }))).toEqual([]);
  expect(looksIn({ resourceType: 'Parameters', id: 'x' })).toEqual([]);
});
