import {
  bloodPressure,
  brief,
  colourIn,
  expectStatus,
  type Fhir,
  type Followed,
  open,
  organisation,
  reading,
  ruleSet,
  stageFor,
} from './stage.js';

const stage = stageFor('2026-03-20T07:00:00Z');

/** The clock never goes back: each test says how much later something comes. */
const later = (hours: number): void => stage.clock.advance(hours * 3_600_000);
const send = (body: object) => stage.created('device', body);

describe('alerts', () => {
  test('a falling saturation: yellow, counted, raised to red; closed with a note; a new fall is a new alert', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    await stage.spo2(person, 95);
    expect(brief(open(await stage.alerts(person)))).toEqual([]);
    expect(await stage.activeFlags(person)).toEqual(['dho-active', 'zone-green']);

    later(1);
    const first = await stage.spo2(person, 91);
    let [alert] = open(await stage.alerts(person));
    expect(alert).toMatchObject({
      rule: 'spo2-zone',
      colour: 'yellow',
      count: 1,
      priority: 'urgent',
      due: '2026-03-20T14:00:00.000Z',
    });
    expect(alert!.issue).toMatchObject({
      severity: 'moderate',
      implicated: [{ reference: `Observation/${first.id}` }],
    });
    expect(colourIn(alert!.task)).toBe('yellow');
    expect(alert!.task.owner.identifier.value).toBe('310000019');

    later(1);
    await stage.spo2(person, 90);
    expect(brief(open(await stage.alerts(person)))).toEqual(['spo2-zone yellow preliminary 2']);

    later(1);
    await stage.spo2(person, 88);
    [alert] = open(await stage.alerts(person));
    expect(alert).toMatchObject({
      colour: 'red',
      count: 3,
      priority: 'stat',
      due: new Date(stage.clock.now() + 15 * 60_000).toISOString(),
    });
    expect(colourIn(alert!.task)).toBe('red');
    expect(await stage.activeFlags(person)).toEqual(['dho-active', 'zone-red']);

    const closing = `DetectedIssue/${alert!.issue.id}/$close`;
    expect((await stage.operation('municipality', closing)).status).toBe(422);
    const closed = expectStatus(
      await stage.operation('municipality', closing, { note: 'Ringte; bedre etter hvile.' }),
      200,
    ).json;
    expect(closed).toMatchObject({ status: 'final', mitigation: [{ action: { text: 'Ringte; bedre etter hvile.' } }] });
    expect((await stage.alerts(person)).find(({ issue }) => issue.id === closed.id)!.task.status).toBe('completed');
    expect(await stage.activeFlags(person)).toEqual(['dho-active', 'zone-green']);
    expect((await stage.operation('municipality', closing, { note: 'En gang til' })).status).toBe(409);

    later(1);
    await stage.spo2(person, 89);
    const [next] = open(await stage.alerts(person));
    expect(next!.issue.id).not.toBe(closed.id);
    expect(next).toMatchObject({ colour: 'red', count: 1 });
    const former = next!.issue.extension
      .flatMap((one: Fhir) => one.extension ?? [])
      .find((one: Fhir) => one.url === 'former');
    expect(former.valueReference.reference).toBe(`DetectedIssue/${closed.id}`);
  });

  test('three yellow findings within the week: call the patient', async () => {
    const person = await stage.followed(
      ruleSet(['spo2'], ['spo2-zone'], {
        escalations: [{ id: 'ring3', colour: 'yellow', n: 3, window: 'P7D', action: 'call-patient' }],
      }),
    );
    for (let n = 0; n < 2; n += 1) {
      await stage.spo2(person, 91);
      later(1);
    }
    expect(await stage.tasks(person, 'call-patient')).toEqual([]);
    await stage.spo2(person, 90);
    expect(await stage.tasks(person, 'call-patient')).toHaveLength(1);
    later(1);
    await stage.spo2(person, 90);
    expect((await stage.tasks(person, 'call-patient')).length).toBeLessThanOrEqual(2);
  });

  test('a deadline of a yellow alert on a Friday evening is the end of the next working day’s shift, past Easter too', async () => {
    const cases = [
      { at: '2026-03-27T17:00:00Z', due: '2026-03-30T13:00:00.000Z' },
      // Thursday before Easter to Tuesday after it, when summer time has begun
      { at: '2026-04-02T09:00:00Z', due: '2026-04-07T13:00:00.000Z' },
    ];
    for (const { at, due } of cases) {
      stage.clock.set(Date.parse(at));
      const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
      await stage.spo2(person, 91);
      expect(open(await stage.alerts(person)).find(({ rule }) => rule === 'spo2-zone')).toMatchObject({
        colour: 'yellow',
        due,
      });
    }
  });

  test('red while nobody is on duty: the patient is told at once', async () => {
    stage.clock.set(Date.parse('2026-04-08T20:00:00Z'));
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    await stage.spo2(person, 80);
    const told = await stage.search(`Communication?subject=${person.reference}&category=nobody-watching`);
    expect(told).toHaveLength(1);
    expect(told[0].payload[0].contentString).toContain('113');
    expect(told[0].recipient[0].reference).toBe(person.reference);
  });

  test('the municipality’s other clients see the alert; the device that measured does not', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    await stage.spo2(person, 80);
    const [alert] = open(await stage.alerts(person));
    expect((await stage.as('gp', `DetectedIssue/${alert!.issue.id}`)).status).toBe(200);
    expect([403, 404]).toContain((await stage.as('device', `DetectedIssue/${alert!.issue.id}`)).status);
    expect((await stage.as('hospital', `DetectedIssue/${alert!.issue.id}`)).status).toBe(404);
  });
});

