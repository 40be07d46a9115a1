import { readFileSync } from 'node:fs';
import { sweepHeld } from '../../../src/bridge/held-cancellations.js';
import { ploReceiver } from '../../../src/bridge/receive-message.js';
import { carrier, followed, MemoryServer } from './memory-server.js';

const example = (name: string): string => readFileSync(`mappings/examples/${name}.xml`, 'utf8');
const fixture = (name: string): string => readFileSync(`test/fixtures/messages/${name}.xml`, 'utf8');
const id = (number: number): string => `3f0c2d1e-5a4b-4c3d-9e8f-${String(number).padStart(12, '0')}`;

/** The message again under a new MsgId, as a change or cancellation of itself. */
function followUp(xml: string, status: 'M' | 'C', newId: string): string {
  const original = /<MsgId>(.*?)<\/MsgId>/.exec(xml)![1]!;
  return xml
    .replace(/<ConversationRef>.*?<\/ConversationRef>/, '')
    .replace(
      /<MsgId>.*?<\/MsgId>/,
      `<MsgId>${newId}</MsgId><ConversationRef><RefToParent>${original}</RefToParent><RefToConversation>${original}</RefToConversation></ConversationRef>`,
    )
    .replace(/<((?:\w+:)?(?:Forsendelsesstatus|ServType)) V="N"/, `<$1 V="${status}"`);
}

async function stage(...settings: ConstructorParameters<typeof MemoryServer>) {
  const server = new MemoryServer(...settings);
  server.put(...followed);
  const receive = ploReceiver(server.parts());
  const send = async (xml: string) => {
    const answer = await receive(Buffer.from(xml), carrier, 'http');
    return { ...answer, text: Buffer.from(answer.body ?? []).toString() };
  };
  const states = (type: string): unknown[] => server.all(type).map(({ status }) => status);
  return { server, send, states };
}

