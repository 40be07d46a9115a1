import { readFileSync } from 'node:fs';
import { ploReceiver } from '../../../src/bridge/receive-message.js';
import { Failure } from '../../../src/kernel/failure.js';
import { carrier, followed, MemoryServer } from './memory-server.js';

const file = (name: string): Buffer => readFileSync(`test/fixtures/messages/${name}`);
const statusOf = (body: Uint8Array | undefined): string | undefined =>
  /<Status V="(\d)"/.exec(Buffer.from(body ?? []).toString())?.[1];
const errorsOf = (body: Uint8Array | undefined): string[] =>
  [
    ...Buffer.from(body ?? [])
      .toString()
      .matchAll(/<Error V="(\w+)"/g),
  ].map((found) => found[1]!);
const versionOf = (body: Uint8Array | undefined): string =>
  Buffer.from(body ?? [])
    .toString()
    .includes('apprec/2004-11-21')
    ? '1.0'
    : '1.1';

describe('every message gets the receipt the standard asks for', () => {
  const cases: readonly [name: string, status: string, error: string | undefined, version: string][] = [
    ['log-innlagt.xml', '1', undefined, '1.1'],
    ['log-innlagt-1.5.xml', '1', undefined, '1.0'],
    ['log-innlagt-prefixes.xml', '1', undefined, '1.1'],
    ['log-innlagt-ukjent-kode.xml', '1', undefined, '1.1'],
    ['log-utskrevet-hjem.xml', '1', undefined, '1.1'],
    ['log-dod.xml', '1', undefined, '1.1'],
    ['henvisning-nytilstand.xml', '1', undefined, '1.1'],
    ['henvisning-oyeblikkelig-ukjent-pasient.xml', '1', undefined, '1.1'],
    ['henvisning-1.0.xml', '1', undefined, '1.0'],
    ['epikrise.xml', '1', undefined, '1.1'],
    ['dialog-foresporsel.xml', '1', undefined, '1.0'],
    ['dialog-helsefaglig.xml', '1', undefined, '1.1'],
    ['bom.xml', '1', undefined, '1.1'],
    ['utf-16.xml', '1', undefined, '1.1'],
    ['iso-8859-1.xml', '1', undefined, '1.1'],
    ['cdata-og-kommentarer.xml', '1', undefined, '1.1'],
    ['ikke-uuid.xml', '2', 'E10', '1.1'],
    ['uten-pasient.xml', '2', 'E36', '1.1'],
    ['pasient-uten-identitet.xml', '2', 'E36', '1.1'],
    ['feil-kontrollsiffer.xml', '2', 'E31', '1.1'],
    ['ukjent-type.xml', '2', 'T10', '1.1'],
    ['feil-innhold.xml', '2', 'T02', '1.1'],
    ['log-innlagt-uten-tid.xml', '2', 'T02', '1.1'],
    ['uten-avsender.xml', '2', 'T02', '1.1'],
    ['avkortet.xml', '2', 'T01', '1.1'],
    ['feil-koding.xml', '2', 'T01', '1.1'],
    ['xxe.xml', '2', 'T01', '1.1'],
    ['ekstern-dtd.xml', '2', 'T01', '1.1'],
  ];
  test.each(cases)('%s → status %s, error %s, AppRec %s; the message is kept', async (name, status, error, version) => {
    const server = new MemoryServer();
    const answer = await ploReceiver(server.parts())(file(name), carrier, 'http');
    expect(answer.status).toBe(200);
    expect(statusOf(answer.body)).toBe(status);
    expect(errorsOf(answer.body)).toEqual(error === undefined ? [] : [error]);
    expect(versionOf(answer.body)).toBe(version);
    expect(server.stored).toHaveLength(1);
    expect(Buffer.from(server.stored[0]!.raw).equals(file(name))).toBe(true);
    expect(server.stored[0]!.state).toBe(status === '1' ? 'accepted' : 'rejected');
    if (status === '2') expect(server.stored[0]!.effects).toEqual([]);
  });

  test.each(['avkortet-i-hodet.xml', 'billion-laughs.xml', 'ikke-xml.txt', 'annen-rot.xml', 'uten-msgid.xml'])(
    '%s cannot be answered: it is kept as failed and refused with a reason',
    async (name) => {
      const server = new MemoryServer();
      await expect(ploReceiver(server.parts())(file(name), carrier, 'http')).rejects.toMatchObject({
        category: 'invalid',
      });
      expect(server.stored.map(({ state, msgId }) => [state, msgId])).toEqual([['failed', undefined]]);
    },
  );
});

