import { readFileSync } from 'node:fs';
import { hl7Receiver } from '../../../src/bridge/receive-hl7.js';
import { ploReceiver } from '../../../src/bridge/receive-message.js';
import { Failure } from '../../../src/kernel/failure.js';
import { carrier, followed, MemoryServer } from './memory-server.js';

const file = (name: string): Buffer => readFileSync(`test/fixtures/messages/${name}`);
const settings = { peers: [], principalOf: () => carrier };

async function ackOf(
  server: MemoryServer,
  bytes: Uint8Array | undefined,
  peers: readonly string[] = [],
): Promise<{ text: string; msa: readonly string[] }> {
  const answer = await hl7Receiver(server.parts(), { ...settings, peers })(bytes, undefined);
  const text = Buffer.concat(answer).toString();
  return {
    text,
    msa: text
      .split('\r')
      .find((line) => line.startsWith('MSA'))!
      .split('|'),
  };
}

const cases: readonly [name: string, code: string, controlId: string, state: string][] = [
  ['adt-a01.hl7', 'AA', 'MSG00001', 'accepted'],
  ['adt-a03.hl7', 'AA', 'MSG00002', 'accepted'],
  ['adt-a11.hl7', 'AA', 'MSG00003', 'held'],
  ['adt-a13.hl7', 'AA', 'MSG00004', 'held'],
  ['adt-a01-latin1.hl7', 'AA', 'MSG00005', 'accepted'],
  ['adt-a01-lf.hl7', 'AA', 'MSG00006', 'accepted'],
  ['adt-a08.hl7', 'AA', 'MSG00007', 'accepted'],
  ['oru-r01.hl7', 'AE', 'MSG00008', 'rejected'],
  ['siu-s12.hl7', 'AR', 'MSG00010', 'rejected'],
  ['adt-a01-uten-fnr.hl7', 'AE', 'MSG00009', 'rejected'],
  ['ikke-xml.txt', 'AR', '', 'failed'],
  ['annen-rot.xml', 'AR', '', 'failed'],
];

test.each(cases)('%s is answered %s, names %s, and is kept as it came', async (name, code, controlId, state) => {
  const server = new MemoryServer();
  server.put(...followed);
  const { msa } = await ackOf(server, file(name));
  expect(msa.slice(0, 3)).toEqual(['MSA', code, controlId]);
  expect(server.stored.map((one) => one.state)).toEqual([state]);
  expect(Buffer.from(server.stored[0]!.raw).equals(file(name))).toBe(true);
});

test('admission by HL7 v2 and by PLO are one stay; discharge by either ends it', async () => {
  const server = new MemoryServer();
  server.put(...followed);
  await ackOf(server, file('adt-a01.hl7'));
  expect(server.all('EpisodeOfCare')[0]!.status).toBe('onhold');
  await ploReceiver(server.parts())(file('log-innlagt.xml'), carrier, 'http');
  expect(server.all('Encounter')).toHaveLength(1);
  await ackOf(server, file('adt-a03.hl7'));
  expect(server.all('Encounter').map(({ status }) => status)).toEqual(['finished']);
  expect(server.all('EpisodeOfCare')[0]!.status).toBe('active');
});

test('a cancelled admission (A11) ends the pause it made', async () => {
  const server = new MemoryServer();
  server.put(...followed);
  await ackOf(server, file('adt-a01.hl7'));
  await ackOf(server, file('adt-a11.hl7'));
  expect(server.all('Encounter').map(({ status }) => status)).toEqual(['entered-in-error']);
  expect(server.all('EpisodeOfCare')[0]!.status).toBe('active');
});

test('a person without home follow-up is accepted, and only the message is kept', async () => {
  const server = new MemoryServer();
  const { msa } = await ackOf(server, file('adt-a01.hl7'));
  expect(msa[1]).toBe('AA');
  expect(server.resources.size).toBe(0);
});

test('the same message again gets the same ACK and no second effect; a new time under the same control id is a new message', async () => {
  const server = new MemoryServer();
  server.put(...followed);
  const first = await ackOf(server, file('adt-a01.hl7'));
  server.clock.advance(1000);
  expect(await ackOf(server, file('adt-a01.hl7'))).toEqual(first);
  expect(server.stored).toHaveLength(1);
  await ackOf(server, Buffer.from(file('adt-a01.hl7').toString().replace('20260301142501', '20260302142501')));
  expect(server.stored).toHaveLength(2);
});

test('with a peer table, only its senders are heard', async () => {
  const server = new MemoryServer();
  expect((await ackOf(server, file('adt-a01.hl7'), ['PAS|SOMEBODY'])).msa[1]).toBe('AR');
  expect(server.stored).toEqual([]);
  expect((await ackOf(server, file('adt-a01.hl7'), ['PAS|NORDVIK'])).msa[1]).toBe('AA');
});

test('a store that is away is answered AR, nothing is kept, and the next attempt works', async () => {
  const server = new MemoryServer();
  server.failures.push(new Failure('busy', 'The database is not available; try again shortly.'));
  expect((await ackOf(server, file('adt-a01.hl7'))).msa[1]).toBe('AR');
  expect((await ackOf(server, file('adt-a01.hl7'))).msa[1]).toBe('AA');
});

test('a message above the limit is answered AR', async () => {
  expect((await ackOf(new MemoryServer(), undefined)).msa[1]).toBe('AR');
});

test('a message that cannot be stored as it was mapped is refused, kept, and refused the same way again', async () => {
  const server = new MemoryServer();
  server.put(...followed);
  server.failures.push(new Failure('fault', 'The module made a resource that is not valid.'));
  const first = await ackOf(server, file('adt-a01.hl7'));
  expect(first.msa[1]).toBe('AE');
  expect(server.stored.map(({ state }) => state)).toEqual(['rejected']);
  expect(await ackOf(server, file('adt-a01.hl7'))).toEqual(first);
});
