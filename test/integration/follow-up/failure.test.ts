import {
  brief,
  episodeFor,
  expectStatus,
  type Fhir,
  fnrSystem,
  nextFnr,
  open,
  openStage,
  reading,
  ruleSet,
  stageFor,
} from './stage.js';

const stage = stageFor('2026-03-02T07:00:00Z');

const pool = () => stage.server.running.services.pool;
const until = async (condition: () => Promise<boolean>): Promise<void> => {
  for (let waited = 0; !(await condition()); waited += 100) {
    if (waited > 10_000) throw new Error('It did not come about in time.');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

describe('an engine that fails', () => {
  /** The stored state cannot be read until it is put back. The messages of what went before are written: they are events too. */
  const broken = async (person: { id: string }): Promise<() => Promise<void>> => {
    await until(async () => {
      const { rows } = await pool().query(
        "select 1 from job where kind like 'message-%' and done_at is null and last_error is null",
      );
      return rows.length === 0;
    });
    const { rows } = await pool().query(
      'select s.patient, s.state from followup_state s join resource r on r.rid = s.patient where r.id = $1',
      [person.id],
    );
    const { patient, state } = rows[0]!;
    await pool().query(`update followup_state set state = '{"format": 99}' where patient = $1`, [patient]);
    return async () =>
      void (await pool().query('update followup_state set state = $2 where patient = $1', [patient, state]));
  };

  test('the measurement is stored, a technical alert says that it was not judged, and it is judged when the engine works again', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    const repair = await broken(person);
    const sent = await stage.spo2(person, 80);
    expect(brief(open(await stage.alerts(person)))).toEqual(['engine-failed technical preliminary 1']);
    const [alert] = open(await stage.alerts(person));
    expect(alert!.issue.implicated).toEqual([{ reference: `Observation/${sent.id}` }]);
    expect(alert!.task.restriction.period.end).toBeDefined();
    const { rows: jobs } = await pool()
      .query("select payload, done from job where kind = 're-evaluate'")
      .catch(() => pool().query("select payload from job where kind = 're-evaluate'"));
    expect(JSON.stringify(jobs)).toContain(sent.id);

    // Another one while it is broken counts in the same alert.
    await stage.spo2(person, 79);
    expect(brief(open(await stage.alerts(person)))).toEqual(['engine-failed technical preliminary 2']);

    await repair();
    stage.clock.advance(31_000);
    await until(async () => open(await stage.alerts(person)).some(({ rule }) => rule === 'spo2-zone'));
    await until(async () => open(await stage.alerts(person)).find(({ rule }) => rule === 'spo2-zone')!.count === 2);
    expect(open(await stage.alerts(person)).find(({ rule }) => rule === 'spo2-zone')).toMatchObject({ colour: 'red' });
    // What was not judged and is now needs nobody to look at it any more; a person sees so, and closes it.
    const failed = (await stage.alerts(person)).find(({ rule }) => rule === 'engine-failed')!;
    expect(['preliminary', 'final']).toContain(failed.status);
  });

  test('a job that fails again is tried again', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    const repair = await broken(person);
    await stage.spo2(person, 80);
    stage.clock.advance(31_000);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(brief(open(await stage.alerts(person)))).toEqual(['engine-failed technical preliminary 1']);
    await repair();
    stage.clock.advance(20 * 60_000);
    await until(async () => open(await stage.alerts(person)).some(({ rule }) => rule === 'spo2-zone'));
  });

  test('closing, pausing and approving work while it fails', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    await stage.spo2(person, 80);
    const [alert] = open(await stage.alerts(person));
    await broken(person);
    expectStatus(
      await stage.operation('municipality', `DetectedIssue/${alert!.issue.id}/$close`, { note: 'Ringt' }),
      200,
    );
    expectStatus(
      await stage.operation('municipality', `EpisodeOfCare/${person.episode}/$pause`, { mode: 'all', reason: 'other' }),
      200,
    );
    expect(open(await stage.alerts(person)).map(({ rule }) => rule)).toEqual(['engine-failed']);
  });

  test('an alert that was closed while it failed does not swallow the next one', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    await stage.spo2(person, 80);
    const [alert] = open(await stage.alerts(person));
    const repair = await broken(person);
    expectStatus(
      await stage.operation('municipality', `DetectedIssue/${alert!.issue.id}/$close`, { note: 'Ringt' }),
      200,
    );
    await repair();
    await stage.spo2(person, 79);
    expect(
      open(await stage.alerts(person))
        .filter(({ rule }) => rule === 'spo2-zone')
        .map(({ colour }) => colour),
    ).toEqual(['red']);
  });

  test('time that cannot be judged is an alert too, once', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    const repair = await broken(person);
    const judge = () =>
      pool().query('update followup_state s set next_at = $2 from resource r where r.rid = s.patient and r.id = $1', [
        person.id,
        new Date(stage.clock.now()),
      ]);
    await judge();
    await until(async () => open(await stage.alerts(person)).length > 0);
    stage.clock.advance(31_000);
    await judge();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(brief(open(await stage.alerts(person)))).toEqual(['engine-failed technical preliminary 1']);
    await repair();
  });

  test('an alert that a client makes itself closes none of the module’s', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    await stage.spo2(person, 80);
    const [alert] = open(await stage.alerts(person));
    const { id, meta: _meta, identifier: _identifier, ...copy } = alert!.issue;
    const mine = await stage.created('municipality', copy);
    expectStatus(
      await stage.as('municipality', `DetectedIssue/${mine.id}`, { method: 'PUT', body: { ...mine, status: 'final' } }),
      200,
    );
    expect(await stage.activeFlags(person)).toEqual(['dho-active', 'zone-red']);
    await stage.spo2(person, 79);
    const still = (await stage.alerts(person)).filter(({ issue }) => issue.id === id);
    expect(still.map(({ status, count }) => ({ status, count }))).toEqual([{ status: 'preliminary', count: 2 }]);
  });
});