test('a receipt never repeats the identity number of the patient', async () => {
  for (const name of ['feil-kontrollsiffer.xml', 'log-innlagt.xml']) {
    const answer = await ploReceiver(new MemoryServer().parts())(file(name), carrier, 'http');
    expect(Buffer.from(answer.body!).toString()).not.toMatch(/1283481201[89]/);
  }
});

describe('admission and discharge', () => {
  test('an admission of a person without home follow-up is kept as a message and makes nothing', async () => {
    const server = new MemoryServer();
    const answer = await ploReceiver(server.parts())(file('log-innlagt.xml'), carrier, 'http');
    expect(answer.accepted).toBe(true);
    expect(server.resources.size).toBe(0);
  });

  test('an admission makes the Encounter, pauses the follow-up and puts a Task on the worklist', async () => {
    const server = new MemoryServer();
    server.put(...followed);
    await ploReceiver(server.parts())(file('log-innlagt.xml'), carrier, 'http');
    expect(server.all('Encounter')).toEqual([
      expect.objectContaining({
        status: 'in-progress',
        period: { start: '2026-03-01T14:20:00+01:00' },
        subject: { reference: 'Patient/ola' },
      }),
    ]);
    expect(server.all('EpisodeOfCare')[0]!.status).toBe('onhold');
    expect(server.all('Task')).toHaveLength(1);
    expect(server.all('DocumentReference')[0]).toMatchObject({ subject: { reference: 'Patient/ola' } });
    const [original] = server.all('Binary');
    expect(Buffer.from(String(original!.data), 'base64').equals(file('log-innlagt.xml'))).toBe(true);
  });

  test('discharge home resumes what that admission paused; discharge to a nursing home leaves it to a person', async () => {
    const home = new MemoryServer();
    home.put(...followed);
    const receive = ploReceiver(home.parts());
    await receive(file('log-innlagt.xml'), carrier, 'http');
    await receive(file('log-utskrevet-hjem.xml'), carrier, 'http');
    expect(home.all('EpisodeOfCare')[0]!.status).toBe('active');
    expect(home.all('Encounter').map(({ status, period }) => [status, period])).toEqual([
      ['finished', { start: '2026-03-01T14:20:00+01:00', end: '2026-03-04T12:00:00+01:00' }],
    ]);

    const elsewhere = new MemoryServer();
    elsewhere.put(...followed);
    const other = ploReceiver(elsewhere.parts());
    await other(file('log-innlagt.xml'), carrier, 'http');
    await other(file('log-utskrevet-sykehjem.xml'), carrier, 'http');
    expect(elsewhere.all('EpisodeOfCare')[0]!.status).toBe('onhold');
    expect(elsewhere.all('Task')).toHaveLength(2);
  });

  test('a cancelled admission is not a new admission: the stay is marked as an error and a person is told', async () => {
    const server = new MemoryServer();
    server.put(...followed);
    const receive = ploReceiver(server.parts());
    await receive(file('log-innlagt.xml'), carrier, 'http');
    await receive(file('log-innlagt-kansellert.xml'), carrier, 'http');
    expect(server.all('Encounter').map(({ status }) => status)).toEqual(['entered-in-error']);
    expect(server.all('EpisodeOfCare')[0]!.status).toBe('active');
    expect(
      server
        .all('Task')
        .map(({ description }) => String(description))
        .filter((text) => text.includes('kansellering')),
    ).toHaveLength(1);
  });
});

