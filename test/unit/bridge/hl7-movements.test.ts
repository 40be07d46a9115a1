import { hl7Receiver } from '../../../src/bridge/receive-hl7.js';
import { sweepHeld } from '../../../src/bridge/held-cancellations.js';
import { hl7, movement, ola, pid } from '../../integration/hl7-messages.js';
import { carrier, followed, MemoryServer } from './memory-server.js';

function opened(): { server: MemoryServer; send: (bytes: Uint8Array) => Promise<string> } {
  const server = new MemoryServer();
  server.put(...followed);
  const receive = hl7Receiver(server.parts(), { peers: [], principalOf: () => carrier });
  return {
    server,
    send: async (bytes) => /MSA\|(\w\w)/.exec(Buffer.concat(await receive(bytes, undefined)).toString())?.[1] ?? 'none',
  };
}
const encounter = (server: MemoryServer) => server.all('Encounter')[0] as Record<string, unknown> | undefined;
const wards = (server: MemoryServer) =>
  ((encounter(server)?.location ?? []) as { location: { display: string }; status?: string }[]).map(
    ({ location, status }) => `${location.display.split(' ')[1]} ${status ?? ''}`.trim(),
  );
const episode = (server: MemoryServer) => server.all('EpisodeOfCare')[0]!.status;
const taskTexts = (server: MemoryServer) => server.all('Task').map(({ description }) => String(description));

test('a transfer (A02) changes the ward of the stay and pauses nothing anew; its cancellation (A12) changes it back', async () => {
  const { server, send } = opened();
  await send(movement('A01', '1'));
  const tasks = server.all('Task').length;
  expect(await send(movement('A02', '2', { ward: 'HJERTE' }))).toBe('AA');
  expect([wards(server), encounter(server)?.status, server.all('Task').length]).toEqual([
    ['LUNG completed', 'HJERTE active'],
    'in-progress',
    tasks,
  ]);
  await send(movement('A02', '3', { ward: 'HJERTE' }));
  expect(wards(server)).toEqual(['LUNG completed', 'HJERTE active']);
  expect(await send(movement('A12', '4'))).toBe('AA');
  expect(wards(server)).toEqual(['LUNG active']);
});

test('a transfer of a patient whose admission was never told is an admission', async () => {
  const { server, send } = opened();
  await send(movement('A02', '1'));
  expect([encounter(server)?.status, episode(server)]).toEqual(['in-progress', 'onhold']);
});

test('a cancelled discharge (A13) takes the patient back into hospital and pauses again', async () => {
  const { server, send } = opened();
  await send(movement('A01', '1'));
  await send(movement('A03', '2', { times: '20260301142000|20260304120000' }));
  expect([encounter(server)?.status, episode(server)]).toEqual(['finished', 'active']);
  expect(await send(movement('A13', '3'))).toBe('AA');
  expect([encounter(server)?.status, episode(server)]).toEqual(['in-progress', 'onhold']);
  expect(encounter(server)?.period).toEqual({ start: '2026-03-01T14:20:00+01:00' });
  expect(encounter(server)).not.toHaveProperty('hospitalization');
  expect(taskTexts(server)).toContain('Utskrivningen er kansellert av avsender: pasienten er fortsatt innlagt.');
});

test.each([
  ['A11', 'A01', 'entered-in-error'],
  ['A13', 'A03', 'in-progress'],
])(
  '%s that is quicker than its %s is accepted, waits, and is applied when that has come',
  async (late, original, status) => {
    const { server, send } = opened();
    if (original !== 'A01') await send(movement('A01', '1'));
    expect(await send(movement(late, '2'))).toBe('AA');
    expect(server.stored.at(-1)?.state).toBe('held');
    const times = original === 'A03' ? '20260301142000|20260304120000' : undefined;
    expect(await send(movement(original, '3', times === undefined ? {} : { times }))).toBe('AA');
    expect(server.stored.filter(({ state }) => state === 'held')).toEqual([]);
    expect(encounter(server)?.status).toBe(status);
  },
);

test('a cancellation whose original never comes is shown to a person after a day', async () => {
  const { server, send } = opened();
  await send(movement('A11', '1'));
  await sweepHeld(server.parts());
  expect(server.all('Task')).toEqual([]);
  server.clock.advance(25 * 3600_000);
  await sweepHeld(server.parts());
  expect(taskTexts(server)).toEqual([
    'Kansellering (ADT^A11) fra NORDVIK. Meldingen som trekkes tilbake, er ikke mottatt.',
  ]);
  expect(server.stored.map(({ state }) => state)).toEqual(['accepted']);
});

test('an outpatient contact (A04) is kept as an Encounter and pauses nothing; A03 ends it, A11 withdraws it', async () => {
  const { server, send } = opened();
  await send(movement('A04', '1', { kind: 'O', visit: 'P-1' }));
  expect([encounter(server)?.status, episode(server), server.all('Task').length]).toEqual(['in-progress', 'active', 0]);
  await send(movement('A03', '2', { kind: 'O', visit: 'P-1', times: '20260301142000|20260301150000' }));
  expect([encounter(server)?.status, server.all('Encounter').length]).toEqual(['finished', 1]);
  await send(movement('A11', '3', { kind: 'O', visit: 'P-1' }));
  expect([encounter(server)?.status, episode(server), server.all('Task').length]).toEqual([
    'entered-in-error',
    'active',
    0,
  ]);
});

test.each(['A08', 'A31'])(
  '%s brings the name, address and numbers of the patient up to date; what it does not say stays',
  async (event) => {
    const { server, send } = opened();
    server.put({
      ...server.all('Patient')[0]!,
      maritalStatus: { text: 'gift' },
      telecom: [{ system: 'phone', value: '1' }],
    });
    const rest = '~N55123^^^NORDVIK^PI||Nytt^Ola||19480312|M|||Nyveien 2^^Fjordheim^^9999^NO^H';
    expect(await send(hl7(`ADT^${event}`, { id: '1' }, `EVN|${event}|20260301`, pid(ola.value, rest)))).toBe('AA');
    expect(server.all('Patient')[0]).toMatchObject({
      name: [{ use: 'official', family: 'Nytt', given: ['Ola'] }],
      address: [{ line: ['Nyveien 2'], city: 'Fjordheim' }],
      telecom: [{ value: '1' }],
      maritalStatus: { text: 'gift' },
      identifier: [ola, { value: 'N55123', assigner: { display: 'NORDVIK' } }],
    });
    expect(server.all('DocumentReference')).toHaveLength(1);
  },
);

test('a death in PID-30 is not noted by itself: a person is asked', async () => {
  const { server, send } = opened();
  await send(hl7('ADT^A08', { id: '1' }, 'EVN|A08|20260301', `${pid(ola.value)}|||||||||||||||||||||20260301|Y`));
  expect(server.all('Patient')[0]).not.toHaveProperty('deceasedDateTime');
  expect(taskTexts(server)).toEqual([
    'Sykehuset melder at pasienten er død (2026-03-01). Kontroller, og avslutt tjenesten.',
  ]);
});

test('news of a person who is not known here is accepted, and nothing is made of it', async () => {
  const server = new MemoryServer();
  const receive = hl7Receiver(server.parts(), { peers: [], principalOf: () => carrier });
  await receive(hl7('ADT^A31', { id: '1' }, 'EVN|A31|20260301', pid(ola.value)), undefined);
  expect([server.resources.size, server.stored.map(({ state }) => state)]).toEqual([0, ['accepted']]);
});