describe('a patient who is not known here', () => {
  test('the reading is stored and on the worklist; registering the patient ties it to them', async () => {
    const fnr = nextFnr();
    const subject = { identifier: { system: fnrSystem, value: fnr } };
    const sent = await stage.created('device', reading('spo2', 80, { patient: subject, at: stage.now() }));
    expect(sent.subject).toEqual(subject);
    const waiting = async () =>
      (await stage.search('Task?code=unknown-patient&_count=100')).filter(
        (task) => task.focus.reference === `Observation/${sent.id}`,
      );
    expect((await waiting()).map(({ status }) => status)).toEqual(['requested']);
    expect(JSON.stringify(await waiting())).not.toContain(fnr);
    expect((await stage.as('municipality', `Observation/${sent.id}`)).status).toBe(200);
    expect((await stage.as('gp', `Observation/${sent.id}`)).status).toBe(404);

    const patient = await stage.created('municipality', {
      resourceType: 'Patient',
      identifier: [{ system: fnrSystem, value: fnr }],
      generalPractitioner: [
        { type: 'Practitioner', identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: '999000102' } },
      ],
    });
    const found = await stage.search(`Observation?patient=Patient/${patient.id}`, 'gp');
    expect(found.map(({ id }) => id)).toEqual([sent.id]);
    await until(async () => (await waiting())[0].status !== 'requested');
    expect((await waiting()).map(({ status }) => status)).toEqual(['completed']);
  });

  test('a number that a monitored patient gets afterwards brings the reading to judgement', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    const fnr = nextFnr();
    stage.clock.advance(60_000);
    await stage.created(
      'device',
      reading('spo2', 80, { patient: { identifier: { system: fnrSystem, value: fnr } }, at: stage.now() }),
    );
    const patient = (await stage.as('municipality', person.reference)).json;
    expectStatus(
      await stage.as('municipality', person.reference, {
        method: 'PUT',
        body: { ...patient, identifier: [...patient.identifier, { system: fnrSystem, value: fnr }] },
      }),
      200,
    );
    stage.clock.advance(60_000);
    await until(async () =>
      open(await stage.alerts(person)).some(({ rule, colour }) => rule === 'spo2-zone' && colour === 'red'),
    );
  });

  test('the centre may say whom a reading is about: it is judged', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    stage.clock.advance(60_000);
    const sent = await stage.created(
      'device',
      reading('spo2', 80, { patient: { identifier: { system: fnrSystem, value: nextFnr() } }, at: stage.now() }),
    );
    expectStatus(
      await stage.as('municipality', `Observation/${sent.id}`, {
        method: 'PUT',
        body: { ...sent, subject: { reference: person.reference } },
      }),
      200,
    );
    expect(brief(open(await stage.alerts(person)))).toEqual(['spo2-zone red preliminary 1']);
  });

  test.each([
    [{}],
    [{ subject: { display: 'Ola' } }],
    [{ subject: { reference: 'https://gateway.example/Patient/7' } }],
  ])('a reading that names nobody here (%j) is on the worklist', async (content) => {
    const { subject: _, ...body } = reading('spo2', 80, { patient: '', at: stage.now() });
    const sent = await stage.created('device', { ...body, ...content });
    const waiting = (await stage.search('Task?code=unknown-patient&_count=100')).filter(
      (task) => task.focus.reference === `Observation/${sent.id}`,
    );
    expect(waiting).toHaveLength(1);
    expect((await stage.as('municipality', `Observation/${sent.id}`)).status).toBe(200);
  });

  test('an identity number beside a reference of another server says whose it is', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    await stage.created(
      'device',
      reading('spo2', 80, {
        patient: {
          reference: 'https://gateway.example/Patient/7',
          identifier: { system: fnrSystem, value: person.fnr },
        },
        at: stage.now(),
      }),
    );
    expect(brief(open(await stage.alerts(person)))).toEqual(['spo2-zone red preliminary 1']);
  });

  test('a logical subject of a known patient needs nobody: the reading is judged as it comes', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    const subject = { identifier: { system: fnrSystem, value: person.fnr } };
    await stage.created('device', reading('spo2', 80, { patient: subject, at: stage.now() }));
    expect(brief(open(await stage.alerts(person)))).toEqual(['spo2-zone red preliminary 1']);
  });
});

