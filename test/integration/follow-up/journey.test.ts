import { demoHospital } from '../../../src/config/demo.js';
import {
  activeReferral,
  episodeFor,
  expectStatus,
  type Fhir,
  fnrSystem,
  organisation,
  reading,
  ruleSet,
  stageFor,
} from './stage.js';

/** What of the service journey is ordinary FHIR: written by the one, seen by the other, and where it is a reading, judged. */
const stage = stageFor('2026-03-06T08:00:00Z');
const centre = { display: 'Oppfølgingssenteret' };
const virtual = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'VR' };

/** Everything of a kind that a client sees of the patient. */
const seen = (client: 'municipality' | 'gp' | 'hospital', type: string, patient: { id: string }): Promise<Fhir[]> =>
  stage.search(`${type}?patient=Patient/${patient.id}`, client);

test('the first call: who referred and what it is, a time for kartlegging, the relative’s role and the consent', async () => {
  const person = await stage.patient();
  await stage.created('municipality', episodeFor(person.reference));
  const subject = { reference: person.reference };
  const relative = await stage.created('municipality', {
    resourceType: 'RelatedPerson',
    patient: subject,
    relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'DAU' }] }],
    name: [{ text: 'Anne Prøvepasient' }],
  });
  await stage.created('municipality', {
    resourceType: 'Communication',
    status: 'completed',
    subject,
    sender: centre,
    recipient: [subject],
    medium: [{ text: 'telefon' }],
    payload: [{ contentString: 'Henvist av sykehuset. Prøves uten forpliktelse.' }],
  });
  await stage.created('municipality', {
    resourceType: 'Appointment',
    status: 'booked',
    description: 'Kartlegging',
    start: '2026-03-09T09:00:00+01:00',
    end: '2026-03-09T10:00:00+01:00',
    participant: [
      { actor: subject, status: 'accepted' },
      { actor: { reference: `RelatedPerson/${relative.id}` }, status: 'accepted' },
    ],
  });
  await stage.created('municipality', {
    resourceType: 'Consent',
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'treatment' }] },
    category: [{ text: 'Digital hjemmeoppfølging' }],
    patient: subject,
    policyRule: { text: 'Samtykke til utprøving' },
  });
  for (const type of ['Communication', 'Appointment', 'Consent', 'RelatedPerson']) {
    expect(await seen('municipality', type, person)).toHaveLength(1);
    expect(await seen('gp', type, person)).toHaveLength(1);
    expect(await seen('hospital', type, person)).toEqual([]);
  }
  // The centre's own words to the patient ask nobody to answer.
  expect(await stage.alerts(person)).toEqual([]);
});

test('kartlegging: what matters to the patient, goal, diagnoses and alarm handling; the form that the nurse filled in waits for nobody', async () => {
  const escalations = [{ id: 'ring3', colour: 'yellow', n: 3, window: 'P7D', action: 'call-patient' }] as const;
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone'], { escalations }));
  const subject = { reference: person.reference };
  await stage.created('municipality', {
    resourceType: 'QuestionnaireResponse',
    status: 'completed',
    questionnaire: 'http://example.org/Questionnaire/kartlegging',
    subject,
    author: { type: 'Practitioner', display: 'Siri Testsykepleier' },
    authored: stage.now(),
    item: [{ linkId: 'viktig', answer: [{ valueString: 'Å gå på tur' }] }],
  });
  await stage.created('municipality', {
    resourceType: 'Goal',
    lifecycleStatus: 'active',
    description: { text: 'Gå til butikken' },
    subject,
  });
  const copd = { system: 'http://hl7.org/fhir/sid/icpc-2', code: 'R95' };
  const condition = await stage.created('municipality', {
    resourceType: 'Condition',
    subject,
    code: { coding: [copd] },
  });
  await stage.created('municipality', {
    resourceType: 'Flag',
    status: 'active',
    code: { text: 'Bor alene, har hjemmesykepleie' },
    subject,
  });
  await stage.created('municipality', {
    resourceType: 'Composition',
    status: 'final',
    type: { text: 'Kartlegging (170)' },
    subject,
    date: stage.now(),
    author: [centre],
    title: 'Kartlegging',
    section: [
      {
        title: 'Situasjon',
        text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Bor alene.</div>' },
      },
    ],
  });
  expect(await stage.tasks(person, 'read-form')).toEqual([]);
  expect((await seen('gp', 'Goal', person))[0].description.text).toBe('Gå til butikken');
  expect((await seen('gp', 'Condition', person)).map(({ id }) => id)).toEqual([condition.id]);
  expect(await seen('gp', 'Composition', person)).toHaveLength(1);
  expect((await seen('gp', 'Flag', person)).some(({ code }) => code.text?.startsWith('Bor alene'))).toBe(true);
  // «Ring etter 3 gule» is the plan's own: three readings, one call.
  for (const serial of ['1', '2', '3'])
    await stage.spo2(person, 91, { device: { identifier: { system: 'urn:device', value: serial } } });
  expect(await stage.tasks(person, 'call-patient')).toHaveLength(1);
});

