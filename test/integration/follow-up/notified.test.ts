import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../../support/notification-sink.js';
import { expectStatus, type Fhir, type Followed, openStage, reading, ruleSet, type Stage } from './stage.js';

interface Arrival {
  readonly at: number;
  readonly path: string;
  readonly body: Fhir;
}
let arrivals: Arrival[] = [];
/** While true, the sink answers with 503. */
let refusing = false;
let sink: Server;
let stage: Stage;
const address = (): string => `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
beforeAll(async () => {
  sink = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => {
      if (!refusing)
        arrivals.push({
          at: performance.now(),
          path: request.url ?? '',
          body: text === '' ? undefined : JSON.parse(text),
        });
      response.writeHead(refusing ? 503 : 200).end();
    });
  });
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
  stage = await openStage(new Date().toISOString());
});
afterAll(async () => {
  await stage.stop();
  sink.closeAllConnections();
  await new Promise((resolve) => sink.close(resolve));
});
beforeEach(() => {
  arrivals = [];
  refusing = false;
});

const subscribe = async (client: 'municipality' | 'hospital' | 'gp', criteria: string, hook: string) => {
  const made = await stage.created(client, {
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'varsler',
    criteria,
    channel: { type: 'rest-hook', endpoint: `${address()}/${hook}`, payload: 'application/fhir+json' },
  });
  await until(
    async () => (await stage.as(client, `Subscription/${made.id}`)).json.status === 'active',
    `${hook} active`,
  );
  return made;
};
const at = (hook: string): Arrival[] => arrivals.filter(({ path }) => path.startsWith(`/${hook}`));
const spo2 = (person: Followed, value: number) =>
  stage.as('device', 'Observation', {
    body: reading('spo2', value, { patient: person.reference, at: stage.now() }),
  });

test('the nurse’s hook gets the red alert, in the version that made it red, soon after the measurement is acknowledged', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  await subscribe('municipality', 'DetectedIssue?dho-colour=red&status=preliminary', 'issue');
  await subscribe('municipality', 'Task?dho-colour=red&status=requested', 'task');
  expectStatus(await spo2(person, 91), 201);
  stage.clock.advance(60_000);
  const answer = await spo2(person, 85);
  const acknowledged = performance.now();
  expectStatus(answer, 201);
  await until(() => at('issue').length > 0 && at('task').length > 0, 'both hooks');
  expect(at('issue')[0]!.at - acknowledged).toBeLessThan(2000);
  const [{ body: issue }] = at('issue') as [Arrival];
  expect(issue).toMatchObject({ resourceType: 'DetectedIssue', severity: 'high', meta: { versionId: '2' } });
  expect(at('task')[0]!.body).toMatchObject({
    resourceType: 'Task',
    priority: 'stat',
    focus: { reference: `DetectedIssue/${issue.id}` },
  });
  await stage.operation('municipality', `DetectedIssue/${issue.id}/$close`, { note: 'Ringt' });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(at('issue')).toHaveLength(1);
});

test('nobody is told of patients to whom they have no relation', async () => {
  const listed = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  await subscribe('gp', 'DetectedIssue?status=preliminary', 'gp');
  await subscribe('hospital', 'DetectedIssue?status=preliminary', 'hospital');
  const stranger = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  const patient = (await stage.as('municipality', stranger.reference)).json;
  expectStatus(
    await stage.as('municipality', stranger.reference, {
      method: 'PUT',
      body: {
        ...patient,
        generalPractitioner: [{ identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: '999000177' } }],
      },
    }),
    200,
  );
  await new Promise((resolve) => setTimeout(resolve, 300));
  arrivals = [];
  expectStatus(await spo2(stranger, 80), 201);
  expectStatus(await spo2(listed, 80), 201);
  await until(() => at('gp').length > 0, 'the hook of the GP');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(at('gp').map(({ body }) => body.patient.reference)).toEqual([listed.reference]);
  expect(at('hospital')).toEqual([]);
});

test('a sink that was away gets everything, in order, when it is back', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  await subscribe('municipality', `DetectedIssue?patient=${person.id}`, 'away');
  refusing = true;
  for (const value of [91, 90, 85, 84]) {
    stage.clock.advance(1000);
    expectStatus(await spo2(person, value), 201);
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(at('away')).toEqual([]);
  refusing = false;
  await until(() => {
    stage.clock.advance(1000);
    return at('away').length >= 4;
  }, 'all four');
  expect(at('away').map(({ body }) => body.meta.versionId)).toEqual(['1', '2', '3', '4']);
});
