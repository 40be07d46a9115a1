import { systemPrincipal } from '../../../src/access/principal.js';
import { demoMunicipality } from '../../../src/config/demo.js';
import { expectStatus, ruleSet, stageFor } from './stage.js';

const stage = stageFor('2026-03-02T08:00:00Z');

const day = 86_400_000;
const later = (days: number): number => stage.clock.now() + days * day;
const due = (task: { restriction: { period: { end: string } } }): string => task.restriction.period.end.slice(0, 10);

test('trial, monthly conversation and evaluation come on the list in time; after downtime each once', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  await stage.passTime(person, later(13));
  expect(await stage.tasks(person, 'trial-end')).toEqual([]);
  await stage.passTime(person, later(2));
  const [trial, ...others] = await stage.tasks(person, 'trial-end');
  expect(others).toEqual([]);
  expect([due(trial), trial.owner.identifier.value]).toEqual(['2026-03-23', demoMunicipality.orgnr]);
  await stage.passTime(person, later(14));
  const [monthly] = await stage.tasks(person, 'monthly-follow-up');
  expect(due(monthly)).toBe('2026-04-02');
  // the trial's deadline was passed: said once, by the Task itself
  const [late] = await stage.tasks(person, 'trial-end');
  expect(late).toMatchObject({ priority: 'urgent', businessStatus: { coding: [{ code: 'overdue' }] } });
  expectStatus(
    await stage.as('municipality', `Task/${monthly.id}`, { method: 'PUT', body: { ...monthly, status: 'completed' } }),
    200,
  );

  // The server sleeps for five months, and several instances wake up together.
  stage.clock.advance(150 * day);
  const { services } = stage.server.running;
  const { rows } = await services.pool.query(
    'select s.patient from followup_state s join resource r on r.rid = s.patient where r.id = $1',
    [person.id],
  );
  const judge = () =>
    services.commit(
      { action: 'time', judgeTime: [Number(rows[0]!['patient'])] },
      systemPrincipal(demoMunicipality.orgnr),
      'test',
    );
  await Promise.all([judge(), judge(), judge()]);
  expect((await stage.tasks(person, 'monthly-follow-up')).map((one) => `${one.status} ${due(one)}`).sort()).toEqual([
    'completed 2026-04-02',
    'requested 2026-09-02',
  ]);
  expect((await stage.tasks(person, 'evaluation')).map(due)).toEqual(['2026-09-02']);
});

test('on hold nothing is owed; the reminder of the pause becomes urgent after its seven days', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  expectStatus(
    await stage.operation('municipality', `EpisodeOfCare/${person.episode}/$pause`, {
      mode: 'all',
      reason: 'hospital',
    }),
    200,
  );
  await stage.passTime(person, later(7) - 60_000);
  expect((await stage.tasks(person, 'resume-reminder'))[0].businessStatus).toBeUndefined();
  await stage.passTime(person, later(30));
  expect((await stage.tasks(person, 'resume-reminder'))[0]).toMatchObject({
    priority: 'urgent',
    businessStatus: { coding: [{ code: 'overdue' }] },
  });
  expect(await stage.tasks(person, 'monthly-follow-up')).toEqual([]);
  expectStatus(await stage.operation('municipality', `EpisodeOfCare/${person.episode}/$resume`), 200);
  await stage.passTime(person, later(1));
  expect(await stage.tasks(person, 'monthly-follow-up')).toHaveLength(1);
});

