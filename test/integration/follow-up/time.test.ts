import {
  type Alert,
  brief,
  episodeFor,
  expectStatus,
  type Followed,
  open,
  reading,
  ruleSet,
  stageFor,
} from './stage.js';

const stage = stageFor('2026-03-02T06:00:00Z', {
  RED_CHAIN: 'Organization/hjemmetjenesten,Organization/legevakten',
});

/** At that local hour (winter time) of the next such day. */
const nextMorning = (): void =>
  stage.clock.set(Math.floor(stage.clock.now() / 86_400_000 + 1) * 86_400_000 + 6 * 3_600_000);

describe('missing measurements', () => {
  test('one that has not come by the end of its window opens an alert; three in a row raise it', async () => {
    nextMorning();
    const person = await stage.followed('kols');
    await stage.passTime(person, stage.clock.now() + 6 * 3_600_000 - 60_000);
    expect(open(await stage.alerts(person)).filter(({ rule }) => rule === 'missing:spo2-daily')).toEqual([]);
    await stage.passTime(person, stage.clock.now() + 2 * 60_000);
    const [missing] = open(await stage.alerts(person)).filter(({ rule }) => rule === 'missing:spo2-daily');
    expect(missing).toMatchObject({ count: 1, colour: 'green' });
    const identified = missing!.issue.identifiedDateTime;
    await stage.passTime(person, stage.clock.now() + 2 * 86_400_000);
    const [raised] = open(await stage.alerts(person)).filter(({ rule }) => rule === 'missing:spo2-daily');
    expect(raised).toMatchObject({ count: 3, colour: 'yellow' });
    expect(raised!.issue.identifiedDateTime).toBe(identified);
  });

  test('one that came in time says nothing', async () => {
    nextMorning();
    const person = await stage.followed('kols');
    stage.clock.advance(2 * 3_600_000);
    await stage.spo2(person, 95);
    await stage.passTime(person, stage.clock.now() + 8 * 3_600_000);
    expect(open(await stage.alerts(person)).map(({ rule }) => rule)).not.toContain('missing:spo2-daily');
  });

  test('one that was measured in time and came late takes the alert back', async () => {
    nextMorning();
    const person = await stage.followed('kols');
    const measured = new Date(stage.clock.now() + 2 * 3_600_000).toISOString();
    await stage.passTime(person, stage.clock.now() + 9 * 3_600_000);
    expect(open(await stage.alerts(person)).map(({ rule }) => rule)).toContain('missing:spo2-daily');
    await stage.created('device', reading('spo2', 95, { patient: person.reference, at: measured }));
    expect(
      (await stage.alerts(person)).filter(({ rule }) => rule === 'missing:spo2-daily').map(({ status }) => status),
    ).toEqual(['entered-in-error']);
  });

  test('the running server’s own ticker sees time pass', async () => {
    nextMorning();
    const person = await stage.followed('kols');
    stage.clock.advance(9 * 3_600_000);
    let found: Alert[] = [];
    for (let waited = 0; waited < 8000 && found.length === 0; waited += 100) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      found = open(await stage.alerts(person)).filter(({ rule }) => rule === 'missing:spo2-daily');
    }
    expect(found).toHaveLength(1);
  });
});

describe('pause', () => {
  let person: Followed;
  beforeEach(async () => {
    nextMorning();
    person = await stage.followed('kols');
  });
  const move = (name: string, parameters: Record<string, unknown> = {}) =>
    stage.operation('municipality', `EpisodeOfCare/${person.episode}/${name}`, parameters);
  const flags = () => stage.activeFlags(person);

  test('missing-only: no alerts about what is missing, colours as ever', async () => {
    const paused = expectStatus(await move('$pause', { mode: 'missing-only', reason: 'holiday' }), 200).json;
    expect(paused.status).toBe('onhold');
    expect(await flags()).toContain('dho-paused');
    await stage.passTime(person, stage.clock.now() + 2 * 86_400_000);
    expect(open(await stage.alerts(person)).filter(({ rule }) => rule.startsWith('missing'))).toEqual([]);
    await stage.spo2(person, 80);
    expect(open(await stage.alerts(person)).map(({ rule, colour }) => `${rule} ${colour}`)).toEqual(['spo2-zone red']);
    expectStatus(await move('$resume'), 200);
    expect(await flags()).toContain('dho-active');
    await stage.passTime(person, stage.clock.now() + 86_400_000 + 12 * 3_600_000);
    expect(open(await stage.alerts(person)).filter(({ rule }) => rule === 'missing:spo2-daily')).toHaveLength(1);
  });

  test('all: red opens no alert and is on the worklist at once; a reminder to resume is there', async () => {
    expectStatus(await move('$pause', { mode: 'all', reason: 'hospital' }), 200);
    expect(await stage.tasks(person, 'resume-reminder')).toHaveLength(1);
    stage.clock.advance(3_600_000);
    await stage.spo2(person, 91);
    await stage.spo2(person, 80);
    expect(open(await stage.alerts(person))).toEqual([]);
    const [seen, ...others] = await stage.tasks(person, 'measured-under-pause');
    expect(others).toEqual([]);
    expect(seen).toMatchObject({ priority: 'stat', status: 'requested' });
    expect(seen.description).toContain('Målt under pause');
    expectStatus(await move('$resume'), 200);
    expect((await stage.tasks(person, 'resume-reminder'))[0].status).toBe('completed');
    stage.clock.advance(3_600_000);
    await stage.spo2(person, 80);
    expect(open(await stage.alerts(person)).map(({ rule, colour }) => `${rule} ${colour}`)).toEqual(['spo2-zone red']);
  });

  test('all with a planned end: the engine does not wait for somebody to remember', async () => {
    expectStatus(
      await move('$pause', {
        mode: 'all',
        reason: 'holiday',
        plannedEnd: new Date(stage.clock.now() + 86_400_000).toISOString(),
      }),
      200,
    );
    await stage.passTime(person, stage.clock.now() + 86_400_000 + 3_600_000);
    await stage.spo2(person, 80);
    expect(open(await stage.alerts(person)).map(({ rule, colour }) => `${rule} ${colour}`)).toEqual(['spo2-zone red']);
  });

  test('a pause may be changed; resumed when running, a mode that is none, an end that is over: refused', async () => {
    expect((await move('$resume')).status).toBe(409);
    expect((await move('$pause', { mode: 'some', reason: 'other' })).status).toBe(400);
    expect((await move('$pause', { mode: 'all' })).status).toBe(400);
    expect((await move('$pause', { mode: 'all', reason: 'because' })).status).toBe(400);
    expect((await move('$pause', { mode: 'all', reason: 'other', plannedEnd: 'March 5, 2030' })).status).toBe(400);
    expect((await move('$pause', { mode: 'all', reason: 'other', plannedEnd: '2020-01-01' })).status).toBe(422);
    expect(
      expectStatus(await move('$pause', { mode: 'all', reason: 'other', text: 'Reiser bort' }), 200).text,
    ).toContain('Reiser bort');
    expect(
      expectStatus(await move('$pause', { mode: 'missing-only', reason: 'other', text: 'Kom hjem' }), 200).text,
    ).toContain('Kom hjem');
  });

  test('what was ended is kept and not watched, and red is seen', async () => {
    expectStatus(await move('$end', { reason: 'Målet er nådd' }), 200);
    stage.clock.advance(3_600_000);
    await stage.spo2(person, 80);
    expect(open(await stage.alerts(person))).toEqual([]);
    expect(await flags()).toEqual([]);
  });
});

