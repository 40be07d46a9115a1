import {
  brief,
  draftPlan,
  episodeFor,
  expectStatus,
  type Fhir,
  organisation,
  own,
  reading,
  ruleSet,
  stageFor,
} from './stage.js';

const stage = stageFor('2026-03-02T07:00:00Z');

const thresholds = (plan: Fhir): Fhir[] =>
  plan.activity[0].detail.extension.filter((one: Fhir) => one.url === own('dho-threshold'));

test('the way into monitoring: register, start, apply the template, submit, approve', async () => {
  const person = await stage.patient();
  const episode = await stage.created('municipality', episodeFor(person.reference));
  expect(episode.status).toBe('planned');
  const started = expectStatus(await stage.operation('municipality', `EpisodeOfCare/${episode.id}/$start`), 200).json;
  expect(started.status).toBe('active');
  const draft = expectStatus(
    await stage.operation('municipality', 'PlanDefinition/kols/$apply', { subject: person.reference }),
    201,
  ).json;
  expect(draft).toMatchObject({ resourceType: 'CarePlan', status: 'draft', subject: { reference: person.reference } });

  const submitted = expectStatus(
    await stage.operation('municipality', `CarePlan/${draft.id}/$submit-for-approval`),
    200,
  ).json;
  expect(submitted).toMatchObject({
    resourceType: 'Task',
    status: 'requested',
    focus: { reference: `CarePlan/${draft.id}/_history/1` },
  });
  const [asked] = await stage.tasks(person, 'approve', 'gp');
  expect(asked.owner.identifier.value).toBe('999000102');

  const approved = expectStatus(
    await stage.operation('gp', `CarePlan/${draft.id}/$approve`, {}, { 'if-match': 'W/"1"' }),
    200,
  );
  expect(approved.headers.get('etag')).toBe('W/"2"');
  expect(approved.json.status).toBe('active');
  expect(approved.json.extension.some((one: Fhir) => one.url === own('dho-approval'))).toBe(true);
  expect((await stage.tasks(person, 'approve'))[0].status).toBe('completed');
  const [provenance] = await stage.search(`Provenance?target=CarePlan/${draft.id}`, 'gp');
  expect(provenance.target[0].reference).toBe(`CarePlan/${draft.id}/_history/2`);
  expect(provenance.entity[0].what.reference).toBe(`CarePlan/${draft.id}/_history/1`);
  expect(provenance.agent[0].who.identifier.value).toBe('999000102');
});

test('nothing is judged by limits that nobody has approved: an unplanned reading is a worklist entry, missing limits are grey', async () => {
  const person = await stage.patient();
  const episode = await stage.created('municipality', episodeFor(person.reference));
  await stage.operation('municipality', `EpisodeOfCare/${episode.id}/$start`);
  const draft = (await stage.operation('municipality', 'PlanDefinition/kols/$apply', { subject: person.reference }))
    .json;
  const at = '2026-03-02T07:00:00Z';
  await stage.created('device', reading('spo2', 80, { patient: person.reference, at }));
  expect(brief(await stage.alerts(person))).toEqual(['grey grey preliminary 1']);
  expect((await stage.tasks(person, 'unplanned-measurement')).length).toBe(1);
  expectStatus(await stage.approved({ id: draft.id, version: '1' }), 200);
  await stage.created('device', reading('spo2', 81, { patient: person.reference, at }));
  expect(brief(await stage.alerts(person))).toEqual(['grey grey final 1', 'spo2-zone red preliminary 1']);
});

test('a plan that a client stores as active is kept, and never monitored', async () => {
  const person = await stage.patient();
  const episode = await stage.created('municipality', episodeFor(person.reference));
  await stage.operation('municipality', `EpisodeOfCare/${episode.id}/$start`);
  await stage.created('municipality', {
    ...draftPlan(person.reference, ruleSet(['spo2'], ['spo2-zone'])),
    status: 'active',
  });
  expect((await stage.tasks(person, 'plan-not-active')).length).toBe(1);
  await stage.created('device', reading('spo2', 80, { patient: person.reference, at: '2026-03-02T07:00:00Z' }));
  expect((await stage.alerts(person)).filter(({ colour }) => colour === 'red')).toEqual([]);
});