test('measurements, forms and tasks done come by themselves, and end what waits for them', async () => {
  const schedules = [{ id: 'walk', for: 'walk', times: ['10:00'], before: 'PT3H', after: 'PT2H' }];
  const person = await stage.followed({ ...ruleSet(['spo2'], ['spo2-zone']), schedules });
  await stage.created('municipality', {
    resourceType: 'Task',
    status: 'completed',
    intent: 'plan',
    code: { text: 'walk' },
    for: { reference: person.reference },
    executionPeriod: { end: stage.now() },
  });
  await stage.spo2(person, 95);
  await stage.passTime(person, '2026-03-06T11:30:00Z');
  expect((await stage.alerts(person)).map(({ rule }) => rule)).not.toContain('missing:walk');
  await stage.passTime(person, '2026-03-07T11:30:00Z');
  expect((await stage.alerts(person)).map(({ rule }) => rule)).toContain('missing:walk');
});

test('video and messages: an appointment, its encounter, and the patient’s question answered in its thread', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  const subject = { reference: person.reference };
  const appointment = await stage.created('municipality', {
    resourceType: 'Appointment',
    status: 'booked',
    appointmentType: { coding: [virtual] },
    start: '2026-03-10T09:00:00+01:00',
    end: '2026-03-10T09:30:00+01:00',
    participant: [{ actor: subject, status: 'accepted' }],
  });
  await stage.created('municipality', {
    resourceType: 'Encounter',
    status: 'finished',
    class: virtual,
    subject,
    appointment: [{ reference: `Appointment/${appointment.id}` }],
    period: { start: '2026-03-10T09:00:00+01:00', end: '2026-03-10T09:25:00+01:00' },
  });
  const question = { resourceType: 'Communication', status: 'completed', subject, sender: subject, sent: stage.now() };
  const asked = await stage.created('municipality', { ...question, payload: [{ contentString: 'Når?' }] });
  await stage.created('municipality', {
    ...question,
    sender: centre,
    inResponseTo: [{ reference: `Communication/${asked.id}` }],
    payload: [{ contentString: 'Tirsdag kl. 9.' }],
  });
  const blue = (await stage.alerts(person)).filter(({ colour }) => colour === 'blue');
  expect(blue.map(({ rule, count }) => [rule, count])).toEqual([[`message:${asked.id}`, 1]]);
  // A video visit is no stay in hospital: nothing is paused, and no evaluation brought forward.
  expect((await stage.as('municipality', `EpisodeOfCare/${person.episode}`)).json.status).toBe('active');
});