test('an admission and repeated red bring the evaluation forward, once it can be held', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  const evaluations = async () =>
    (await stage.tasks(person, 'evaluation')).map((one) => [
      one.status,
      due(one),
      one.description,
      one.note?.length ?? 0,
    ]);
  const close = async () => {
    const red = (await stage.alerts(person)).find(({ status }) => status === 'preliminary')!;
    expectStatus(
      await stage.operation('municipality', `DetectedIssue/${red.issue.id}/$close`, { note: 'Ringt.' }),
      200,
    );
  };
  await stage.spo2(person, 80);
  await close();
  await stage.passTime(person, later(2));
  expect(await evaluations()).toEqual([]);
  await stage.spo2(person, 81);
  await close();
  const inTwoWeeks = new Date(later(14)).toISOString().slice(0, 10);
  await stage.passTime(person, later(0));
  expect(await evaluations()).toEqual([
    ['requested', inTwoWeeks, 'Evaluering framskyndet: røde varsler flere ganger på to uker.', 0],
  ]);

  const stay = {
    resourceType: 'Encounter',
    status: 'in-progress',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
    subject: { reference: person.reference },
  };
  expectStatus(
    await stage.operation('municipality', `EpisodeOfCare/${person.episode}/$pause`, {
      mode: 'missing-only',
      reason: 'hospital',
    }),
    200,
  );
  await stage.created('municipality', stay);
  await stage.passTime(person, later(5));
  expect((await evaluations()).map(([, , , notes]) => notes)).toEqual([0]);
  expectStatus(await stage.operation('municipality', `EpisodeOfCare/${person.episode}/$resume`), 200);
  await stage.passTime(person, later(0));
  expect(await evaluations()).toEqual([['requested', inTwoWeeks, expect.any(String), 1]]);
});

test('a yellow alert whose shift is over says so, and a worse colour begins anew', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  await stage.spo2(person, 91);
  const yellow = async () => (await stage.alerts(person)).find(({ rule }) => rule === 'spo2-zone')!;
  await stage.passTime(person, Date.parse((await yellow()).due!));
  expect((await yellow()).task).toMatchObject({ priority: 'asap', businessStatus: { coding: [{ code: 'overdue' }] } });
  await stage.spo2(person, 80);
  expect((await yellow()).task.priority).toBe('stat');
  expect((await yellow()).task.businessStatus).toBeUndefined();
});

test('a technical alert whose patient is not reached: tried again later the same day, or the next working day', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  await stage.spo2(person, 400);
  const technical = async () => (await stage.alerts(person)).find(({ rule }) => rule === 'technical:spo2')!.task;
  await stage.passTime(person, Date.parse((await technical()).restriction.period.end));
  expect((await technical()).businessStatus.coding[0].code).toBe('overdue');
  const tried = async (parameters: object = {}) =>
    stage.operation('municipality', `Task/${(await technical()).id}/$no-contact`, { ...parameters });
  const waiting = expectStatus(await tried({ note: 'Ringt to ganger.' }), 200).json;
  expect(waiting.businessStatus).toBeUndefined();
  expect(waiting.note.at(-1).text).toMatch(/^Ikke kontakt med pasienten\. Ringt to ganger\. Nytt forsøk innen /);
  const end = Date.parse(waiting.restriction.period.end);
  expect(end).toBeGreaterThan(stage.clock.now() + 3_600_000);
  await stage.passTime(person, end);
  expect((await technical()).businessStatus.coding[0].code).toBe('overdue');
  expect((await tried({ retry: stage.now(5) })).status).toBe(422);
  const until = new Date(stage.clock.now() + 2 * 3_600_000).toISOString();
  expect(expectStatus(await tried({ retry: until }), 200).json.restriction.period.end).toBe(until);
});

test('a calibration that falls due is on the list two weeks before', async () => {
  const device = await stage.created('municipality', {
    resourceType: 'Device',
    status: 'active',
    serialNumber: 'OX-77',
    extension: [
      {
        url: 'http://hjemmebro.no/fhir/StructureDefinition/dho-calibration',
        extension: [{ url: 'due', valueDate: new Date(later(20)).toISOString().slice(0, 10) }],
      },
    ],
  });
  const found = () => stage.search(`Task?focus=Device/${device.id}&code=calibration-due`);
  expect(await found()).toEqual([]);
  stage.clock.advance(7 * day);
  for (let waited = 0; waited < 8000 && (await found()).length === 0; waited += 100)
    await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await found()).toHaveLength(1);
});