describe('the red clock', () => {
  test('a red alert that nobody answers goes along the chain; at its end the patient is told whom to call', async () => {
    nextMorning();
    stage.clock.advance(3 * 3_600_000);
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    await stage.spo2(person, 80);
    const owner = async () => open(await stage.alerts(person))[0]!.task.owner;
    expect((await owner()).identifier.value).toBe('310000019');
    await stage.passTime(person, stage.clock.now() + 14 * 60_000);
    expect((await owner()).identifier?.value).toBe('310000019');
    await stage.passTime(person, stage.clock.now() + 2 * 60_000);
    expect((await owner()).reference).toBe('Organization/hjemmetjenesten');
    await stage.passTime(person, stage.clock.now() + 15 * 60_000);
    expect((await owner()).reference).toBe('Organization/legevakten');
    expect(await stage.search(`Communication?subject=${person.reference}&category=nobody-watching`)).toEqual([]);
    await stage.passTime(person, stage.clock.now() + 15 * 60_000);
    expect(await stage.search(`Communication?subject=${person.reference}&category=nobody-watching`)).toHaveLength(1);
    await stage.passTime(person, stage.clock.now() + 60 * 60_000);
    expect(await stage.search(`Communication?subject=${person.reference}&category=nobody-watching`)).toHaveLength(1);
  });

  test('taken by somebody, it stands still', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    await stage.spo2(person, 80);
    const [{ task }] = open(await stage.alerts(person)) as [Alert];
    expectStatus(
      await stage.as('municipality', `Task/${task.id}`, { method: 'PUT', body: { ...task, status: 'in-progress' } }),
      200,
    );
    await stage.passTime(person, stage.clock.now() + 3_600_000);
    expect(open(await stage.alerts(person))[0]!.task.owner).toEqual(task.owner);
  });

  test('more evidence does not wind the clock back', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    await stage.spo2(person, 80);
    await stage.passTime(person, stage.clock.now() + 10 * 60_000);
    await stage.spo2(person, 79);
    await stage.passTime(person, stage.clock.now() + 6 * 60_000);
    expect(open(await stage.alerts(person))[0]!.task.owner.reference).toBe('Organization/hjemmetjenesten');
    expect(brief(open(await stage.alerts(person)))).toEqual(['spo2-zone red preliminary 2']);
  });
});

describe('grey', () => {
  test('a service without limits is grey until a plan gives them; its deadline is two weeks', async () => {
    nextMorning();
    const person = await stage.patient();
    const episode = await stage.created('municipality', episodeFor(person.reference));
    expectStatus(await stage.operation('municipality', `EpisodeOfCare/${episode.id}/$start`), 200);
    const [grey] = open(await stage.alerts(person));
    expect(grey).toMatchObject({ rule: 'grey', colour: 'grey' });
    expect(grey!.task.code.coding[0].code).toBe('limits-needed');
    const due = Date.parse(grey!.due!);
    expect(Math.floor((due - stage.clock.now()) / 86_400_000)).toBe(14);
    await stage.passTime(person, due + 86_400_000);
    const [overdue] = open(await stage.alerts(person)).filter(({ rule }) => rule === 'grey');
    expect(overdue!.task).toMatchObject({
      priority: 'urgent',
      businessStatus: { text: 'Fristen for å sette grenseverdier er gått ut.' },
    });
  });
});