describe('reports', () => {
  test('a discharge report becomes its parts, for the patient, with a Provenance and something to read', async () => {
    const { server, send, states } = await stage();
    expect((await send(example('utskrivningsrapport'))).accepted).toBe(true);
    expect(states('Composition')).toEqual(['final']);
    expect(server.all('Condition')).toHaveLength(2);
    expect(states('MedicationStatement')).toEqual(['active', 'unknown']);
    expect(server.all('AllergyIntolerance').map(({ patient }) => patient)).toEqual([
      { reference: 'Patient/ola' },
      { reference: 'Patient/ola' },
    ]);
    expect(server.all('Observation').map(({ valueInteger }) => valueInteger)).toEqual([2, 3]);
    expect(server.all('Task').map(({ code }) => (code as { text: string }).text)).toEqual([
      'Melding til gjennomlesning',
    ]);
    const [provenance] = server.all('Provenance');
    const targets = (provenance!.target as { reference: string }[]).map(({ reference }) => reference.split('/')[0]);
    expect(new Set(targets)).toEqual(
      new Set([
        'Communication',
        'Composition',
        'Condition',
        'MedicationStatement',
        'AllergyIntolerance',
        'Observation',
        'Task',
      ]),
    );
    expect(provenance!.entity).toEqual([
      {
        role: 'source',
        what: expect.objectContaining({ reference: `DocumentReference/${server.all('DocumentReference')[0]!.id}` }),
      },
    ]);
  });

  test('a changed report replaces what the earlier one brought, a cancelled one takes it back', async () => {
    const { server, send, states } = await stage();
    const report = example('utskrivningsrapport');
    await send(report);
    await send(followUp(report, 'M', id(201)));
    expect(states('Composition')).toEqual(['entered-in-error', 'final']);
    expect(states('DocumentReference')).toEqual(['entered-in-error', 'current']);
    await send(
      followUp(report, 'M', id(201))
        .replaceAll(id(201), id(202))
        .replace(/(<RefToParent>).*?(<)/, `$1${id(201)}$2`)
        .replace(' V="M"', ' V="C"'),
    );
    expect(states('Composition')).toEqual(['entered-in-error', 'entered-in-error']);
    expect(states('MedicationStatement').every((state) => state === 'entered-in-error')).toBe(true);
    expect(server.all('Condition').every(({ clinicalStatus }) => clinicalStatus === undefined)).toBe(true);
    expect(states('Task')).toEqual(['cancelled', 'cancelled', 'requested']);
  });

  test('a part that somebody has changed since is let be', async () => {
    const { server, send, states } = await stage();
    await send(example('epikrise'));
    const [statement] = server.all('MedicationStatement');
    server.resources.set(`MedicationStatement/${statement!.id}`, {
      ...statement!,
      status: 'active',
      meta: { versionId: '2' },
    });
    const cancelled = example('epikrise').replace('<ServType V="N"', '<ServType V="C"').replaceAll(id(141), id(203));
    // A discharge summary is found by the id that its sender gave it.
    await send(cancelled);
    expect(states('MedicationStatement')).toEqual(['active']);
    expect(states('Composition')).toEqual(['entered-in-error']);
    expect(states('Task')).toEqual(['cancelled', 'requested']);
    expect(JSON.stringify(server.all('Task')[1])).toContain('må vurderes av en person');
  });

  test.each([
    ['medisinske-opplysninger', 2, 1],
    ['innleggelsesrapport', 2, 1],
    ['helseopplysninger', 2, 0],
    ['helseopplysninger-til-lege', 2, 1],
    ['orientering-om-tjenestetilbud', 0, 0],
    ['epikrise', 1, 1],
    ['epj-ekstrakt', 0, 1],
    ['fravarsmelding', 0, 0],
  ])('%s: %i diagnoses, %i medicines; accepted, and read by a person', async (name, conditions, medicines) => {
    const { server, send } = await stage();
    const answer = await send(example(name));
    expect([answer.status, answer.accepted]).toEqual([200, true]);
    expect(server.all('Condition')).toHaveLength(conditions);
    expect(server.all('MedicationStatement')).toHaveLength(medicines);
    expect(server.all('Composition')).toHaveLength(1);
    expect(server.all('Task')).toHaveLength(1);
  });

  test('about somebody who is not known here the original is kept and nothing is made of it', async () => {
    const server = new MemoryServer();
    await ploReceiver(server.parts())(Buffer.from(example('medisinske-opplysninger')), carrier, 'http');
    expect(server.all('Condition')).toEqual([]);
    expect(server.all('Task')[0]!.for).toMatchObject({ identifier: { value: '12834812019' } });
  });
});

describe('stays', () => {
  test('ready for discharge: noted on the stay with a Task, and taken away by the withdrawal', async () => {
    const { server, send, states } = await stage();
    await send(fixture('log-innlagt'));
    await send(example('log-utskrivningsklar'));
    expect(server.all('Encounter')).toEqual([
      expect.objectContaining({
        status: 'in-progress',
        extension: [
          {
            url: 'http://hjemmebro.no/fhir/StructureDefinition/dho-ready-for-discharge',
            valueDateTime: '2026-03-04T10:00:00+01:00',
          },
        ],
      }),
    ]);
    expect(states('Task')).toEqual(['requested', 'requested']);
    await send(example('log-avmelding'));
    expect(server.all('Encounter')[0]!.extension).toBeUndefined();
    expect(states('Task')).toEqual(['requested', 'cancelled']);
  });

  test('a discharge that comes before its admission leaves one finished stay and no pause', async () => {
    const { server, send } = await stage();
    await send(fixture('log-utskrevet-hjem'));
    await send(fixture('log-innlagt'));
    await send(example('log-utskrivningsklar'));
    expect(
      server.all('Encounter').map(({ status, period }) => [status, Object.keys(period as object).toSorted()]),
    ).toEqual([['finished', ['end', 'start']]]);
    expect(server.all('EpisodeOfCare')[0]!.status).toBe('active');
  });

  test('dead: the patient is noted as dead, reminders stop, a person ends the service; the cancellation takes it back', async () => {
    const { server, send, states } = await stage();
    await send(example('log-dod'));
    expect(server.resources.get('Patient/ola')).toMatchObject({ deceasedDateTime: '2026-03-03T04:10:00+01:00' });
    expect(server.resources.get('EpisodeOfCare/dho')!.status).toBe('onhold');
    expect(server.all('Task').map(({ code, status }) => [(code as { text: string }).text, status])).toEqual([
      ['Pasienten er meldt død', 'requested'],
    ]);
    await send(followUp(example('log-dod'), 'C', id(210)));
    expect(server.resources.get('Patient/ola')!.deceasedDateTime).toBeUndefined();
    expect(server.resources.get('EpisodeOfCare/dho')!.status).toBe('active');
    expect(states('Task')).toEqual(['cancelled', 'requested']);
  });
});

