import { type Alert, brief, expectStatus, open, ruleSet, stageFor } from './stage.js';

const stage = stageFor('2026-03-02T08:00:00Z', {
  AFTER_HOURS_DESKS: 'legevakt=Organization/legevakten,home-care=HealthcareService/hjemmesykepleien',
});

const part = (alert: Alert, name: string) =>
  alert.issue.extension
    .find((one: { url: string }) => one.url.endsWith('/dho-alert'))
    .extension.find((one: { url: string }) => one.url === name);
const close = (alert: Alert, parameters: Record<string, unknown>) =>
  stage.operation('municipality', `DetectedIssue/${alert.issue.id}/$close`, parameters);

test('the first yellow has a checklist; closed with an action it is final, and the next is linked to it', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  await stage.spo2(person, 91);
  const [first] = open(await stage.alerts(person));
  expect(part(first!, 'first')).toEqual({ url: 'first', valueBoolean: true });
  expect(first!.task.input.map((one: { valueString: string }) => one.valueString)).toContain(
    'Utelukk teknisk feil ved målingen',
  );
  expect((await close(first!, { note: 'Ringt', action: 'shrug' })).status).toBe(400);
  const closed = expectStatus(
    await close(first!, { note: 'Ringt, har gått en tur', action: ['called-patient', 'advice'] }),
    200,
  );
  expect(closed.json.mitigation[0].action).toMatchObject({
    coding: [{ code: 'called-patient' }, { code: 'advice' }],
    text: 'Ringt, har gått en tur',
  });
  expect((await close(first!, { note: 'Igjen' })).status).toBe(409);
  stage.clock.advance(60_000);
  await stage.spo2(person, 90);
  const [second] = open(await stage.alerts(person));
  expect(part(second!, 'former').valueReference.reference).toBe(`DetectedIssue/${first!.issue.id}`);
  expect(part(second!, 'first')).toBeUndefined();
  expect(second!.task.input).toBeUndefined();
});

test('who hands an alert over, to whom, and from which version on, stands in a Provenance', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  await stage.spo2(person, 91);
  const [{ task }] = open(await stage.alerts(person)) as [Alert];
  const delegated = expectStatus(
    await stage.operation('municipality', `Task/${task.id}/$delegate`, {
      owner: { reference: 'Organization/hjemmetjenesten' },
      note: 'Tar dere denne?',
    }),
    200,
  ).json;
  expect(delegated.owner.reference).toBe('Organization/hjemmetjenesten');
  const [provenance] = await stage.search(`Provenance?target=Task/${task.id}`);
  expect(provenance).toMatchObject({
    target: [{ reference: `Task/${task.id}/_history/${delegated.meta.versionId}` }],
    reason: [{ text: 'Tar dere denne?' }],
    entity: [{ role: 'revision', what: { reference: `Task/${task.id}/_history/${task.meta.versionId}` } }],
  });
  expect(provenance.agent[0].who.identifier.value).toBeDefined();
});

test('a red alert outside hours is that desk’s that the plan names, and the patient is not told that nobody watches', async () => {
  const calendar = (afterHours: string | null) => ({
    serviceCalendar: { days: [0, 1, 2, 3, 4], from: '08:00', to: '15:00', holidays: 'NO', afterHours },
  });
  const named = await stage.followed(ruleSet(['spo2'], ['spo2-zone'], calendar('legevakt')));
  const raised = await stage.followed(ruleSet(['spo2'], ['spo2-zone'], calendar('home-care')));
  await stage.spo2(raised, 91);
  stage.clock.advance(12 * 3_600_000);
  await stage.spo2(named, 80);
  await stage.spo2(raised, 80);
  const [one] = open(await stage.alerts(named)).filter(({ colour }) => colour === 'red');
  const [other] = open(await stage.alerts(raised)).filter(({ colour }) => colour === 'red');
  expect(one!.task.owner.reference).toBe('Organization/legevakten');
  expect(other!.task.owner.reference).toBe('HealthcareService/hjemmesykepleien');
  expect(await stage.search(`Communication?subject=${named.reference}&category=nobody-watching`)).toEqual([]);
  stage.clock.advance(12 * 3_600_000);
});

