import { readFileSync } from 'node:fs';
import type { DemoClientId } from '../../../src/config/demo.js';
import { expectStatus } from '../follow-up/stage.js';
import { entriesOf, filled, openWorld, type World } from './world.js';

interface Step {
  readonly method: string;
  readonly place: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly as?: string;
  readonly expect?: number;
  readonly expectNothing?: boolean;
}
const cases = JSON.parse(readFileSync('test/cases/access-grants.json', 'utf8')) as readonly {
  name: string;
  by: DemoClientId[];
  steps: Step[];
}[];
const attempts = cases.flatMap(({ by, ...one }) => by.map((client) => ({ client, ...one })));

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.stage.stop());

/** Everything through which the stranger's data could show. */
async function seen(client: DemoClientId): Promise<string[]> {
  const { stage, stranger, kept } = world;
  const found: string[] = [];
  for (const [type, id] of kept) {
    const answer = await stage.as(client, `${type}/${id}`);
    if (answer.status < 400) found.push(`${type} read`);
  }
  for (const type of ['Observation', 'Condition', 'CarePlan', 'DetectedIssue', 'EpisodeOfCare']) {
    const answer = await stage.as(client, `${type}/_search`, {
      method: 'POST',
      body: `patient=${stranger.id}&_total=accurate`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    if (answer.status < 400)
      for (const { resource } of entriesOf(answer)) if (kept.get(type) === resource.id) found.push(`${type} searched`);
  }
  return found;
}

test.each(attempts)('the $client client that $name has no more access afterwards', async ({ client, steps }) => {
  const saved = new Map<string, string>();
  const answers: string[] = [];
  for (const step of steps) {
    const place = filled(step.place, client, world, saved) as string;
    const answer = await world.stage.as(client, place, {
      method: step.method,
      ...(step.body === undefined ? {} : { body: filled(step.body, client, world, saved) }),
      headers: filled(step.headers ?? {}, client, world, saved),
    });
    answers.push(`${step.method} ${step.place} ${answer.status}`);
    expect({ step: step.place, status: answer.status >= 500 ? answer.text : 'ok' }).toEqual({
      step: step.place,
      status: 'ok',
    });
    if (step.expect !== undefined) expectStatus(answer, step.expect);
    if (step.as !== undefined && answer.json?.id !== undefined) saved.set(`:${step.as}`, answer.json.id);
    if (step.expectNothing === true)
      expect(entriesOf(answer).filter(({ search }) => search.mode === 'include')).toEqual([]);
    // What the last step of an attempt was for is refused, unless the step only asks.
    if (step === steps.at(-1) && step.method !== 'GET' && step.expect === undefined)
      expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.text).not.toContain(world.kept.get('Condition'));
  }
  expect({ answers, seen: await seen(client) }).toEqual({ answers, seen: [] });
});

test.each(['log-innlagt.xml', 'log-utskrevet-hjem.xml', 'henvisning-nytilstand.xml'])(
  'the hospital that sends %s about the person has no more access afterwards',
  async (file) => {
    const { stage, stranger } = world;
    const message = readFileSync(`test/fixtures/messages/${file}`, 'utf8').replace(
      /(?<!\d)\d{11}(?!\d)/g,
      stranger.fnr,
    );
    expect(message).toContain(stranger.fnr);
    const answer = await stage.as('hospital', '/messages/plo', {
      method: 'POST',
      body: message,
      headers: { 'content-type': 'application/xml' },
    });
    expect(answer.status).toBe(200);
    expect(await seen('hospital')).toEqual([]);
  },
);

test('afterwards the patient has the relations that the municipality gave, and no others', async () => {
  const { rows } = await world.stage.server.running.services.pool.query(
    'select distinct p.key from relation c join dict_party p on p.id = c.party join resource r on r.rid = c.patient where r.id = $1 and c.ends is null order by 1',
    [world.stranger.id],
  );
  expect(rows.map((row) => row['key'])).toEqual(['hpr:999000199', 'org:310000019']);
});

test('the municipality sees all of it: the cases look at something that is there', async () => {
  expect((await seen('municipality')).length).toBeGreaterThanOrEqual(world.kept.size);
});
