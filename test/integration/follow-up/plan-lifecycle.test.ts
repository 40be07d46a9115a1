import type { DemoClientId } from '../../../src/config/demo.js';
import { approvalReminder } from '../../../src/system/approval-reminder.js';
import { systemPrincipal } from '../../../src/access/principal.js';
import { demoHospitalDoctor, demoMunicipality } from '../../../src/config/demo.js';
import {
  activeReferral,
  brief,
  draftPlan,
  episodeFor,
  expectStatus,
  type Fhir,
  hprSystem,
  own,
  reading,
  ruleSet,
  stageFor,
} from './stage.js';

const stage = stageFor('2026-03-02T07:00:00Z');

const spo2 = ruleSet(['spo2'], ['spo2-zone']);
const version = (n: number) => ({ 'if-match': `W/"${n}"` });
const responsible = (plan: Fhir): string =>
  plan.extension
    .find((one: Fhir) => one.url === own('dho-approval'))
    .extension.find((one: Fhir) => one.url === 'responsible').valueCode;

/** Referred by the hospital doctor, accepted, and the plan approved by that doctor: the hospital answers for it. */
async function fromHospital() {
  const person = await stage.patient();
  const referral = await stage.created(
    'hospital',
    activeReferral({
      subject: { identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.1', value: person.fnr } },
      requester: { type: 'Practitioner', identifier: { system: hprSystem, value: demoHospitalDoctor.hpr } },
    }),
  );
  expectStatus(await stage.operation('municipality', `ServiceRequest/${referral.id}/$accept`), 200);
  const draft = await stage.created('municipality', draftPlan(person.reference, spo2));
  expectStatus(await stage.operation('municipality', `CarePlan/${draft.id}/$submit-for-approval`), 200);
  expectStatus(await stage.operation('hospital', `CarePlan/${draft.id}/$approve`, {}, version(1)), 200);
  return { ...person, plan: draft.id as string };
}

describe('a revision', () => {
  test('is a draft that replaces the plan in force, with the same content and the reviser as author', async () => {
    const person = await stage.followed(spo2);
    const made = expectStatus(
      await stage.operation('municipality', `CarePlan/${person.plan}/$revise`, { note: 'Nye grenser etter møtet' }),
      200,
    ).json;
    expect(made).toMatchObject({
      status: 'draft',
      replaces: [{ reference: `CarePlan/${person.plan}` }],
      author: { identifier: { value: '999000101' } },
      note: [{ text: 'Nye grenser etter møtet' }],
    });
    expect(made.extension.some((one: Fhir) => one.url === own('dho-approval'))).toBe(false);
    const diff = expectStatus(await stage.as('gp', `CarePlan/${made.id}/$diff`), 200).json;
    expect(diff.parameter).toEqual(
      expect.arrayContaining([
        { name: 'from', valueUri: `CarePlan/${person.plan}/_history/2` },
        { name: 'same', valueBoolean: true },
        { name: 'text', valueString: 'Ingen endringer.' },
      ]),
    );
    const again = await stage.operation('municipality', `CarePlan/${person.plan}/$revise`);
    expect(again.status).toBe(409);
    expect(again.json.issue[0].diagnostics).toContain(`CarePlan/${made.id}`);
    expect((await stage.as('municipality', `CarePlan/${person.plan}`)).json.status).toBe('active');
    expectStatus(await stage.approved({ id: made.id, version: '1' }), 200);
    expect((await stage.as('municipality', `CarePlan/${person.plan}`)).json.status).toBe('completed');
  });

  test('is compared in words with the plan it replaces, and version with version', async () => {
    const person = await stage.followed({ ...spo2, ebp: { red: { action: 'Ring 113' } } });
    const made = (await stage.operation('municipality', `CarePlan/${person.plan}/$revise`)).json;
    const zone = made.extension.find((one: Fhir) => one.url === own('dho-zone'));
    zone.extension.find((one: Fhir) => one.url === 'action').valueString = 'Ring oppfølgingssenteret';
    expectStatus(await stage.as('municipality', `CarePlan/${made.id}`, { method: 'PUT', body: made }), 200);
    for (const place of ['$diff', '$diff?from=1', `$diff?from=CarePlan/${person.plan}&to=2`]) {
      const { parameter } = expectStatus(await stage.as('gp', `CarePlan/${made.id}/${place}`), 200).json;
      expect(parameter.filter((one: Fhir) => one.name === 'change')).toMatchObject([
        { part: expect.arrayContaining([{ name: 'from', valueString: 'Ring 113' }]) },
      ]);
      expect(parameter.find((one: Fhir) => one.name === 'text').valueString).toBe(
        'Rød sone – Tiltak: endret fra «Ring 113» til «Ring oppfølgingssenteret».',
      );
    }
    const other = await stage.followed(spo2);
    expect((await stage.as('municipality', `CarePlan/${made.id}/$diff?from=CarePlan/${other.plan}`)).status).toBe(422);
    expect((await stage.as('municipality', `CarePlan/${made.id}/$diff?from=77`)).status).toBe(404);
    expect((await stage.as('municipality', `CarePlan/${made.id}/$diff?from=Patient/1`)).status).toBe(400);
    expect((await stage.as('municipality', `CarePlan/${other.plan}/$diff`)).status).toBe(200);
    expect((await stage.as('device', `CarePlan/${made.id}/$diff`)).status).toBeGreaterThanOrEqual(403);
  });
});

describe('the medical responsibility', () => {
  test('stays with the hospital until the GP takes it over; what was approved stays as it is', async () => {
    const { plan, ...person } = await fromHospital();
    expect(responsible((await stage.as('gp', `CarePlan/${plan}`)).json)).toBe('sykehus');
    const asked = expectStatus(
      await stage.operation('hospital', `CarePlan/${plan}/$hand-over`, { note: 'Ferdig utredet' }),
      200,
    ).json;
    expect(asked).toMatchObject({
      resourceType: 'Task',
      status: 'requested',
      focus: { reference: `CarePlan/${plan}` },
      owner: { identifier: { value: '999000102' } },
      note: [{ text: 'Ferdig utredet' }],
    });
    expect((await stage.operation('hospital', `CarePlan/${plan}/$hand-over`)).status).toBe(409);
    expect(responsible((await stage.as('gp', `CarePlan/${plan}`)).json)).toBe('sykehus');
    expect((await stage.operation('gp', `CarePlan/${plan}/$hand-over`)).status).toBe(412);
    const [episode] = await stage.search(`EpisodeOfCare?patient=${person.reference}`);
    expectStatus(await stage.operation('municipality', `EpisodeOfCare/${episode.id}/$start`), 200);
    // Two to four weeks after the hospital approved it, the centre is reminded.
    await stage.passTime(person, stage.clock.now() + 15 * 86_400_000);
    const [reminder, ...more] = await stage.tasks(person, 'hand-over-due');
    expect([more, reminder.status, reminder.focus.reference]).toEqual([[], 'requested', `CarePlan/${plan}`]);
    const taken = expectStatus(await stage.operation('gp', `CarePlan/${plan}/$hand-over`, {}, version(2)), 200).json;
    expect(taken).toMatchObject({ status: 'active' });
    expect(responsible(taken)).toBe('fastlege');
    expect((await stage.tasks(person, 'take-over'))[0].status).toBe('completed');
    expect((await stage.tasks(person, 'hand-over-due'))[0].status).toBe('completed');
    const [provenance] = await stage.search(`Provenance?target=CarePlan/${plan}&_sort=-_lastUpdated`);
    expect(provenance.agent[0].who.identifier.value).toBe('999000102');
    expect((await stage.as('gp', `CarePlan/${plan}/$diff?from=2`)).json.parameter[2]).toEqual({
      name: 'same',
      valueBoolean: true,
    });
    expect((await stage.operation('gp', `CarePlan/${plan}/$hand-over`, {}, version(3))).status).toBe(409);
  });
});

describe('a plan that is revoked', () => {
  test('is followed no more; the centre is told, and what is measured is shown to a person', async () => {
    const person = await stage.followed(spo2);
    const place = `CarePlan/${person.plan}/$revoke`;
    expect((await stage.operation('gp', place, { reason: 'Ny behandling' })).status).toBe(412);
    expect((await stage.operation('gp', place, {}, version(2))).status).toBe(422);
    const revoked = expectStatus(await stage.operation('gp', place, { reason: 'Ny behandling' }, version(2)), 200).json;
    expect(revoked).toMatchObject({ status: 'revoked', note: [{ text: 'Ny behandling' }] });
    expect(await stage.tasks(person, 'plan-revoked')).toMatchObject([{ status: 'requested', priority: 'urgent' }]);
    await stage.created('device', reading('spo2', 70, { patient: person.reference, at: '2026-03-02T07:00:00Z' }));
    expect(brief(await stage.alerts(person)).filter((one) => one.includes('red'))).toEqual([]);
    expect(await stage.tasks(person, 'unplanned-measurement')).toHaveLength(1);
    expect((await stage.operation('gp', place, { reason: 'igjen' }, version(3))).status).toBe(409);
  });

  test('a draft is given up by the centre; nobody is asked about it any more', async () => {
    const person = await stage.patient();
    await stage.created('municipality', episodeFor(person.reference));
    const draft = await stage.created('municipality', draftPlan(person.reference, spo2));
    expectStatus(await stage.operation('municipality', `CarePlan/${draft.id}/$submit-for-approval`), 200);
    expectStatus(
      await stage.operation('municipality', `CarePlan/${draft.id}/$revoke`, { reason: 'Feil pasient' }),
      200,
    );
    expect((await stage.tasks(person, 'approve'))[0].status).toBe('cancelled');
    expect((await stage.operation('gp', `CarePlan/${draft.id}/$approve`, {}, version(1))).status).toBe(409);
  });
});

test('a GP proposes a change: the centre sees it, the approval waits, and the next submission takes its place', async () => {
  const person = await stage.patient();
  await stage.created('municipality', episodeFor(person.reference));
  const draft = await stage.created('municipality', draftPlan(person.reference, spo2));
  expectStatus(await stage.operation('municipality', `CarePlan/${draft.id}/$submit-for-approval`), 200);
  expect((await stage.operation('gp', `CarePlan/${draft.id}/$propose-change`)).status).toBe(422);
  expectStatus(
    await stage.operation('gp', `CarePlan/${draft.id}/$propose-change`, { comment: 'Rød grense bør være 88' }),
    200,
  );
  expect(await stage.tasks(person, 'plan-change-proposed')).toMatchObject([
    { status: 'requested', note: [{ text: 'Rød grense bør være 88' }] },
  ]);
  expect((await stage.tasks(person, 'approve'))[0]).toMatchObject({ status: 'on-hold' });
  expectStatus(
    await stage.as('municipality', `CarePlan/${draft.id}`, { method: 'PUT', body: { ...draft, title: 'Ny' } }),
    200,
  );
  expectStatus(await stage.operation('municipality', `CarePlan/${draft.id}/$submit-for-approval`), 200);
  expect((await stage.tasks(person, 'approve')).map(({ status }) => status).sort()).toEqual(['cancelled', 'requested']);
  expectStatus(await stage.operation('gp', `CarePlan/${draft.id}/$approve`, {}, version(2)), 200);
});

test('that the patient wants no plan is recorded, ends the question to the GP, and can be taken back', async () => {
  const person = await stage.patient();
  const episode = await stage.created('municipality', episodeFor(person.reference));
  const draft = await stage.created('municipality', draftPlan(person.reference, spo2));
  expectStatus(await stage.operation('municipality', `CarePlan/${draft.id}/$submit-for-approval`), 200);
  const place = `EpisodeOfCare/${episode.id}/$decline-plan`;
  expect((await stage.operation('municipality', place)).status).toBe(422);
  const declined = expectStatus(await stage.operation('municipality', place, { reason: 'Vil ringe selv' }), 200).json;
  expect(declined.extension).toMatchObject([
    {
      url: own('dho-plan-declined'),
      extension: expect.arrayContaining([{ url: 'reason', valueString: 'Vil ringe selv' }]),
    },
  ]);
  expect((await stage.tasks(person, 'approve'))[0].status).toBe('cancelled');
  const put = await stage.as('municipality', `EpisodeOfCare/${episode.id}`, { method: 'PUT', body: episode });
  expect(put.status).toBe(422);
  const again = expectStatus(await stage.operation('municipality', place, { declined: false }), 200).json;
  expect(again.extension).toBeUndefined();
});

test('a plan that nobody answers is asked for again after the days that are set, and again; an answer ends it', async () => {
  const person = await stage.patient();
  await stage.created('municipality', episodeFor(person.reference));
  const draft = await stage.created('municipality', draftPlan(person.reference, spo2));
  const task = expectStatus(
    await stage.operation('municipality', `CarePlan/${draft.id}/$submit-for-approval`),
    200,
  ).json;
  const { services } = stage.server.running;
  const jobs = async () =>
    (
      await services.pool.query(
        "select payload, run_at from job where kind = 'approval-reminder' and done_at is null and payload->>'task' = $1",
        [task.id],
      )
    ).rows;
  const due = Date.parse(task.restriction.period.end);
  expect(due).toBe(stage.clock.now() + 7 * 86_400_000);
  expect(await jobs()).toEqual([{ payload: { task: task.id, round: 1 }, run_at: new Date(due) }]);
  const remind = (round: number) =>
    approvalReminder(
      { task: task.id, round },
      { services, pool: services.pool as never, by: systemPrincipal(demoMunicipality.orgnr) },
    );
  for (const round of [1, 2]) {
    await remind(round);
    expect((await stage.tasks(person, 'approve'))[0]).toMatchObject({ status: 'requested', priority: 'urgent' });
    expect((await stage.tasks(person, 'approve'))[0].note).toHaveLength(round);
    expect(await stage.tasks(person, 'approval-overdue')).toHaveLength(1);
    expect((await jobs()).map(({ payload }) => (payload as Fhir).round)).toContain(round + 1);
  }
  expectStatus(await stage.operation('gp', `CarePlan/${draft.id}/$approve`, {}, version(1)), 200);
  await remind(3);
  expect((await stage.tasks(person, 'approve'))[0].note).toHaveLength(2);
});

describe('who may do what with a plan in force', () => {
  const parties: readonly DemoClientId[] = ['admin', 'municipality', 'gp', 'hospital', 'device'];
  // The plan is the GP's, so nobody can ask the GP to take it over: 409 is «allowed, but not now».
  const allowed: Readonly<Record<string, readonly number[]>> = {
    $revise: [200, 200, 200, 404, 403],
    '$hand-over': [409, 409, 409, 404, 403],
    '$propose-change': [200, 200, 200, 404, 403],
    $revoke: [403, 403, 200, 404, 403],
    $diff: [200, 200, 200, 404, 403],
  };
  test.each(Object.entries(allowed))('%s', async (name, expected) => {
    const answers: number[] = [];
    for (const client of parties) {
      const person = await stage.followed(spo2);
      const parameters = name === '$propose-change' ? { comment: 'x' } : name === '$revoke' ? { reason: 'x' } : {};
      answers.push((await stage.operation(client, `CarePlan/${person.plan}/${name}`, parameters, version(2))).status);
    }
    expect(answers).toEqual(expected);
  });
});