describe('referrals', () => {
  test('a referral makes Patient, ServiceRequest and Task, and keeps the original with its attachment', async () => {
    const server = new MemoryServer();
    await ploReceiver(server.parts())(file('henvisning-nytilstand.xml'), carrier, 'http');
    const [patient] = server.all('Patient');
    expect(patient).toMatchObject({
      name: [{ family: 'Prøvepasient', given: ['Ola'] }],
      gender: 'male',
      birthDate: '1948-03-12',
    });
    expect(server.all('ServiceRequest')).toEqual([
      expect.objectContaining({ status: 'active', subject: { reference: `Patient/${patient!.id}` } }),
    ]);
    expect(server.all('Task').map(({ status }) => status)).toEqual(['received']);
    expect(server.all('Binary').map(({ contentType }) => contentType)).toEqual(['application/xml', 'application/pdf']);
  });

  test('the commit acts for the sender’s own organisation, not for its carrier', async () => {
    const server = new MemoryServer();
    await ploReceiver(server.parts())(file('henvisning-nytilstand.xml'), carrier, 'http');
    expect(server.actors[0]!.organisation).toBe('310000027');
  });

  test('a change of a referral, an emergency without identity and a question in a conversation go to a person', async () => {
    for (const name of [
      'henvisning-endret.xml',
      'henvisning-oyeblikkelig-ukjent-pasient.xml',
      'dialog-foresporsel-i-samtale.xml',
    ]) {
      const server = new MemoryServer();
      await ploReceiver(server.parts())(file(name), carrier, 'http');
      expect(server.all('ServiceRequest')).toEqual([]);
      expect(server.all('Patient')).toEqual([]);
      expect(server.all('Task').map(({ code }) => (code as { text: string }).text)).toEqual([
        'Melding til gjennomlesning',
      ]);
    }
  });

  test('the same referral under a new message id is not a second referral', async () => {
    const server = new MemoryServer();
    const receive = ploReceiver(server.parts());
    await receive(file('henvisning-nytilstand.xml'), carrier, 'http');
    const again = Buffer.from(file('henvisning-nytilstand.xml').toString().replace('-000000000020', '-000000000920'));
    await receive(again, carrier, 'http');
    expect(server.all('ServiceRequest')).toHaveLength(1);
  });
});