describe('who approves, and what', () => {
  const submitted = async (options: { gp?: string; author?: object } = {}) => {
    const person = await stage.patient(options);
    await stage.created('municipality', episodeFor(person.reference));
    const draft = await stage.created('municipality', {
      ...draftPlan(person.reference, ruleSet(['spo2'], ['spo2-zone'])),
      ...(options.author === undefined ? {} : { author: options.author }),
    });
    expectStatus(
      await stage.operation('municipality', `CarePlan/${draft.id}/$submit-for-approval`, {
        owner: `Practitioner/anybody`,
      }),
      200,
    );
    return { person, draft };
  };

  test('without If-Match it is refused', async () => {
    const { draft } = await submitted();
    expect((await stage.operation('gp', `CarePlan/${draft.id}/$approve`)).status).toBe(412);
  });

  test('a version that is not the current one is refused', async () => {
    const { draft } = await submitted();
    expectStatus(
      await stage.as('municipality', `CarePlan/${draft.id}`, { method: 'PUT', body: { ...draft, title: 'Changed' } }),
      200,
    );
    for (const version of ['1', '2', '3']) {
      expect(
        (await stage.operation('gp', `CarePlan/${draft.id}/$approve`, {}, { 'if-match': `W/"${version}"` })).status,
      ).toBe(412);
    }
    expectStatus(await stage.operation('municipality', `CarePlan/${draft.id}/$submit-for-approval`), 200);
    expectStatus(await stage.operation('gp', `CarePlan/${draft.id}/$approve`, {}, { 'if-match': 'W/"2"' }), 200);
  });

  test('the GP of other patients does not even see the plan', async () => {
    const { draft } = await submitted({ gp: '999000199' });
    expect((await stage.operation('gp', `CarePlan/${draft.id}/$approve`, {}, { 'if-match': 'W/"1"' })).status).toBe(
      404,
    );
  });

  test('a GP who was the patient’s when the plan was made, and is not now, is refused', async () => {
    const { person, draft } = await submitted();
    const patient = (await stage.as('municipality', person.reference)).json;
    const next = {
      ...patient,
      generalPractitioner: [
        { type: 'Practitioner', identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: '999000198' } },
        organisation('310000035'),
      ],
    };
    expectStatus(await stage.as('municipality', person.reference, { method: 'PUT', body: next }), 200);
    const answer = await stage.operation('gp', `CarePlan/${draft.id}/$approve`, {}, { 'if-match': 'W/"1"' });
    // The office alone is named: every GP there is the patient's; the other doctor alone: not this one.
    expect(answer.status).toBe(200);
  });

  test('the office’s doctor who is not named is refused when only another doctor is', async () => {
    const { draft } = await submitted({ gp: '999000197' });
    const related = (await stage.as('municipality', `CarePlan/${draft.id}`)).json;
    expect(related.status).toBe('draft');
    expect([403, 404]).toContain(
      (await stage.operation('gp', `CarePlan/${draft.id}/$approve`, {}, { 'if-match': 'W/"1"' })).status,
    );
  });

  test('the author does not approve the own plan', async () => {
    const { draft } = await submitted({
      author: { type: 'Practitioner', identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: '999000102' } },
    });
    const answer = await stage.operation('gp', `CarePlan/${draft.id}/$approve`, {}, { 'if-match': 'W/"1"' });
    expect(answer.status).toBe(403);
    expect(answer.json.issue[0].expression).toEqual(['CarePlan.author']);
  });

  test.each(['municipality', 'device', 'hospital', 'admin'] as const)(
    'the %s client does not approve',
    async (client) => {
      const { draft } = await submitted();
      expect([403, 404]).toContain(
        (await stage.operation(client, `CarePlan/${draft.id}/$approve`, {}, { 'if-match': 'W/"1"' })).status,
      );
      expect((await stage.as('municipality', `CarePlan/${draft.id}`)).json.status).toBe('draft');
    },
  );

  test('a plan is approved once', async () => {
    const { draft } = await submitted();
    const answers = await Promise.all(
      [1, 2, 3].map(() => stage.operation('gp', `CarePlan/${draft.id}/$approve`, {}, { 'if-match': 'W/"1"' })),
    );
    expect(answers.map(({ status }) => status).sort()[0]).toBe(200);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('sent back with a reason, it stays a draft', async () => {
    const { person, draft } = await submitted();
    expect((await stage.operation('gp', `CarePlan/${draft.id}/$reject`, {}, { 'if-match': 'W/"1"' })).status).toBe(422);
    expectStatus(
      await stage.operation(
        'gp',
        `CarePlan/${draft.id}/$reject`,
        { reason: 'Grensene er for lave.' },
        { 'if-match': 'W/"1"' },
      ),
      200,
    );
    expect((await stage.as('municipality', `CarePlan/${draft.id}`)).json.status).toBe('draft');
    expect((await stage.tasks(person, 'approve'))[0]).toMatchObject({
      status: 'rejected',
      statusReason: { text: 'Grensene er for lave.' },
    });
  });
});