test('a nurse’s own assessment stands beside the zone, with author and reason; neither changes the other', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  const set = (parameters: Record<string, unknown>, client: 'municipality' | 'gp' = 'municipality') =>
    stage.operation(client, `EpisodeOfCare/${person.episode}/$set-state`, parameters);
  expect((await set({ reason: 'Sliten' })).status).toBe(400);
  expect((await set({ colour: 'yellow' })).status).toBe(422);
  expect((await set({ colour: 'none', reason: 'Bedre' })).status).toBe(409);
  expect((await set({ colour: 'yellow', reason: 'Sliten' }, 'gp')).status).toBe(403);
  expectStatus(await set({ colour: 'yellow', reason: 'Sliten' }), 200);
  expect(await stage.activeFlags(person)).toEqual(['dho-active', 'state-yellow', 'zone-green']);
  await stage.spo2(person, 80);
  expect(await stage.activeFlags(person)).toEqual(['dho-active', 'state-yellow', 'zone-red']);
  expectStatus(await set({ colour: 'green', reason: 'Kjent for henne' }), 200);
  const flags = await stage.search(`Flag?patient=${person.reference}`);
  const states = flags.filter(({ code }) => code.coding[0].code.startsWith('state-'));
  expect(states.map(({ status, code, author }) => [status, code.text, author.identifier.value]).sort()).toEqual([
    ['active', 'Vurdert som grønn: Kjent for henne', '999000101'],
    ['inactive', 'Vurdert som gul: Sliten', '999000101'],
  ]);
  const summary = (await stage.as('gp', `Patient/${person.id}/$dho-summary`)).json;
  expect(JSON.stringify(summary.entry[0].resource.section)).toContain('Senterets vurdering: Vurdert som grønn');
  expectStatus(await set({ colour: 'none', reason: 'Ferdig vurdert' }), 200);
  expect(await stage.activeFlags(person)).toEqual(['dho-active', 'zone-red']);
});

test('green alerts are switched off for one patient: nothing green, but what stays away becomes yellow', async () => {
  const plan = ruleSet(['spo2'], ['spo2-zone'], {
    schedules: [
      {
        id: 'daily',
        for: 'spo2',
        times: ['09:00'],
        before: 'PT2H',
        after: 'PT4H',
        escalate: [{ consecutive: 3, colour: 'yellow' }],
      },
    ],
  });
  const person = await stage.followed(plan);
  const off = (parameters: Record<string, unknown>) =>
    stage.operation('municipality', `EpisodeOfCare/${person.episode}/$green-alerts`, parameters);
  expect((await off({})).status).toBe(400);
  expect((await off({ on: false })).status).toBe(422);
  expectStatus(await off({ on: false, reason: 'Måler når det passer' }), 200);
  const missing = async () => brief(open(await stage.alerts(person))).filter((one) => one.startsWith('missing'));
  await stage.passTime(person, stage.clock.now() + 2 * 86_400_000);
  expect(await missing()).toEqual([]);
  await stage.passTime(person, stage.clock.now() + 1.5 * 86_400_000);
  expect(await missing()).toEqual(['missing:daily yellow preliminary 3']);
  const [alert] = open(await stage.alerts(person)).filter(({ rule }) => rule === 'missing:daily');
  expectStatus(await close(alert!, { note: 'Snakket med henne', action: 'called-patient' }), 200);
  expectStatus(await off({ on: true }), 200);
  await stage.spo2(person, 95);
  await stage.passTime(person, stage.clock.now() + 3 * 86_400_000);
  expect((await missing())[0]).toMatch(/^missing:daily/);
});