describe('a cancellation that overtakes its original', () => {
  test('is receipted and held, and applied when the original comes', async () => {
    const { server, send } = await stage();
    expect((await send(fixture('log-innlagt-kansellert'))).accepted).toBe(true);
    expect(server.stored[0]!.state).toBe('held');
    expect(server.all('Task')).toEqual([]);
    await send(fixture('log-innlagt'));
    expect(server.all('Encounter').map(({ status }) => status)).toEqual(['entered-in-error']);
    expect(server.all('EpisodeOfCare')[0]!.status).toBe('active');
    expect(server.stored.map(({ state }) => state)).toEqual(['accepted', 'accepted']);
  });

  test('and is shown to a person when the original has not come within a day', async () => {
    const { server, send } = await stage();
    await send(fixture('log-innlagt-kansellert'));
    await sweepHeld(server.parts());
    expect(server.all('Task')).toEqual([]);
    server.clock.advance(24 * 3600_000);
    await sweepHeld(server.parts());
    await sweepHeld(server.parts());
    expect(server.all('Task').map(({ description }) => description)).toEqual([
      expect.stringContaining('Meldingen som trekkes tilbake, er ikke mottatt.'),
    ]);
    expect(server.stored[0]!.state).toBe('accepted');
  });

  test('of another sender is not applied', async () => {
    const { server, send } = await stage();
    await send(fixture('log-innlagt-kansellert').replaceAll('8990011', '8990099'));
    await send(fixture('log-innlagt'));
    expect(server.all('Encounter').map(({ status }) => status)).toEqual(['in-progress']);
  });
});

describe('referrals', () => {
  test('withdrawn before a decision: revoked, its Task cancelled; changed: the new text stands in it', async () => {
    const { server, send, states } = await stage();
    const referral = example('henvisning-1');
    await send(referral);
    const next = (status: string, number: number): string =>
      referral.replace('<ServType V="N"', `<ServType V="${status}"`).replaceAll(id(140), id(number));
    await send(next('M', 220).replace('Hjertesvikt med gjentatte innleggelser.', 'Hjertesvikt, verre.'));
    expect(server.all('ServiceRequest')).toHaveLength(1);
    expect(JSON.stringify(server.all('ServiceRequest')[0]!.reasonCode)).toContain('verre');
    await send(next('C', 221));
    expect(states('ServiceRequest')).toEqual(['revoked']);
    expect(server.all('Task').map(({ status }) => status)).toContain('cancelled');
    expect(server.all('Patient')).toHaveLength(1);
  });

  test('of an unknown person in the old envelope makes the Patient', async () => {
    const server = new MemoryServer();
    await ploReceiver(server.parts())(Buffer.from(example('henvisning-1')), carrier, 'http');
    expect(server.all('Patient')).toEqual([
      expect.objectContaining({
        name: [{ use: 'official', family: 'Prøvepasient', given: ['Ola'] }],
        birthDate: '1948-03-12',
        gender: 'male',
      }),
    ]);
  });
});