describe('messages as archives hold them', () => {
  const changed = (name: string, ...pairs: readonly (readonly [string | RegExp, string])[]): Buffer =>
    Buffer.from(pairs.reduce((text, [from, to]) => text.replace(from, to), file(name).toString()));
  const attachment = (mimeType: string, base64: string): string =>
    `<Document><RefDoc><MsgType V="A" DN="Vedlegg"/>${mimeType}<Content><Base64Container xmlns="http://www.kith.no/xmlstds/base64container">${base64}</Base64Container></Content></RefDoc></Document></MsgHead>`;
  const cases: readonly [what: string, message: Buffer, status: string, error: string | undefined][] = [
    ['Henvisning called H', changed('henvisning-1.0.xml', [/<Type V="\w+"/, '<Type V="H"']), '1', undefined],
    ['Epikrise called E', changed('epikrise.xml', [/<Type V="\w+"/, '<Type V="E"']), '1', undefined],
    [
      'a logistics message by its old name',
      changed('log-innlagt.xml', ['V="LOG_INNLAGT"', 'V="PASIENTLOGISTIKK"']),
      '1',
      undefined,
    ],
    [
      'that name over other content',
      changed('dialog-helsefaglig.xml', ['V="DIALOG_HELSEFAGLIG"', 'V="PASIENTLOGISTIKK"']),
      '2',
      'T10',
    ],
    [
      'an attachment whose type is none',
      changed('dialog-helsefaglig.xml', [/<\/MsgHead>/, attachment('<MimeType>pdf</MimeType>', 'SGVp')]),
      '1',
      undefined,
    ],
    [
      'an attachment without a type, folded',
      changed('dialog-helsefaglig.xml', [/<\/MsgHead>/, attachment('', 'SGVp\r\n IHBh\r\n')]),
      '1',
      undefined,
    ],
    [
      'an attachment that is empty',
      changed('dialog-helsefaglig.xml', [/<\/MsgHead>/, attachment('<MimeType>application/pdf</MimeType>', '')]),
      '1',
      undefined,
    ],
    [
      'an attachment that is no base64',
      changed('dialog-helsefaglig.xml', [/<\/MsgHead>/, attachment('', '###')]),
      '2',
      'T02',
    ],
    [
      'a time of its making without zone, ahead of us',
      changed('log-innlagt.xml', [/<GenDate>[^<]*/, '<GenDate>2099-01-01T10:00:00']),
      '1',
      undefined,
    ],
    ['white space around its id', changed('log-innlagt.xml', [/<MsgId>([^<]*)/, '<MsgId>\n  $1\n']), '1', undefined],
  ];
  test.each(cases)('%s', async (_what, message, status, error) => {
    const server = new MemoryServer();
    server.put(...followed);
    const answer = await ploReceiver(server.parts())(message, carrier, 'http');
    expect([statusOf(answer.body), ...errorsOf(answer.body)]).toEqual([
      status,
      ...(error === undefined ? [] : [error]),
    ]);
    // The receipt names the type as it was sent.
    const told = /<Type V="([^"]*)"/.exec(message.toString())![1]!;
    expect(Buffer.from(answer.body!).toString()).toContain(`<OriginalMsgId><MsgType V="${told}"`);
  });

  test('a document that is not in the message, or of another standard, is named as standing in the original only', async () => {
    const server = new MemoryServer();
    const further =
      '<Document><RefDoc><MsgType V="A" DN="Vedlegg"/><FileReference>http://x.example/y.pdf</FileReference></RefDoc></Document>' +
      '<Document><RefDoc><MsgType V="XML" DN="XML"/><Content><a xmlns="urn:x"><b>t</b></a></Content></RefDoc></Document></MsgHead>';
    const message = changed('dialog-helsefaglig.xml', [/<\/MsgHead>/, further]);
    await ploReceiver(server.parts())(message, carrier, 'http');
    expect(JSON.stringify(server.all('Communication')[0]!.note)).toMatch(
      /Står bare i originalmeldingen: .*Document\[\d\], Document\[\d\]/,
    );
  });

  test('by its old name an admission is an admission', async () => {
    const server = new MemoryServer();
    server.put(...followed);
    await ploReceiver(server.parts())(cases[2]![1], carrier, 'http');
    expect(server.all('EpisodeOfCare')[0]!.status).toBe('onhold');
  });
});

test('what was mapped of a message and is not valid here does not stop those behind it: a person reads it', async () => {
  const server = new MemoryServer();
  server.failures.push(new Failure('fault', 'The module made a resource that is not valid.'));
  const answer = await ploReceiver(server.parts())(file('log-innlagt.xml'), carrier, 'folder');
  expect(answer.accepted).toBe(true);
  expect(server.all('Task').map(({ description }) => description)).toEqual([
    expect.stringContaining('kunne ikke tolkes automatisk'),
  ]);
});

describe('duplicates', () => {
  test('the same message again gets the stored receipt byte for byte and has no second effect', async () => {
    const server = new MemoryServer();
    const receive = ploReceiver(server.parts());
    const first = await receive(file('henvisning-nytilstand.xml'), carrier, 'http');
    server.clock.advance(60_000);
    const second = await receive(file('henvisning-nytilstand.xml'), carrier, 'folder');
    expect(Buffer.from(second.body!).equals(Buffer.from(first.body!))).toBe(true);
    expect(server.stored).toHaveLength(1);
    expect(server.all('ServiceRequest')).toHaveLength(1);
  });

  test('two at once have one effect and the same receipt', async () => {
    const server = new MemoryServer();
    const receive = ploReceiver(server.parts());
    const [one, two] = await Promise.all([
      receive(file('henvisning-nytilstand.xml'), carrier, 'http'),
      receive(file('henvisning-nytilstand.xml'), carrier, 'http'),
    ]);
    expect(Buffer.from(one.body!).equals(Buffer.from(two.body!))).toBe(true);
    expect(server.all('ServiceRequest')).toHaveLength(1);
  });

  test('a refused message again gets its refusal again', async () => {
    const receive = ploReceiver(new MemoryServer().parts());
    const first = await receive(file('uten-pasient.xml'), carrier, 'http');
    const second = await receive(file('uten-pasient.xml'), carrier, 'http');
    expect(second).toEqual(first);
    expect(second.accepted).toBe(false);
  });
});

