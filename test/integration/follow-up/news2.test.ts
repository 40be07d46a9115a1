import { brief, expectStatus, type Fhir, ruleSet, stageFor } from './stage.js';

const stage = stageFor('2026-03-02T08:00:00Z');

const news2 = 'http://snomed.info/sct|1104051000000101';
const coded = (system: string, code: string) => ({ coding: [{ system, code }] });
const loinc = (code: string) => coded('http://loinc.org', code);
const quantity = (value: number, code: string) => ({ value, system: 'http://unitsofmeasure.org', code });
const of = (patient: string, code: object, more: object, at?: number): Fhir => ({
  resourceType: 'Observation',
  status: 'final',
  code,
  subject: { reference: patient },
  effectiveDateTime: new Date(at ?? stage.clock.now()).toISOString(),
  ...more,
});
/** Scores 0+1+0+0+1+0+1 = 3 on scale 1. */
const seven = (patient: string): Record<string, Fhir> => ({
  respiration: of(patient, loinc('9279-1'), { valueQuantity: quantity(18, '/min') }),
  saturation: of(patient, loinc('59408-5'), {
    valueQuantity: quantity(95, '%'),
    component: [{ code: loinc('3151-8'), valueQuantity: quantity(0, 'L/min') }],
  }),
  pressure: of(patient, loinc('85354-9'), {
    component: [
      { code: loinc('8480-6'), valueQuantity: quantity(118, 'mm[Hg]') },
      { code: loinc('8462-4'), valueQuantity: quantity(70, 'mm[Hg]') },
    ],
  }),
  pulse: of(patient, loinc('8867-4'), { valueQuantity: quantity(92, '/min') }),
  consciousness: of(patient, coded('http://snomed.info/sct', '1104441000000107'), {
    valueCodeableConcept: coded('http://snomed.info/sct', '248234008'),
  }),
  temperature: of(patient, loinc('8310-5'), { valueQuantity: quantity(38.2, 'Cel') }),
});
const scores = (patient: string, query = '&status=final'): Promise<Fhir[]> =>
  stage.search(`Observation?subject=${patient}&code=${news2}${query}&_sort=_lastUpdated`);

test('seven parameters sent one by one make one derived score, and it feeds the plan', async () => {
  const person = await stage.followed(ruleSet(['news2'], ['news2-zone']));
  const sent = seven(person.reference);
  for (const name of ['respiration', 'saturation', 'pressure', 'pulse', 'consciousness']) {
    await stage.created('device', sent[name]);
    expect(await scores(person.reference)).toEqual([]);
  }
  const temperature = await stage.created('device', sent['temperature']);
  const [score, ...others] = await scores(person.reference);
  expect(others).toEqual([]);
  expect(score).toMatchObject({ valueQuantity: { value: 3 }, device: { reference: 'Device/hjemmebro-engine' } });
  expect(score.derivedFrom).toHaveLength(6);
  expect(brief(await stage.alerts(person)).filter((one) => one.startsWith('news2'))).toEqual([]);

  // Worse breathing a little later: a new score, which the plan's rule judges.
  stage.clock.advance(10 * 60_000);
  await stage.created('device', of(person.reference, loinc('9279-1'), { valueQuantity: quantity(26, '/min') }));
  expect((await scores(person.reference)).map((one) => one.valueQuantity.value)).toEqual([3, 6]);
  expect(brief(await stage.alerts(person)).filter((one) => one.startsWith('news2'))).toEqual([
    'news2-zone yellow preliminary 1',
  ]);

  // The temperature was wrong: every score that rests on it goes, and the alert with it; nothing is made of six.
  expectStatus(
    await stage.as('municipality', `Observation/${temperature.id}`, {
      method: 'PUT',
      body: { ...temperature, status: 'entered-in-error' },
    }),
    200,
  );
  expect(await scores(person.reference)).toEqual([]);
  expect((await scores(person.reference, '&status=entered-in-error')).length).toBe(2);
  expect(brief(await stage.alerts(person)).filter((one) => one.startsWith('news2'))).toEqual([
    'news2-zone yellow entered-in-error 1',
  ]);
});

test('in one Bundle they make one score, by the scale of the plan', async () => {
  const person = await stage.followed(ruleSet([], [], { news2: 'scale-2' }));
  const entry = Object.values(seven(person.reference)).map((resource) => ({
    resource,
    request: { method: 'POST', url: 'Observation' },
  }));
  expectStatus(await stage.as('device', '', { body: { resourceType: 'Bundle', type: 'transaction', entry } }), 200);
  const [score, ...others] = await scores(person.reference);
  expect(others).toEqual([]);
  expect(score.valueQuantity.value).toBe(2); // 95 % on air scores nothing on scale 2
});

test('readings that are further apart than an hour make none, and a client changes none', async () => {
  const person = await stage.followed(ruleSet([], []));
  const { respiration, ...rest } = seven(person.reference);
  await stage.created('device', respiration);
  stage.clock.advance(3_600_000 + 1000);
  const later = seven(person.reference);
  for (const name of Object.keys(rest)) await stage.created('device', later[name]);
  expect(await scores(person.reference)).toEqual([]);
  await stage.created('device', later['respiration']);
  const [score] = await scores(person.reference);
  const changed = await stage.as('municipality', `Observation/${score.id}`, {
    method: 'PUT',
    body: { ...score, valueQuantity: { ...score.valueQuantity, value: 0 } },
  });
  expect(changed.status).toBe(422);
});