test('worse at the weekend: home care takes a CRP on request, the rule that names it is red, and the emergency ward reads the summary', async () => {
  const person = await stage.followed(ruleSet(['spo2', 'crp'], ['spo2-zone', 'crp-zone']));
  const subject = { reference: person.reference };
  const request = await stage.created('municipality', {
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'order',
    code: { text: 'Ta en ekstra CRP i helgen' },
    subject,
    requester: centre,
    performer: [{ display: 'Hjemmesykepleien' }],
    occurrenceDateTime: '2026-03-07',
  });
  const task = await stage.created('municipality', {
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    focus: { reference: `ServiceRequest/${request.id}` },
    for: subject,
    owner: { display: 'Hjemmesykepleien' },
    description: 'CRP og fagtilsyn',
  });
  const more = {
    basedOn: [{ reference: `ServiceRequest/${request.id}` }],
    performer: [{ display: 'Hjemmesykepleien' }],
  };
  await stage.created('municipality', reading('crp', 88, { patient: person.reference, at: stage.now(), more }));
  expectStatus(
    await stage.as('municipality', `Task/${task.id}`, { method: 'PUT', body: { ...task, status: 'completed' } }),
    200,
  );
  const red = (await stage.alerts(person)).find(({ rule, status }) => rule === 'crp-zone' && status === 'preliminary')!;
  expect(red.colour).toBe('red');
  await stage.created('municipality', {
    resourceType: 'Communication',
    status: 'completed',
    subject,
    sender: { display: 'Hjemmesykepleien' },
    recipient: [{ display: 'Legevakt' }],
    topic: { text: 'CRP 88' },
    payload: [{ contentString: 'CRP 88, SpO₂ 89. Ønsker vurdering.' }],
  });
  // The ward had no relation: it looks with a reason, and what it sees is what the centre sees.
  expect((await stage.as('hospital', `Patient/${person.id}/$dho-summary`)).status).toBe(404);
  const opened = await stage.as('hospital', 'Patient/$break-glass', {
    body: {
      resourceType: 'Parameters',
      parameter: [
        { name: 'identifier', valueIdentifier: { system: fnrSystem, value: person.fnr } },
        { name: 'reason', valueString: 'Akutt forverring, pasienten er på legevakt' },
      ],
    },
  });
  expect(opened.status).toBeLessThan(300);
  const summary = expectStatus(await stage.as('hospital', `Patient/${person.id}/$dho-summary`), 200).json;
  expect(JSON.stringify(summary.entry[0].resource.section)).toContain('88 mg/L');
  expectStatus(
    await stage.operation('municipality', `DetectedIssue/${red.issue.id}/$close`, {
      note: 'Konferert legevakt på telefon, innlegges.',
      action: 'contacted-legevakt',
    }),
    200,
  );
});

test('questions to hospital and GP: the specialist who is related answers in the thread, and the drug list follows', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  const subject = { reference: person.reference };
  const referral = await stage.created(
    'hospital',
    activeReferral({
      subject: { identifier: { system: fnrSystem, value: person.fnr } },
      requester: organisation(demoHospital.orgnr),
    }),
  );
  expectStatus(await stage.operation('municipality', `ServiceRequest/${referral.id}/$accept`), 200);
  const asked = await stage.created('municipality', {
    resourceType: 'Communication',
    status: 'completed',
    subject,
    sender: centre,
    recipient: [organisation(demoHospital.orgnr)],
    payload: [{ contentString: 'Lavt blodtrykk på metoprolol: trappe ned?' }],
  });
  expect((await seen('hospital', 'Communication', person)).map(({ id }) => id)).toContain(asked.id);
  await stage.created('municipality', {
    resourceType: 'Communication',
    status: 'completed',
    subject,
    sender: organisation(demoHospital.orgnr),
    inResponseTo: [{ reference: `Communication/${asked.id}` }],
    payload: [{ contentString: 'Ja, 50 mg i en uke, så seponere.' }],
  });
  await stage.created('municipality', {
    resourceType: 'MedicationStatement',
    status: 'active',
    medicationCodeableConcept: { text: 'Metoprolol 50 mg' },
    subject,
    effectiveDateTime: '2026-03-06',
  });
  expect((await seen('gp', 'MedicationStatement', person))[0].medicationCodeableConcept.text).toBe('Metoprolol 50 mg');
  // The answer of a professional is no message from the patient.
  expect((await stage.alerts(person)).filter(({ colour }) => colour === 'blue')).toEqual([]);
});

test('weight loss: visits are ordered from home care, and are in the plan that GP and centre see', async () => {
  const person = await stage.followed(ruleSet(['weight'], ['weight-loss-90d']));
  const order = await stage.created('municipality', {
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'order',
    code: { text: 'Ernæringsbesøk én gang daglig' },
    subject: { reference: person.reference },
    performer: [{ display: 'Hjemmetjenesten' }],
    occurrenceTiming: { repeat: { frequency: 1, period: 1, periodUnit: 'd' } },
  });
  const care = await stage.created('municipality', {
    resourceType: 'CarePlan',
    status: 'active',
    intent: 'plan',
    title: 'Besøksplan',
    subject: { reference: person.reference },
    activity: [{ reference: { reference: `ServiceRequest/${order.id}` } }],
  });
  expect((await seen('gp', 'ServiceRequest', person)).map(({ id }) => id)).toContain(order.id);
  expect((await seen('gp', 'CarePlan', person)).map(({ id }) => id)).toEqual(
    expect.arrayContaining([care.id, person.plan]),
  );
  // It is no plan that readings are judged by.
  expect((await stage.as('municipality', `CarePlan/${person.plan}`)).json.status).toBe('active');
});
