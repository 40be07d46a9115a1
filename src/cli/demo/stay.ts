import { Client as Hl7Client, Message } from 'node-hl7-client';
import type { Resource } from '../../fhir/resource.js';
import { pauseOf } from '../../followup/episode/pause-element.js';
import { system } from '../../followup/vocabulary/systems.js';
import { reading } from '../../system/demo-readings.js';
import { dischargeHl7, exampleMessage } from '../../system/demo-messages.js';
import { claim, present } from './expected.js';
import { evidenceIn, theAlert } from './measure.js';
import type { Equipped } from './plan.js';
import { accepted, type Accepted } from './refer.js';
import type { Stage } from './stage.js';

export interface Stay {
  readonly pause: string | undefined;
  readonly encounter: Resource;
}

/** The hospital admits by message: only the alerts about missing measurements rest, and a person is told. */
export async function admit(stage: Stage, { patient, episode }: Accepted, { serial }: Equipped): Promise<Stay> {
  const { hospital, municipality, device, patient: person, now, newId, tell } = stage;
  await accepted(
    hospital,
    await exampleMessage('log-innlagt.xml', { patient: person, id: newId(), at: now() }),
    'Meldingen om innleggelse',
  );
  const held = await municipality.read('EpisodeOfCare', episode.id!);
  const pause = pauseOf(held)?.mode;
  claim(
    held['status'] === 'onhold' && pause === 'missing-only',
    `Forløpet skal være på pause for manglende målinger, men er ${String(held['status'])} (${pause ?? 'ingen pause'}).`,
  );
  const encounter = await municipality.find('Encounter', { patient: `Patient/${patient.id}`, status: 'in-progress' });
  await municipality.find('Task', { patient: `Patient/${patient.id}`, code: `${system.taskCode}|admission-check` });
  tell(
    'Sykehuset sender LOG_INNLAGT: oppholdet er registrert, varsler om manglende målinger er på pause, og en person får en oppgave.',
  );
  const before = evidenceIn(await theAlert(stage, patient));
  await device.create(reading('spo2', 88, { fnr: person.fnr, serial })({ at: now(), id: newId() }));
  const after = evidenceIn(await theAlert(stage, patient));
  claim(after === before + 1, 'En rød måling under en slik pause skal fortsatt komme fram i varselet.');
  tell(
    `${person.given} måler 88 % likevel: det røde varselet får målingen, for en melding setter aldri røde varsler på pause.`,
  );
  return { pause, encounter };
}

/** The patient goes home: what the admission paused is resumed, by HL7 v2 over MLLP where the server listens for it. */
export async function discharge(stage: Stage, { episode }: Accepted, { encounter }: Stay): Promise<Resource> {
  const { hospital, municipality, patient, mllpPort, now, newId, tell } = stage;
  if (mllpPort === undefined) {
    await accepted(
      hospital,
      await exampleMessage('log-utskrevet.xml', { patient, id: newId(), at: now() }),
      'Meldingen om utskrivning',
    );
  } else {
    const code = await sendHl7(
      mllpPort,
      await dischargeHl7({ patient, id: newId().replaceAll('-', '').slice(0, 20), at: now() }),
    );
    claim(code === 'AA', `ADT^A03 skal kvitteres med AA, men fikk ${code}.`);
  }
  const resumed = await municipality.read('EpisodeOfCare', episode.id!);
  claim(
    resumed['status'] === 'active',
    `Oppfølgingen skal være gjenopptatt, men forløpet er ${String(resumed['status'])}.`,
  );
  const ended = await municipality.read('Encounter', encounter.id!);
  claim(ended['status'] === 'finished', `Oppholdet skal være avsluttet, men er ${String(ended['status'])}.`);
  tell(
    `${mllpPort === undefined ? 'LOG_UTSKREVET' : 'ADT^A03 over MLLP (kvittert AA)'}: ${patient.given} er hjemme, oppfølgingen er gjenopptatt av seg selv.`,
  );
  return resumed;
}

/** The nurse has called, and closes the alert with a note. Closed is final. */
export async function closeAlert(stage: Stage, { patient }: Accepted): Promise<Resource> {
  const { municipality, tell } = stage;
  const alert = await theAlert(stage, patient);
  const closed = await municipality.call(
    { type: 'DetectedIssue', id: alert.id!, name: 'close' },
    { note: 'Ringte: bedre etter opphold. Måler igjen i kveld.' },
  );
  claim(closed['status'] === 'final', `Varselet skal være lukket (final), men er ${String(closed['status'])}.`);
  tell('Siri Testsykepleier ringer, og lukker varselet med et notat. Historien er slutt.');
  return closed;
}

/** Sends one message and gives the code of its acknowledgment (MSA-1). */
function sendHl7(port: number, text: string): Promise<string> {
  const client = new Hl7Client({ host: '127.0.0.1' });
  return new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('Meldingen over MLLP ble ikke kvittert innen 10 s.')), 10_000);
    const connection = client.createConnection({ port }, async (response) => {
      clearTimeout(late);
      resolve(present(String(response.getMessage().get('MSA.1').toString()), 'Kvitteringskoden'));
    });
    connection.on('connect', () => void connection.sendMessage(new Message({ text })));
    connection.on('error', reject);
  }).finally(() => client.closeAll());
}