describe('what a value must be to be judged', () => {
  const measures = ruleSet(
    ['spo2', 'bp', 'glucose', 'weight', 'temp'],
    ['spo2-zone', 'bp-zone', 'glucose-zone', 'temp-zone', 'weight-gain-3d'],
  );
  let person: Followed;
  beforeEach(async () => {
    stage.clock.set(Math.max(stage.clock.now(), Date.parse('2026-04-09T07:00:00Z')));
    person = await stage.followed(measures);
  });
  const colours = async (): Promise<string[]> =>
    open(await stage.alerts(person)).map(({ rule, colour, note }) => [rule, colour, note].filter(Boolean).join(' '));

  test.each([
    { sys: 130, dia: 80, expected: [] },
    { sys: 185, dia: 80, expected: ['bp-zone red'] },
    { sys: 130, dia: 112, expected: ['bp-zone red'] },
  ])('blood pressure $sys/$dia', async ({ expected, ...values }) => {
    await send(bloodPressure(values, { patient: person.reference, at: stage.now() }));
    expect(await colours()).toEqual(expected);
  });

  test('blood pressure without its diastolic component is technical', async () => {
    await send(bloodPressure({ sys: 130 }, { patient: person.reference, at: stage.now() }));
    expect(await colours()).toEqual(['technical:bp technical technical']);
  });

  test.each([
    ['glucose', 270, 'mg/dL', ['glucose-zone']],
    ['glucose', 110, 'mg/dL', []],
    ['temp', 103, '[degF]', ['temp-zone']],
    ['temp', 98, '[degF]', []],
  ] as const)('%s %d %s is judged in the unit of the plan', async (measure, value, unit, rules) => {
    await send(reading(measure, value, { patient: person.reference, at: stage.now(), unit }));
    expect((await colours()).map((one) => one.split(' ')[0])).toEqual(rules);
  });

  test('a gain of weight is seen across units', async () => {
    await send(reading('weight', 80, { patient: person.reference, at: stage.now() }));
    later(24);
    await send(reading('weight', 80_100, { patient: person.reference, at: stage.now(), unit: 'g' }));
    expect(await colours()).toEqual([]);
    later(24);
    await send(reading('weight', 182, { patient: person.reference, at: stage.now(), unit: '[lb_av]' }));
    expect(await colours()).toEqual(['weight-gain-3d red']);
  });

  test.each([
    ['an unknown unit', (at: string) => reading('spo2', 95, { patient: '', at, unit: 'percentish' })],
    ['a unit of another kind', (at: string) => reading('spo2', 95, { patient: '', at, unit: 'kg' })],
    ['no value', (at: string) => reading('spo2', undefined, { patient: '', at })],
    ['an impossible value', (at: string) => reading('spo2', 150, { patient: '', at })],
    [
      'an instrument that says it failed',
      (at: string) =>
        reading('spo2', undefined, {
          patient: '',
          at,
          more: {
            dataAbsentReason: {
              coding: [{ system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: 'error' }],
            },
          },
        }),
    ],
  ])('%s is a technical alert, and changes no zone', async (_, body) => {
    await send({ ...body(stage.now()), subject: { reference: person.reference } });
    expect((await colours()).map((one) => one.split(' ').slice(0, 2).join(' '))).toEqual(['technical:spo2 technical']);
    expect(await stage.activeFlags(person)).toEqual(['dho-active', 'zone-green']);
    expect(open(await stage.alerts(person))[0]!.issue.implicated).toHaveLength(1);
  });

  test.each([
    ['missing', undefined],
    ['ten minutes ahead', 10],
    ['less exact than a day', 'month'],
  ])('a time that is %s is technical, and the value is not in the series', async (_, ahead) => {
    const at =
      ahead === undefined ? undefined : ahead === 'month' ? stage.now().slice(0, 7) : stage.now(-Number(ahead));
    await send(reading('spo2', 80, { patient: person.reference, at }));
    expect((await colours()).map((one) => one.split(' ').slice(0, 2).join(' '))).toEqual([
      'technical-time:spo2 technical',
    ]);
  });

  test('a clock that is four minutes ahead is forgiven', async () => {
    await send(reading('spo2', 80, { patient: person.reference, at: stage.now(-4) }));
    expect(await colours()).toEqual(['spo2-zone red']);
  });

  test('a bound instead of a value is judged by the worst that it can mean', async () => {
    await send(
      reading('spo2', undefined, {
        patient: person.reference,
        at: stage.now(),
        more: { valueQuantity: { comparator: '<', value: 95, system: 'http://unitsofmeasure.org', code: '%' } },
      }),
    );
    expect(await colours()).toEqual(['spo2-zone red']);
  });

  test('what the plan does not have is a worklist entry', async () => {
    await send(reading('crp', 90, { patient: person.reference, at: stage.now() }));
    expect(await colours()).toEqual([]);
    expect(await stage.tasks(person, 'unplanned-measurement')).toHaveLength(1);
  });
});

