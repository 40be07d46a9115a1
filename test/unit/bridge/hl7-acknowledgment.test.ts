import { hl7Receiver } from '../../../src/bridge/receive-hl7.js';
import { Failure } from '../../../src/kernel/failure.js';
import { wantedAcks } from '../../../src/mapping/hl7/acknowledgment.js';
import { hl7, movement, ola, pid } from '../../integration/hl7-messages.js';
import { carrier, followed, MemoryServer } from './memory-server.js';

function opened(settings: ConstructorParameters<typeof MemoryServer>[0] = {}) {
  const server = new MemoryServer(settings);
  server.put(...followed);
  const receive = hl7Receiver(server.parts(), { peers: [], principalOf: () => carrier });
  return {
    server,
    send: async (bytes: Uint8Array) =>
      (await receive(bytes, undefined)).map((ack) => Buffer.from(ack).toString('latin1')),
  };
}
const codes = (acks: readonly string[]) => acks.map((ack) => /MSA\|(\w\w)/.exec(ack)?.[1]);

// MSH-15, MSH-16 → acknowledgments of a message that is accepted, has wrong content, or is refused.
const modes: readonly [string, string, string, string, string][] = [
  ['', '', 'AA', 'AE', 'AR'],
  ['AL', 'NE', 'CA', 'CA', 'CR'],
  ['AL', 'AL', 'CA AA', 'CA AE', 'CR'],
  ['NE', 'AL', 'AA', 'AE', ''],
  ['NE', 'NE', '', '', ''],
  ['ER', 'SU', 'AA', '', 'CR'],
  ['SU', 'ER', 'CA', 'CA AE', ''],
  ['AL', '', 'CA', 'CA', 'CR'],
];
test.each(modes)('MSH-15 %j and MSH-16 %j get %j, %j, %j', (accept, application, accepted, wrong, refused) => {
  const all = (['AA', 'AE', 'AR'] as const).map((verdict) => wantedAcks({ accept, application }, verdict).join(' '));
  expect(all).toEqual([accepted, wrong, refused]);
});

test('in enhanced mode both acknowledgments come as messages of their own, and a repetition gets the same bytes', async () => {
  const { server, send } = opened();
  const message = hl7('ADT^A31', { id: 'E1', modes: ['AL', 'AL'] }, 'EVN|A31|20260301', pid(ola.value));
  const first = await send(message);
  expect(codes(first)).toEqual(['CA', 'AA']);
  server.clock.advance(5000);
  expect(await send(message)).toEqual(first);
  expect(server.stored).toHaveLength(1);
});

test('a sender who wants no acknowledgment gets none, and the message has its effect', async () => {
  const { server, send } = opened();
  expect(await send(hl7('ADT^A31', { id: 'E2', modes: ['NE', 'NE'] }, 'EVN|A31|20260301', pid(ola.value)))).toEqual([]);
  expect(server.all('DocumentReference')).toHaveLength(1);
});

test('a store that is away is CR in enhanced mode, so that the sender keeps the message', async () => {
  const { server, send } = opened();
  server.failures.push(new Failure('busy', 'away'));
  expect(codes(await send(hl7('ADT^A31', { id: 'E3', modes: ['AL', 'NE'] }, pid(ola.value))))).toEqual(['CR']);
});

test.each(['2.1', '2.2', '2.3', '2.3.1', '2.4', '2.5', '2.5.1', '2.6', '2.7', '2.7.1', '2.8'])(
  'version %s is taken and answered in',
  async (version) => {
    const { send } = opened();
    const [ack] = await send(hl7('ADT^A31', { id: 'V', version }, pid(ola.value)));
    expect(ack).toContain(`|P|${version}`);
    expect(codes([ack!])).toEqual(['AA']);
  },
);

test('other versions and, in production, test messages are refused by their own codes', async () => {
  const { send } = opened({ syntheticPatients: false });
  const [version] = await send(hl7('ADT^A31', { id: 'V', version: '3.0' }, pid(ola.value)));
  expect(version).toMatch(/MSA\|AR\|V\|.*\rERR\|\|\|203\|/);
  const test = hl7('ADT^A31', { id: 'T' }, pid(ola.value)).toString().replace('|T|P|', '|T|T|');
  expect((await send(Buffer.from(test)))[0]).toMatch(/MSA\|AR\|T\|.*\rERR\|\|\|202\|/);
});

test.each(['UNICODE UTF-8', '8859/1', '8859/15', ''])(
  'Norwegian letters come through in character set %j, and the ACK is in it',
  async (charset) => {
    const { server, send } = opened();
    const [ack] = await send(hl7('ADT^A31', { id: 'Å1', charset }, pid(ola.value, '||Ærlig^Øyvind Åge||19480312|M')));
    expect(server.all('Patient')[0]!.name).toEqual([{ use: 'official', family: 'Ærlig', given: ['Øyvind Åge'] }]);
    const expected = Buffer.from('MSA|AA|Å1', charset.startsWith('8859') ? 'latin1' : 'utf8').toString('latin1');
    expect(ack).toContain(expected);
  },
);

test('a batch is taken message by message and answered as a batch with an ACK for each', async () => {
  const { server, send } = opened();
  const messages = [movement('A01', 'B1'), hl7('SIU^S12', { id: 'B2' }), movement('A02', 'B3', { ward: 'HJERTE' })];
  const batch = [
    'FHS|^~\\&|PAS|NORDVIK|||20260302',
    'BHS|^~\\&|PAS|NORDVIK|||20260302||||BATCH7',
    ...messages.flatMap((one) => one.toString().split('\r').filter(Boolean)),
    'BTS|3',
    'FTS|1',
    '',
  ].join('\r');
  const [answer, ...more] = await send(Buffer.from(batch));
  expect(more).toEqual([]);
  expect(
    answer!
      .split('\r')
      .filter((line) => line.startsWith('MSA'))
      .map((line) => line.split('|').slice(1, 3).join(' ')),
  ).toEqual(['AA B1', 'AR B2', 'AA B3']);
  expect(answer).toMatch(/^BHS\|\^~\\&\|HJEMMEBRO\|.*\|BATCH7\r/);
  expect(answer).toMatch(/\rBTS\|3\r$/);
  expect(server.stored.map(({ state }) => state)).toEqual(['accepted', 'rejected', 'accepted']);
  expect(await send(Buffer.from(batch.replace('BTS|3', 'BTS|4')))).toEqual([
    expect.stringContaining('BTS-1 says 4 messages, 3 came'),
  ]);
});
