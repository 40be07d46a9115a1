import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readConfig } from '../../../src/config/config.js';
import { demoMunicipality } from '../../../src/config/demo.js';
import { identityNumber } from '../../../src/fhir/national-identifiers.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { alertOf, colourOf } from '../../../src/followup/projection/alert-element.js';
import { dispatch } from '../../../src/interactions/dispatch.js';
import { ManualClock } from '../../../src/kernel/clock.js';
import { silentLog } from '../../../src/kernel/log.js';
import { demoPeople } from '../../../src/system/demo-people.js';
import { demoPrincipal } from '../../../src/system/demo-world.js';
import { type RunningServer, startServer } from '../../../src/system/start-server.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { freePorts } from '../../support/server.js';

/** A Wednesday at noon in Oslo. */
const clock = new ManualClock(Date.parse('2026-03-18T11:00:00Z'));

let database: TestDatabase;
let dataFolder: string;
let server: RunningServer;

beforeAll(async () => {
  database = await createTestDatabase();
  dataFolder = await mkdtemp(path.join(tmpdir(), 'hjemmebro-demo-world-'));
  server = await start(true);
});
afterAll(async () => {
  await server.stop();
  await database.drop();
  await rm(dataFolder, { recursive: true, force: true });
});

async function start(demo: boolean): Promise<RunningServer> {
  const [port] = await freePorts();
  const config = readConfig({
    PORT: String(port),
    MLLP_PORT: '0',
    HJEMMEBRO_DATA: dataFolder,
    DATABASE_URL: database.url,
    LOG_LEVEL: 'silent',
  });
  return startServer({ config, log: silentLog, clock, demo });
}

async function search(type: string, query: Readonly<Record<string, string>> = {}): Promise<readonly Resource[]> {
  const request = {
    method: 'POST',
    segments: [type, '_search'],
    query: [],
    headers: {},
    form: Object.entries({ _count: '500', ...query }),
  } as const;
  const { services } = server;
  const answer = await dispatch(request, {
    principal: demoPrincipal('municipality', demoMunicipality.orgnr),
    request: 'test',
    services,
    dispatch,
  });
  return ((JSON.parse([answer.body!].flat().join('')) as { entry?: { resource: Resource }[] }).entry ?? []).map(
    ({ resource }) => resource,
  );
}

const familyOf = new Map<string, string>();
async function familyName(reference: unknown): Promise<string> {
  if (familyOf.size === 0)
    for (const patient of await search('Patient'))
      familyOf.set(`Patient/${patient.id}`, (patient['name'] as { family: string }[])[0]!.family);
  return familyOf.get((reference as { reference: string }).reference) ?? 'unknown';
}

test('the people of the demo world have synthetic numbers', () => {
  expect(demoPeople.map(({ fnr }) => identityNumber(fnr))).toEqual(
    demoPeople.map(() => ({ kind: 'fnr', rule: 'standard', synthetic: 'tenor' })),
  );
});

test('a fortnight of demo patients leaves these open alerts', async () => {
  const open = await search('DetectedIssue', { status: 'preliminary' });
  const seen = await Promise.all(
    open.map(
      async (issue) =>
        `${await familyName(issue['patient'])}: ${alertOf(issue)!.rule} ${colourOf(issue)} ${alertOf(issue)!.count}`,
    ),
  );
  expect(seen.toSorted()).toEqual([
    'Demodal: missing:cat-weekly green 1',
    'Demodal: missing:kols-form yellow 4',
    'Demodal: missing:spo2-daily yellow 4',
    'Eksempelsen: grey grey 1',
    'Prøvesen: spo2-zone red 4',
    'Syntetisk: weight-gain-3d yellow 1',
  ]);
});

test('they are followed up under approved plans, one waits for approval; one is on holiday, one has been in hospital', async () => {
  const plans = await search('CarePlan');
  expect(plans.map((plan) => plan['status']).toSorted()).toEqual([...Array<string>(5).fill('active'), 'draft']);
  const episodes = await search('EpisodeOfCare');
  const statuses = await Promise.all(
    episodes.map(async (episode) => `${await familyName(episode['patient'])} ${String(episode['status'])}`),
  );
  expect(statuses.toSorted()).toEqual([
    'Demodal active',
    'Eksempelsen active',
    'Fiktivsen onhold',
    'Prøvesen active',
    'Syntetisk active',
    'Testberg active',
  ]);
  const referrals = await search('Task', { code: 'fulfill', status: 'requested,received' });
  expect(await Promise.all(referrals.map((task) => familyName(task['for'])))).toEqual(['Prøvestad']);
  expect((await search('Encounter')).map((stay) => stay['status'])).toEqual(['finished']);
});

test('nothing of it lies in the future, and each row has the time at which it happened', async () => {
  const observations = await search('Observation');
  expect(observations.length).toBeGreaterThan(70);
  for (const { effectiveDateTime, meta } of observations as (Resource & { effectiveDateTime: string })[]) {
    const [taken, received] = [Date.parse(effectiveDateTime), Date.parse(meta!.lastUpdated!)];
    expect(received - taken).toBe(5000);
    expect(received).toBeLessThanOrEqual(clock.now());
  }
});

test('a second start with demo adds nothing, and one without leaves it as it is', async () => {
  // What answers the referrals by message is written after the start, so it is not counted.
  const statement = `select t.name, count(*)::int as rows, sum(r.version)::int as versions from resource r join resource_type t on t.id = r.type
    where t.name not in ('Communication', 'DocumentReference', 'Binary') group by t.name order by t.name`;
  const counted = async (): Promise<unknown> => (await database.pool.query(statement)).rows;
  const before = await counted();
  for (const demo of [true, false]) {
    await server.stop();
    server = await start(demo);
    expect(await counted()).toEqual(before);
  }
});
