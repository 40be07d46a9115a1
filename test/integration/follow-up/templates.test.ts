import { expectStatus, openStage, own, type Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage('2026-03-02T06:00:00Z');
});
afterAll(() => stage.stop());

test.each(['kols', 'hjertesvikt', 'diabetes', 'kreft-ernaering'])('the template %s is applied, submitted and approved as it stands', async (template) => {
  const person = await stage.patient();
  const draft = expectStatus(await stage.operation('municipality', `PlanDefinition/${template}/$apply`, { subject: person.reference }), 201).json;
  expectStatus(await stage.approved({ id: draft.id, version: draft.meta.versionId }), 200);
  expect((await stage.as('municipality', `CarePlan/${draft.id}`)).json.status).toBe('active');
});

test('several templates make one draft for a patient with several diagnoses, which says where they disagree', async () => {
  const person = await stage.patient();
  const planDefinition = ['PlanDefinition/kols', 'PlanDefinition/hjertesvikt', 'PlanDefinition/kreft-ernaering'];
  const draft = expectStatus(await stage.operation('municipality', 'PlanDefinition/$apply', { planDefinition, subject: person.reference, variant: 'kols-o2' }), 201).json;
  const stored = (await stage.as('gp', `CarePlan/${draft.id}`)).json;
  const told = stored.extension.filter((one: { url: string }) => one.url === own('dho-disagreement'));
  expect(told.map((one: { extension: { url: string; valueCode?: string; valueString?: string }[] }) => one.extension.slice(0, 2).map((part) => part.valueCode ?? part.valueString))).toEqual([
    ['limits', 'spo2'],
    ['quality', 'spo2'],
  ]);
  expect(stored.note[0].text).toContain('Malene er uenige');
  expectStatus(await stage.approved({ id: draft.id, version: draft.meta.versionId }), 200);
});
