import path from 'node:path';
import { readdir, readFile } from 'node:fs/promises';
import { type DemoClientId, demoClients, demoPatient } from '../../config/demo.js';
import { identifierSystems, identityNumber } from '../../fhir/national-identifiers.js';
import { demoKeys, demoToken } from '../../http/demo-keys.js';
import { systemClock } from '../../kernel/clock.js';
import { uuidv7 } from '../../kernel/ids.js';
import type { MsgHead } from '../../mapping/plo/envelope.js';
import { readMsgHead } from '../../mapping/plo/msg-head.js';
import { readXml } from '../../mapping/xml/read-xml.js';
import type { MessagePatient } from '../../system/demo-messages.js';
import { eventually } from './expected.js';
import { type HookSink, openHookSink } from './hook-sink.js';
import { Party } from './party.js';

/** The server that the story is played against. */
export interface ServerPlace {
  /** `http://localhost:8080/fhir`. */
  readonly base: string;
  /** Absent: discharge is told by PLO message instead of HL7 v2. */
  readonly mllpPort?: number | undefined;
  /** Holds the demo keys, and the folder of outgoing messages. */
  readonly dataFolder: string;
  /** Organisation number of the data controller. */
  readonly controller: string;
}

/** One line for a person: who did what, what came of it. */
export type Tell = (line: string) => void;

/** Everything the steps of the story share. */
export interface Stage {
  readonly tell: Tell;
  readonly mllpPort: number | undefined;
  readonly hospital: Party;
  readonly municipality: Party;
  readonly gp: Party;
  readonly device: Party;
  readonly patient: MessagePatient;
  /** `patient.identifier` of a search. */
  readonly identifier: string;
  readonly hook: HookSink;
  readonly now: () => number;
  readonly newId: () => string;
  /** The message in the out folder that fits, now or soon. */
  readonly outgoing: (what: string, fits: (head: MsgHead) => boolean) => Promise<MsgHead>;
  close(): Promise<void>;
}

export async function openStage(server: ServerPlace, tell: Tell): Promise<Stage> {
  const ids = uuidv7(systemClock);
  const keys = await demoKeys(server.dataFolder);
  const party = async (client: DemoClientId): Promise<Party> => {
    const options = { controller: server.controller, now: systemClock.now(), ids, lifetime: 3600 };
    return new Party(demoClients[client].name, server.base, await demoToken(keys, demoClients[client], options));
  };
  const [hospital, municipality, gp, device] = [
    await party('hospital'),
    await party('municipality'),
    await party('gp'),
    await party('device'),
  ];
  const patient = await newPatient(municipality);
  const hook = await openHookSink();
  const folder = path.join(server.dataFolder, 'messages', 'out');
  return {
    tell,
    hospital,
    municipality,
    gp,
    device,
    patient,
    hook,
    mllpPort: server.mllpPort,
    identifier: `${identifierSystems.fnr}|${patient.fnr}`,
    now: () => systemClock.now(),
    newId: () => ids.next(),
    outgoing: (what, fits) => eventually(what, () => findMessage(folder, fits), 15_000),
    close: () => hook.stop(),
  };
}

/** Ola, or, where the server knows him already, somebody new. */
async function newPatient(municipality: Party): Promise<MessagePatient> {
  const ola: MessagePatient = {
    fnr: demoPatient.fnr,
    given: demoPatient.given,
    family: demoPatient.family,
    born: '1948-03-12',
    sex: '1',
  };
  const known = await municipality.search('Patient', { identifier: `${identifierSystems.fnr}|${ola.fnr}` });
  return known.length === 0 ? ola : { ...ola, given: 'Oline', sex: '2', fnr: syntheticNumber(systemClock.now()) };
}

/** A synthetic number (80 added to the month) of someone born 12 March 1948, with right check digits. */
function syntheticNumber(seed: number): string {
  for (let last = seed % 100_000; ; last = (last + 1) % 100_000) {
    const number = `128348${String(last).padStart(5, '0')}`;
    const known = identityNumber(number);
    if (known?.kind === 'fnr' && known.rule === 'standard') return number;
  }
}

async function findMessage(folder: string, fits: (head: MsgHead) => boolean): Promise<MsgHead | undefined> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.endsWith('.xml') && one.startsWith('DIALOG'))) {
    const head = readMsgHead(readXml(await readFile(path.join(folder, name))));
    if (fits(head)) return head;
  }
  return undefined;
}
