import { draftPlan, episodeFor, expectStatus, own, ruleSet, stageFor } from './stage.js';

const stage = stageFor('2026-03-02T06:00:00Z');

const served = async () => {
  const person = await stage.patient();
  await stage.created('municipality', episodeFor(person.reference));
  return person;
};

test.each(['kols', 'hjertesvikt', 'diabetes', 'kreft-ernaering'])(
  'the template %s is applied, submitted and approved as it stands',
  async (template) => {
    const person = await served();
    const draft = expectStatus(
      await stage.operation('municipality', `PlanDefinition/${template}/$apply`, { subject: person.reference }),
      201,
    ).json;
    expectStatus(await stage.approved({ id: draft.id, version: draft.meta.versionId }), 200);
    expect((await stage.as('municipality', `CarePlan/${draft.id}`)).json.status).toBe('active');
  },
);

test('several templates make one draft for a patient with several diagnoses, which says where they disagree', async () => {
  const person = await served();
  const planDefinition = ['PlanDefinition/kols', 'PlanDefinition/hjertesvikt', 'PlanDefinition/kreft-ernaering'];
  const draft = expectStatus(
    await stage.operation('municipality', 'PlanDefinition/$apply', {
      planDefinition,
      subject: person.reference,
      variant: 'kols-o2',
    }),
    201,
  ).json;
  const stored = (await stage.as('gp', `CarePlan/${draft.id}`)).json;
  const told = stored.extension.filter((one: { url: string }) => one.url === own('dho-disagreement'));
  expect(
    told.map((one: { extension: { url: string; valueCode?: string; valueString?: string }[] }) =>
      one.extension.slice(0, 2).map((part) => part.valueCode ?? part.valueString),
    ),
  ).toEqual([
    ['limits', 'spo2'],
    ['quality', 'spo2'],
  ]);
  expect(stored.note[0].text).toContain('Malene er uenige');

  const submit = `CarePlan/${draft.id}/$submit-for-approval`;
  const refused = expectStatus(await stage.operation('municipality', submit), 422).json.issue;
  expect(refused).toEqual([
    expect.objectContaining({
      severity: 'warning',
      expression: [expect.stringMatching(/^CarePlan\.activity\[\d+\]\.detail$/)],
    }),
  ]);
  expect(refused[0].diagnostics).toContain('spo2');
  const task = expectStatus(
    await stage.operation('municipality', submit, { override: 'Legen skal velge grense.' }),
    200,
  ).json;
  expect(
    task.input.map((one: { type: { text: string }; valueString: string }) => [one.type.text, one.valueString]),
  ).toEqual([
    ['content-hash', expect.any(String)],
    ['warning', expect.stringContaining('what one template calls green is red in another')],
    ...task.input
      .filter((one: { type: { text: string } }) => one.type.text === 'information')
      .map((one: { valueString: string }) => ['information', one.valueString]),
    ['override', 'Legen skal velge grense.'],
  ]);
  expectStatus(
    await stage.operation('gp', `CarePlan/${draft.id}/$approve`, {}, { 'if-match': `W/"${draft.meta.versionId}"` }),
    200,
  );
});

test('a plan with errors is not submitted, whatever the reason; the elements are named', async () => {
  const person = await served();
  const plan = ruleSet(['spo2'], ['spo2-zone', 'pulse-zone']);
  const draft = await stage.created('municipality', draftPlan(person.reference, plan));
  const refused = expectStatus(
    await stage.operation('municipality', `CarePlan/${draft.id}/$submit-for-approval`, { override: 'Det haster.' }),
    422,
  ).json.issue;
  expect(refused).toEqual([
    expect.objectContaining({
      severity: 'error',
      code: 'business-rule',
      diagnostics: expect.stringContaining('pulse-zone'),
      expression: [expect.stringMatching(/^CarePlan\.extension\[\d+\]$/)],
    }),
  ]);
  expect(await stage.tasks(person, 'approve')).toEqual([]);
});