describe('many at once', () => {
  test('200 readings of one patient in any order: one open alert per rule, everything counted', async () => {
    const person = await stage.followed(ruleSet(['spo2', 'pulse'], ['spo2-zone', 'pulse-zone']));
    stage.clock.advance(4 * 3_600_000);
    const values = Array.from({ length: 200 }, (_, index) => {
      const at = new Date(stage.clock.now() - (200 - index) * 60_000).toISOString();
      return index % 2 === 0
        ? reading('spo2', 85 + (index % 14), { patient: person.reference, at })
        : reading('pulse', 60 + (index % 80), { patient: person.reference, at });
    });
    const shuffled = values
      .map((body, index) => ({ body, at: (index * 7919) % 200 }))
      .sort((a, b) => a.at - b.at)
      .map(({ body }) => body);
    const waiting = [...shuffled];
    const statuses: number[] = [];
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        statuses.push((await stage.as('device', 'Observation', { body: next })).status);
    };
    await Promise.all(Array.from({ length: 16 }, lane));
    expect(new Set(statuses)).toEqual(new Set([201]));
    const alerts = await stage.alerts(person);
    expect(
      open(alerts)
        .map(({ rule, colour }) => `${rule} ${colour}`)
        .sort(),
    ).toEqual(['pulse-zone red', 'spo2-zone red']);
    const outside = (test: (value: number) => boolean, code: string): number =>
      values.filter((one: Fhir) => one.code.coding[0].code === code && test(one.valueQuantity.value)).length;
    expect(open(alerts).find(({ rule }) => rule === 'spo2-zone')!.issue.implicated).toHaveLength(
      outside((value) => value < 92, '59408-5'),
    );
    expect(open(alerts).find(({ rule }) => rule === 'pulse-zone')!.issue.implicated).toHaveLength(
      outside((value) => value > 100, '8867-4'),
    );
    const { rows } = await pool().query(
      'select count(*)::int as n from followup_alert a join resource r on r.rid = a.patient where r.id = $1 and a.open',
      [person.id],
    );
    expect(rows[0]!['n']).toBe(2);
    expect(await stage.activeFlags(person)).toEqual(['dho-active', 'zone-red']);
  }, 60_000);

  test('closing an alert while readings come leaves one open at most', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    await stage.spo2(person, 80);
    const [alert] = open(await stage.alerts(person));
    const at = (n: number): string => new Date(stage.clock.now() + n * 1000).toISOString();
    const answers = await Promise.all([
      ...[1, 2, 3, 4].map((n) =>
        stage.as('device', 'Observation', { body: reading('spo2', 80 - n, { patient: person.reference, at: at(n) }) }),
      ),
      ...[1, 2, 3].map(() =>
        stage.operation('municipality', `DetectedIssue/${alert!.issue.id}/$close`, { note: 'Ringt' }),
      ),
    ]);
    expect(
      answers
        .slice(4)
        .map(({ status }) => status)
        .sort(),
    ).toEqual([200, 409, 409]);
    const alerts = await stage.alerts(person);
    expect(open(alerts).length).toBeLessThanOrEqual(1);
    const evidence = alerts
      .filter(({ rule }) => rule === 'spo2-zone')
      .flatMap(({ issue }) => issue.implicated.map((one: Fhir) => one.reference));
    expect(new Set(evidence).size).toBe(5);
  });
});

test('with the module off, everything is stored and nothing is interpreted', async () => {
  const plain = await openStage('2026-03-02T07:00:00Z', { FOLLOWUP: 'off' });
  try {
    const person = await plain.patient();
    await plain.created('municipality', episodeFor(person.reference));
    const sent = await plain.created(
      'municipality',
      reading('spo2', 50, { patient: person.reference, at: '2026-03-02T07:00:00Z' }),
    );
    expect((await plain.as('municipality', `Observation/${sent.id}`)).status).toBe(200);
    expect(await plain.search(`DetectedIssue?patient=${person.reference}`)).toEqual([]);
    expect(await plain.search(`Task?patient=${person.reference}`)).toEqual([]);
    expect(
      (await plain.operation('municipality', 'PlanDefinition/kols/$apply', { subject: person.reference })).status,
    ).toBe(404);
    expect((await plain.as('municipality', 'metadata')).text).not.toContain('DetectedIssue-close');
  } finally {
    await plain.stop();
  }
});