describe('who sends', () => {
  test('a client that is neither sender nor carrier is refused before any effect', async () => {
    const server = new MemoryServer();
    const gp = { ...carrier, carries: ['8990020', '8990021'] };
    await expect(ploReceiver(server.parts())(file('henvisning-nytilstand.xml'), gp, 'http')).rejects.toMatchObject({
      category: 'forbidden',
    });
    expect(server.stored).toEqual([]);
  });

  test('either level of the sender’s HER-ids is enough', async () => {
    for (const her of ['8990010', '8990011']) {
      const answer = await ploReceiver(new MemoryServer().parts())(
        file('log-innlagt.xml'),
        { ...carrier, carries: [her] },
        'http',
      );
      expect(answer.accepted).toBe(true);
    }
  });

  test('a message for somebody else’s HER-id is refused with E21', async () => {
    const answer = await ploReceiver(new MemoryServer({ ownHerIds: ['8990099'] }).parts())(
      file('log-innlagt.xml'),
      carrier,
      'http',
    );
    expect(errorsOf(answer.body)).toEqual(['E21']);
  });
});

describe('what cannot be stored as it was mapped', () => {
  test('goes to a person, and the sender gets a positive receipt', async () => {
    const server = new MemoryServer();
    server.failures.push(new Failure('unprocessable', 'The mapped resource breaks a rule.'));
    const answer = await ploReceiver(server.parts())(file('henvisning-nytilstand.xml'), carrier, 'http');
    expect(answer.accepted).toBe(true);
    expect(server.all('Task').map(({ description }) => description)).toEqual([
      expect.stringContaining('kunne ikke tolkes automatisk'),
    ]);
  });

  test('a store that is away is no reason to refuse: the sender tries again', async () => {
    const server = new MemoryServer();
    server.failures.push(new Failure('busy', 'The database is not available; try again shortly.'));
    await expect(ploReceiver(server.parts())(file('log-innlagt.xml'), carrier, 'http')).rejects.toMatchObject({
      category: 'busy',
    });
    expect((await ploReceiver(server.parts())(file('log-innlagt.xml'), carrier, 'http')).accepted).toBe(true);
  });
});

describe('an inbound receipt', () => {
  test('is noted on the message it answers, kept, and never answered', async () => {
    const server = new MemoryServer();
    expect(await ploReceiver(server.parts())(file('apprec-ok.xml'), carrier, 'http')).toEqual({
      status: 204,
      accepted: true,
    });
    await ploReceiver(server.parts())(file('apprec-avvist.xml'), carrier, 'http');
    expect(server.settled.map(({ receipt }) => [receipt.accepted, receipt.error])).toEqual([
      [true, undefined],
      [false, 'The receiver refused the message: E35 Pasienten har byttet lege'],
    ]);
    expect(server.stored.map(({ msgType, receipt }) => [msgType, receipt])).toEqual([
      ['APPREC', undefined],
      ['APPREC', undefined],
    ]);
  });

  test('from somebody the caller does not carry is refused', async () => {
    const server = new MemoryServer();
    await expect(
      ploReceiver(server.parts())(file('apprec-ok.xml'), { ...carrier, carries: ['8990010'] }, 'http'),
    ).rejects.toMatchObject({ category: 'forbidden' });
    expect(server.settled).toEqual([]);
  });
});
