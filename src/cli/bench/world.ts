import { demoClients, type DemoClientId, demoGp } from '../../config/demo.js';
import { demoKeys, demoToken } from '../../http/demo-keys.js';
import { systemClock } from '../../kernel/clock.js';
import { uuidv7 } from '../../kernel/ids.js';
import { type Answer, HttpConnection, requestText } from './http-connection.js';
import { observationText } from './observation.js';

/** What the server holds before anything is measured. */
export interface World {
  /** Ids of patients with a care relation to the municipality; nothing of theirs is judged. */
  readonly patients: readonly string[];
  /** Id of a patient with an approved plan: each measurement is judged before it is acknowledged. */
  readonly monitored: string;
  /** Id and stored text of one Observation. */
  readonly observation: { readonly id: string; readonly text: string };
  readonly token: string;
}

export interface WorldSize {
  readonly patients: number;
  /** Observations of each patient and each of two codes. */
  readonly readings: number;
}

export const fhirJson = 'application/fhir+json';

interface Caller {
  send(
    client: 'municipality' | 'gp',
    path: string,
    body: object | string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ readonly id: string; readonly text: string }>;
}

export async function makeWorld(port: number, dataFolder: string, size: WorldSize): Promise<World> {
  const tokens = await tokensOf(dataFolder);
  const connection = await HttpConnection.open(port);
  const caller: Caller = {
    async send(client, path, body, headers = {}) {
      const request = requestText(
        'POST',
        path,
        { authorization: `Bearer ${tokens[client]}`, 'content-type': fhirJson, ...headers },
        typeof body === 'string' ? body : JSON.stringify(body),
      );
      const { body: text } = succeeded(await connection.send(request));
      return { id: (JSON.parse(text.toString()) as { id: string }).id, text: text.toString() };
    },
  };
  const patients: string[] = [];
  for (let number = 0; number < size.patients; number++) patients.push(await patientWithEpisode(caller, number));
  const bundle = 100;
  for (const patient of patients) {
    for (const which of [0, 1] as const) {
      for (let done = 0; done < size.readings; done += bundle) {
        const numbers = Array.from({ length: Math.min(bundle, size.readings - done) }, (_, at) => done + at);
        await caller.send(
          'municipality',
          '/fhir',
          transactionText(numbers.map((number) => observationText(patient, number, which))),
        );
      }
    }
  }
  const monitored = await monitoredPatient(caller);
  const observation = await caller.send('municipality', '/fhir/Observation', observationText(patients[0]!, 999_999));
  connection.close();
  return { patients, monitored, observation, token: tokens.municipality };
}

export function transactionText(observations: readonly string[]): string {
  const entries = observations.map((text) => `{"resource":${text},"request":{"method":"POST","url":"Observation"}}`);
  return `{"resourceType":"Bundle","type":"transaction","entry":[${entries.join(',')}]}`;
}

/** @throws Error with what the server said: figures of refused requests would mean nothing */
export function succeeded(answer: Answer): Answer {
  if (answer.status === 200 || answer.status === 201) return answer;
  throw new Error(`The server answered ${answer.status}: ${answer.body.toString('utf8', 0, 1000)}`);
}

async function tokensOf(dataFolder: string): Promise<Readonly<Record<'municipality' | 'gp', string>>> {
  const keys = await demoKeys(dataFolder);
  const token = (client: DemoClientId): Promise<string> =>
    demoToken(keys, demoClients[client], {
      controller: demoClients.municipality.organisation.orgnr,
      now: systemClock.now(),
      ids: uuidv7(systemClock),
      lifetime: 3600,
    });
  return { municipality: await token('municipality'), gp: await token('gp') };
}

async function newPatient(caller: Caller, number: number): Promise<string> {
  const generalPractitioner = [
    { type: 'Practitioner', identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: demoGp.hpr } },
  ];
  const name = [{ family: 'Prøvepasient', given: [`Nummer ${number}`] }];
  return (await caller.send('municipality', '/fhir/Patient', { resourceType: 'Patient', name, generalPractitioner }))
    .id;
}

const organisation = {
  type: 'Organization',
  identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.101', value: demoClients.municipality.organisation.orgnr },
};

/** An episode of another kind than home follow-up gives the relation and nothing else. */
async function patientWithEpisode(caller: Caller, number: number): Promise<string> {
  const id = await newPatient(caller, number);
  await caller.send('municipality', '/fhir/EpisodeOfCare', {
    resourceType: 'EpisodeOfCare',
    status: 'active',
    patient: { reference: `Patient/${id}` },
    managingOrganization: organisation,
  });
  return id;
}

async function monitoredPatient(caller: Caller): Promise<string> {
  const id = await newPatient(caller, 1000);
  const patient = { reference: `Patient/${id}` };
  const type = [{ coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-service', code: '103' }] }];
  const episode = await caller.send('municipality', '/fhir/EpisodeOfCare', {
    resourceType: 'EpisodeOfCare',
    status: 'planned',
    type,
    patient,
    managingOrganization: organisation,
  });
  const parameters = (parameter: readonly object[] = []): object => ({ resourceType: 'Parameters', parameter });
  await caller.send('municipality', `/fhir/EpisodeOfCare/${episode.id}/$start`, parameters());
  const draft = await caller.send(
    'municipality',
    '/fhir/PlanDefinition/kols/$apply',
    parameters([{ name: 'subject', valueReference: patient }]),
  );
  await caller.send('municipality', `/fhir/CarePlan/${draft.id}/$submit-for-approval`, parameters());
  await caller.send('gp', `/fhir/CarePlan/${draft.id}/$approve`, parameters(), { 'if-match': 'W/"1"' });
  return id;
}
