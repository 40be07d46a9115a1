import { isLook, looksIn, visits } from '../../../src/web/pages/patient/looks.js';

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

test('what somebody did on a day is told once, in one sentence; another person, day or reason is another visit', () => {
  const found = visits(
    looksIn(
      answer(
        entry('2026-11-02T08:00:00Z', 'Siri', 'søkte i varsler'),
        entry('2026-11-01T10:00:00Z', 'Siri', 'søkte i varsler'),
        entry('2026-11-01T08:01:00Z', 'Siri', 'søkte i målinger'),
        entry('2026-11-01T08:00:50Z', 'Siri', 'søkte i målinger'),
        entry('2026-11-01T08:00:40Z', 'Siri', 'leste personopplysninger'),
        entry('2026-11-01T08:00:05Z', 'Tor', 'hentet sammendrag'),
        entry('2026-11-01T08:00:01Z', 'Siri', 'søkte i målinger', 'øyeblikkelig hjelp'),
      ),
    ),
  );
  expect(found.map(({ who, what, why }) => [who, what, why])).toEqual([
    ['Siri', 'søkte i varsler', undefined],
    ['Siri', 'leste personopplysninger, søkte i målinger og varsler', undefined],
    ['Tor', 'hentet sammendrag', undefined],
    ['Siri', 'søkte i målinger', 'øyeblikkelig hjelp'],
  ]);
  expect(found[1]).toMatchObject({
    first: Date.parse('2026-11-01T08:00:40Z'),
    last: Date.parse('2026-11-01T10:00:00Z'),
    organisation: 'Fjordheim',
  });
});

test.each([
  ['søkte i målinger', true],
  ['forsøkte, og fikk ikke: leste målinger', true],
  ['registrerte målinger', false],
  ['godkjente planen', false],
])('«%s» is a look: %s', (what, look) => {
  expect(isLook({ when: 0, who: 'Siri', what })).toBe(look);
});

test('what is no entry, or has no time, is left out', () => {
  expect(looksIn(answer({ name: 'other' }, { name: 'entry', part: [] }))).toEqual([]);
  expect(looksIn({ resourceType: 'Parameters', id: 'x' })).toEqual([]);
});