describe('forms and messages', () => {
  test('a form that no rule reads is for a person to read; what the centre wrote itself is not', async () => {
    const person = await stage.followed('kols');
    const form = {
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      questionnaire: 'http://example.org/Questionnaire/own-questions',
      subject: { reference: person.reference },
      authored: stage.now(),
      item: [{ linkId: 'how', answer: [{ valueString: 'Tungt å sove' }] }],
    };
    await stage.created('municipality', {
      ...form,
      authored: stage.now(5),
      author: { type: 'Practitioner', display: 'Sykepleier' },
    });
    expect(await stage.tasks(person, 'read-form')).toEqual([]);
    const sent = await stage.created('device', form);
    expect(await stage.tasks(person, 'read-form')).toMatchObject([
      { status: 'requested', priority: 'routine', focus: { reference: `QuestionnaireResponse/${sent.id}` } },
    ]);
  });

  test('two of the three signs of an exacerbation are red', async () => {
    const person = await stage.followed('kols');
    const item = (linkId: string, valueBoolean: boolean) => ({ linkId, answer: [{ valueBoolean }] });
    await stage.created('device', {
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      questionnaire: 'http://hjemmebro.no/fhir/Questionnaire/kols-daily|1.0',
      subject: { reference: person.reference },
      authored: stage.now(),
      item: [item('dyspnoea', true), item('sputumVolume', true), item('sputumColour', false)],
    });
    expect(
      open(await stage.alerts(person))
        .filter(({ colour }) => colour === 'red')
        .map(({ rule }) => rule),
    ).toContain('kols-major');
  });

  test('a message from the patient is blue until it is closed', async () => {
    const person = await stage.followed('kols');
    const message = {
      resourceType: 'Communication',
      status: 'completed',
      subject: { reference: person.reference },
      sender: { reference: person.reference },
      sent: stage.now(),
      payload: [{ contentString: 'Jeg er sliten i dag.' }],
    };
    await stage.created('municipality', message);
    const [alert] = open(await stage.alerts(person)).filter(({ colour }) => colour === 'blue');
    expect(alert!.rule).toMatch(/^message:/);
    expect(alert!.due).toBeDefined();
    await stage.created('municipality', { ...message, sender: organisation('310000019') });
    expect(open(await stage.alerts(person)).filter(({ colour }) => colour === 'blue')).toHaveLength(1);
  });
});
