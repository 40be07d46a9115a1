import { expectStatus, type Fhir, type Followed, ruleSet, stageFor } from './stage.js';

const stage = stageFor('2026-03-02T08:00:00Z');
let red: Followed;
let yellow: Followed;
beforeAll(async () => {
  red = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  yellow = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
});

const ask = async (name: string, parameters: Record<string, unknown> = {}) =>
  expectStatus(await stage.operation('municipality', `Task/$${name}`, parameters), 200).json.parameter as Fhir[];
/** Parts as `{name: [values]}`. */
const partsOf = (list: Fhir[], name: string): Record<string, unknown[]>[] =>
  list
    .filter((one) => one.name === name)
    .map(({ part }) => {
      const found: Record<string, unknown[]> = {};
      for (const { name: key, ...value } of part) {
        const [first] = Object.values(value) as Fhir[];
        (found[key] ??= []).push(first?.reference ?? first);
      }
      return found;
    });

test('alerts that wait, how long they waited, whom to talk about, and who is silent', async () => {
  await stage.spo2(red, 80);
  await stage.spo2(yellow, 90);
  stage.clock.advance(10 * 60_000);
  const first = (await stage.alerts(red)).find(({ rule }) => rule === 'spo2-zone');
  expectStatus(
    await stage.as('municipality', `Task/${first!.task.id}`, {
      method: 'PUT',
      body: { ...first!.task, status: 'in-progress' },
    }),
    200,
  );
  stage.clock.advance(20 * 60_000);
  expectStatus(
    await stage.operation('municipality', `DetectedIssue/${first!.issue.id}/$close`, { note: 'Ringt' }),
    200,
  );
  const times = async () => partsOf(await ask('response-times'), 'colour').filter(({ code }) => code![0] !== 'grey');
  expect(await times()).toEqual([
    {
      code: ['red'],
      alerts: [1],
      answered: [1],
      closed: [1],
      withDeadline: [1],
      withinDeadline: [1],
      medianMinutesToAnswer: [10],
      ninetiethMinutesToAnswer: [10],
      medianMinutesToClose: [30],
    },
    { code: ['yellow'], alerts: [1], answered: [0], closed: [0], withDeadline: [0], withinDeadline: [0] },
  ]);

  stage.clock.advance(8 * 3_600_000);
  // the clock that is moved by hand looks like a standstill, which is an alert of its own
  const waiting = partsOf(await ask('overview'), 'colour').filter(({ code }) => code![0] !== 'technical');
  expect(waiting).toEqual([{ code: ['yellow'], open: [1], overdue: [1], unanswered: [1] }]);
  expect((await times())[1]).toMatchObject({ withDeadline: [1], withinDeadline: [0] });

  const talked = partsOf(await ask('meeting-list'), 'patient');
  expect(talked.map(({ patient, reason, alerts, closed }) => ({ patient, reason, alerts, closed }))).toEqual([
    { patient: [yellow.reference], reason: ['yellow-open', 'alerts'], alerts: [1], closed: [0] },
    { patient: [red.reference], reason: ['alerts'], alerts: [1], closed: [1] },
  ]);
  expect(talked[0]!['text']).toEqual(['Åpent gult varsel; Varsler i perioden']);

  expect(partsOf(await ask('overview', { silentDays: '1' }), 'silent')).toEqual([]);
  stage.clock.advance(2 * 86_400_000);
  await stage.spo2(yellow, 95);
  expect(partsOf(await ask('overview', { silentDays: '2' }), 'silent')).toEqual([
    { patient: [red.reference], last: ['2026-03-02T08:00:00.000Z'] },
  ]);
});

test('they are for the centre, and say what is wrong with a parameter', async () => {
  for (const name of ['overview', 'meeting-list', 'response-times'])
    expect((await stage.operation('gp', `Task/$${name}`)).status).toBe(403);
  expect((await stage.operation('municipality', 'Task/$overview', { silentDays: 'many' })).status).toBe(400);
  expect((await stage.operation('municipality', 'Task/$meeting-list', { since: 'March' })).status).toBe(400);
});