describe('a revision', () => {
  test('approving it completes the plan it replaces, in one commit; from then on the new limits count', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    const at = '2026-03-02T07:00:00Z';
    const lower = ruleSet(['spo2'], ['spo2-zone']);
    (lower.measures as Fhir).spo2 = {
      ...(lower.measures as Fhir).spo2,
      zones: [
        { zone: 'red', when: [{ lt: '80' }] },
        { zone: 'green', when: [{ ge: '80' }] },
      ],
    };
    const revision = await stage.created('municipality', draftPlan(person.reference, lower, `CarePlan/${person.plan}`));
    await stage.created('device', reading('spo2', 85, { patient: person.reference, at }));
    expect(brief(await stage.alerts(person)).filter((one) => !one.startsWith('grey'))).toEqual([
      'spo2-zone red preliminary 1',
    ]);
    expectStatus(await stage.approved({ id: revision.id, version: '1' }), 200);
    expect((await stage.as('municipality', `CarePlan/${person.plan}`)).json.status).toBe('completed');
    const inForce = await stage.search(`CarePlan?subject=${person.reference}&status=active`);
    expect(inForce.map(({ id }) => id)).toEqual([revision.id]);
    expect(thresholds(inForce[0])).toHaveLength(2);
    const [alert] = (await stage.alerts(person)).filter(({ rule }) => rule === 'spo2-zone');
    expectStatus(
      await stage.operation('municipality', `DetectedIssue/${alert!.issue.id}/$close`, { note: 'Ringt' }),
      200,
    );
    await stage.created('device', reading('spo2', 84, { patient: person.reference, at }));
    expect(
      (await stage.alerts(person)).filter(({ rule, status }) => rule === 'spo2-zone' && status === 'preliminary'),
    ).toEqual([]);
  });

  test('a second plan that does not say what it replaces is refused', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    const other = await stage.created('municipality', draftPlan(person.reference, ruleSet(['pulse'], ['pulse-zone'])));
    expectStatus(await stage.operation('municipality', `CarePlan/${other.id}/$submit-for-approval`), 200);
    expect((await stage.operation('gp', `CarePlan/${other.id}/$approve`, {}, { 'if-match': 'W/"1"' })).status).toBe(
      409,
    );
  });

  test('of two revisions of the same plan, the second is refused', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    const drafts = [];
    for (let n = 0; n < 2; n += 1) {
      const draft = await stage.created(
        'municipality',
        draftPlan(person.reference, ruleSet(['spo2'], ['spo2-zone']), `CarePlan/${person.plan}`),
      );
      expectStatus(await stage.operation('municipality', `CarePlan/${draft.id}/$submit-for-approval`), 200);
      drafts.push(draft);
    }
    const answers = await Promise.all(
      drafts.map(({ id }) => stage.operation('gp', `CarePlan/${id}/$approve`, {}, { 'if-match': 'W/"1"' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await stage.search(`CarePlan?subject=${person.reference}&status=active`)).toHaveLength(1);
  });
});