describe('threads', () => {
  test('an answer names what it answers and the thread it belongs to', async () => {
    const { server, send } = await stage();
    await send(fixture('henvisning-nytilstand'));
    await send(example('dialog-notat'));
    const [first, second] = server.all('Communication');
    expect(second).toMatchObject({
      partOf: [expect.objectContaining({ reference: `Communication/${first!.id}` })],
      inResponseTo: [expect.objectContaining({ reference: `Communication/${first!.id}` })],
      topic: { text: 'Vektgrense' },
      payload: [{ contentString: 'Grensen kan settes til 2 kg på tre dager.' }],
    });
    const thread = server
      .all('Communication')
      .map(({ identifier }) => (identifier as { system: string; value: string }[])[1]!.value);
    expect(new Set(thread).size).toBe(1);
  });

  test('for the record: kept, and nothing to do', async () => {
    const { server, send } = await stage();
    const archive = example('dialog-notat')
      .replaceAll('DIALOG_HELSEFAGLIG', 'DIALOG_TIL_ARKIVERING')
      .replace(/<Tema>.*?<\/Tema>/, '');
    expect((await send(archive)).accepted).toBe(true);
    expect(server.all('Task')).toEqual([]);
    expect(server.all('DocumentReference')).toHaveLength(1);
  });

  test('what the map has no place for is named', async () => {
    const { server, send } = await stage();
    await send(
      example('epikrise').replace(
        '<Status V="F" DN="Endelig rapport"/>',
        '<Status V="F"/><Priority V="1" DN="Haster"/>',
      ),
    );
    expect(server.all('Communication')[0]!.note).toEqual([
      { text: 'Står bare i originalmeldingen: ServRprt/Priority' },
    ]);
  });
});

describe('whom a message is for', () => {
  test('a copy that another system receipts has its effect and no receipt, also when it comes twice', async () => {
    const { server, send, states } = await stage({ copiedHerIds: ['8990003'] });
    for (let time = 0; time < 2; time++)
      expect(await send(fixture('log-innlagt'))).toMatchObject({ status: 204, accepted: true, text: '' });
    expect(states('Encounter')).toEqual(['in-progress']);
    expect(server.stored).toHaveLength(1);
  });

  test('as one of those who get a copy, the receipt says so and comes from us', async () => {
    const { send } = await stage({ ownHerIds: ['8990002'] });
    const copied = fixture('log-innlagt').replace(
      '</Receiver>',
      '</Receiver><OtherReceiver><RoleReceiver V="COP" DN="Kopimottaker"/><Organisation><OrganisationName>Senter</OrganisationName><Ident><Id>8990002</Id><TypeId V="HER" DN="HER-id" S="2.16.578.1.12.4.1.1.9051"/></Ident></Organisation></OtherReceiver>',
    );
    const answer = await send(copied);
    expect(answer.accepted).toBe(true);
    expect(answer.text).toMatch(/<Sender><Role V="COP"[^>]*\/><HCP><Inst><Name>Senter<\/Name><Id>8990002</);
    expect((await send(fixture('log-innlagt').replace('-000000000001', '-000000000222'))).text).toContain('V="E21"');
  });
});

describe('structure', () => {
  const innlagt = fixture('log-innlagt');
  test.each<[string, (xml: string) => string, string]>([
    ['a required element missing', (xml) => xml.replace(/<Anslag>.*?<\/Anslag>/, ''), 'Anslag mangler'],
    ['text among elements', (xml) => xml.replace('<MsgInfo>', '<MsgInfo>x'), 'Tekst hører ikke til i MsgHead/MsgInfo'],
    ['another version of the head', (xml) => xml.replace('v1.2 2006-05-24', 'v1.1'), 'MIGversion skal være'],
    ['an element that does not exist', (xml) => xml.replaceAll('Anslag>', 'Antatt>'), 'Anslag mangler'],
    [
      'a date that is none',
      (xml) => xml.replace(/TidspunktForHendelse V="[^"]*"/, 'TidspunktForHendelse V="i går"'),
      'er ikke gyldig som TS',
    ],
  ])('%s → T02 with the place, and no effect', async (_name, change, text) => {
    const { server, send } = await stage();
    const answer = await send(change(innlagt));
    expect(answer.text).toMatch(/<Error V="T02"/);
    expect(answer.text).toContain(text);
    expect(server.all('Encounter')).toEqual([]);
  });

  test('a version that is not in use → T10', async () => {
    const { send } = await stage();
    const future = innlagt.replaceAll('po/Pasientlogistikk/2012-04-01', 'po/Pasientlogistikk/2016-05-30');
    expect((await send(future)).text).toMatch(/<Error V="T10"/);
  });
});
