import { readFileSync } from 'node:fs';
import type { Log } from '../../../src/kernel/log.js';
import { expectStatus, fnrSystem, reading } from '../follow-up/stage.js';
import { entriesOf, openWorld, type World } from './world.js';

let world: World;
/** Everything that the server has logged, as one text. */
const logged: string[] = [];
const log: Log = {
  debug: (fields, message) => void logged.push(JSON.stringify(fields) + message),
  info: (fields, message) => void logged.push(JSON.stringify(fields) + message),
  warn: (fields, message) => void logged.push(JSON.stringify(fields) + message),
  error: (fields, message) =>
    void logged.push(
      JSON.stringify(fields, (_, value: unknown) => (value instanceof Error ? String(value.stack) : value)) + message,
    ),
  child: () => log,
};
beforeAll(async () => {
  world = await openWorld({}, log);
});
afterAll(() => world.stage.stop());

const rowsOf = async (answer: { headers: Headers }) => {
  const { rows } = await world.stage.server.running.services.pool.query(
    'select client, action, outcome, type, ids, organisation, detail from audit where request = $1 order by seq',
    [answer.headers.get('x-request-id')],
  );
  return rows as {
    client: string;
    action: string;
    outcome: number;
    type: string;
    ids: string[];
    organisation: string;
    detail: string;
  }[];
};

describe('each access leaves a row', () => {
  test('a read, and the page of a series, note whom they are about', async () => {
    const { stage, stranger } = world;
    const patientsOf = async (answer: { headers: Headers }): Promise<unknown> => {
      const { rows } = await world.stage.server.running.services.pool.query(
        `select a.patients = array[r.rid] as noted, cardinality(a.ids) as ids from audit a, resource r
         where a.request = $1 and r.id = $2`,
        [answer.headers.get('x-request-id'), stranger.id],
      );
      return rows;
    };
    expect(await patientsOf(await stage.as('municipality', stranger.reference))).toEqual([{ noted: true, ids: 1 }]);
    const page = await stage.as('municipality', `Observation?patient=${stranger.id}&code=85354-9&_sort=-date`);
    expect(await patientsOf(page)).toEqual([{ noted: true, ids: entriesOf(page).length }]);
    expect(entriesOf(page).length).toBeGreaterThan(0);
  });

  test('what was done', async () => {
    const { stage, kept, stranger } = world;
    const condition = kept.get('Condition')!;
    const read = await stage.as('municipality', `Condition/${condition}`);
    expect(await rowsOf(read)).toMatchObject([
      {
        client: 'municipality',
        organisation: '310000019',
        action: 'read',
        outcome: 0,
        type: 'Condition',
        ids: [`Condition/${condition}`],
      },
    ]);
    const old = await stage.as('municipality', `Condition/${condition}/_history/1`);
    expect(await rowsOf(old)).toMatchObject([{ action: 'vread', outcome: 0 }]);
    const history = await stage.as('municipality', `Condition/${condition}/_history`);
    expect(await rowsOf(history)).toMatchObject([{ action: 'history', outcome: 0 }]);
    const found = await stage.as('municipality', `Condition?patient=${stranger.id}&_include=Condition:subject`);
    const [row] = await rowsOf(found);
    expect(row).toMatchObject({ action: 'search', outcome: 0, type: 'Condition' });
    expect([...row!.ids].sort()).toEqual(
      entriesOf(found)
        .map(({ resource }) => `${resource.resourceType}/${resource.id}`)
        .sort(),
    );
    const created = await stage.as('municipality', 'Condition', {
      body: { resourceType: 'Condition', subject: { reference: stranger.reference }, code: { text: 'Angina' } },
    });
    expect(await rowsOf(created)).toMatchObject([
      { action: 'create', outcome: 0, ids: [`Condition/${created.json.id}`] },
    ]);
    const changed = await stage.as('municipality', `Condition/${created.json.id}`, {
      method: 'PUT',
      body: { ...created.json, code: { text: 'Hjertesvikt' } },
    });
    expect(await rowsOf(changed)).toMatchObject([{ action: 'update', outcome: 0 }]);
    const deleted = await stage.as('municipality', `Condition/${created.json.id}`, { method: 'DELETE' });
    expect(await rowsOf(deleted)).toMatchObject([{ action: 'delete', outcome: 0 }]);
    const last = await stage.as('municipality', `Observation/$lastn?patient=${stranger.id}&code=85354-9`);
    expect(await rowsOf(last)).toMatchObject([{ action: '$lastn', outcome: 0 }]);
    const asked = await stage.as('hospital', 'Patient/$dho-status', {
      body: {
        resourceType: 'Parameters',
        parameter: [
          { name: 'identifier', valueIdentifier: { system: fnrSystem, value: stranger.fnr } },
          { name: 'reason', valueString: 'Akuttmottak' },
        ],
      },
    });
    expect(asked.status).toBe(200);
    expect((await rowsOf(asked))[0]).toMatchObject({ client: 'hospital', action: '$dho-status', outcome: 0 });
  });

  test('patch, transaction, export, operation and message', async () => {
    const { stage, kept, stranger } = world;
    const patched = await stage.as('municipality', `Condition/${kept.get('Condition')}`, {
      method: 'PATCH',
      body: JSON.stringify([{ op: 'add', path: '/note', value: [{ text: 'Uendret' }] }]),
      headers: { 'content-type': 'application/json-patch+json' },
    });
    expect(await rowsOf(patched)).toMatchObject([{ action: 'patch', outcome: 0 }]);
    const bundle = await stage.as('municipality', '', {
      body: {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [
          {
            request: { method: 'POST', url: 'Condition' },
            resource: { resourceType: 'Condition', subject: { reference: stranger.reference }, code: { text: 'Gikt' } },
          },
        ],
      },
    });
    expect(await rowsOf(bundle)).toMatchObject([{ action: 'transaction', outcome: 0 }]);
    const exported = await stage.as('admin', '$export?_type=Condition', { headers: { prefer: 'respond-async' } });
    expect(exported.status).toBe(202);
    expect(await rowsOf(exported)).toMatchObject([{ client: 'admin', action: '$export', outcome: 0 }]);
    const paused = await stage.operation(
      'municipality',
      `EpisodeOfCare/${kept.get('EpisodeOfCare')}/$green-alerts`,
      {},
    );
    expect((await rowsOf(paused)).map(({ action }) => action)).toEqual(['$green-alerts']);
    const everything = await stage.as('municipality', `Patient/${stranger.id}/$everything`);
    expect((await rowsOf(everything)).map(({ action }) => action)).toContain('$everything');
    const message = await stage.as('admin', '/messages/plo', {
      method: 'POST',
      body: readFileSync('test/fixtures/messages/log-innlagt.xml', 'utf8'),
      headers: { 'content-type': 'application/xml' },
    });
    expect(message.status).toBe(200);
    const { rows } = await stage.server.running.services.pool.query(
      'select a.client, a.action, a.outcome from audit a join message m on m.id::text = a.request',
    );
    expect(rows).toEqual([{ client: 'admin', action: expect.stringMatching(/^message /), outcome: 0 }]);
  });

  test('what was refused', async () => {
    const { stage, kept, stranger } = world;
    for (const [client, place, init, action] of [
      ['hospital', `Condition/${kept.get('Condition')}`, {}, 'read'],
      ['hospital', `Condition/${kept.get('Condition')}/_history/1`, {}, 'vread'],
      ['hospital', `Condition/${kept.get('Condition')}/_history`, {}, 'history'],
      ['device', 'CarePlan', {}, 'search'],
      [
        'hospital',
        'Communication',
        { body: { resourceType: 'Communication', status: 'completed', subject: { reference: stranger.reference } } },
        'create',
      ],
      ['hospital', `Task/${kept.get('Task')}`, { method: 'DELETE' }, 'delete'],
      [
        'gp',
        `CarePlan/${kept.get('CarePlan')}/$approve`,
        { body: { resourceType: 'Parameters' }, headers: { 'if-match': 'W/"1"' } },
        '$approve',
      ],
    ] as const) {
      const answer = await stage.as(client, place, init as object);
      // Deleting what may not be seen looks like deleting what never was.
      if (action === 'delete') expect(answer.status).toBe(204);
      else expect(answer.status).toBeGreaterThanOrEqual(400);
      const rows = await rowsOf(answer);
      expect({
        place,
        rows: rows.map((row) => ({ client: row.client, action: row.action, refused: row.outcome >= 4 })),
      }).toEqual({ place, rows: [{ client, action, refused: true }] });
    }
  });

  test('each entry of a batch', async () => {
    const { stage, kept } = world;
    const answer = await stage.as('municipality', '', {
      method: 'POST',
      body: {
        resourceType: 'Bundle',
        type: 'batch',
        entry: [
          { request: { method: 'GET', url: `Condition/${kept.get('Condition')}` } },
          { request: { method: 'GET', url: `Observation/${kept.get('Observation')}` } },
        ],
      },
    });
    expect(
      (await rowsOf(answer))
        .filter(({ action }) => action === 'read')
        .map(({ type }) => type)
        .sort(),
    ).toEqual(['Condition', 'Observation']);
  });
});

test('no identity number in the audit, the log, the errors or the links', async () => {
  const { stage, stranger, listed } = world;
  const numbers = [stranger.fnr, listed.fnr];
  const token = encodeURIComponent(`${fnrSystem}|${stranger.fnr}`);
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const answers = [
    await stage.as('municipality', `Patient?identifier=${token}`),
    await stage.as('municipality', `Patient?identifier=${stranger.fnr}`),
    await stage.as('municipality', `Patient/${stranger.fnr}`),
    await stage.as('municipality', `Observation?patient.identifier=${token}`),
    await stage.as('municipality', `Observation/$lastn?patient.identifier=${token}&code=1`),
    await stage.as('municipality', `Patient/${stranger.fnr}`, {
      method: 'PUT',
      body: { resourceType: 'Patient', id: stranger.fnr },
    }),
    await stage.as('municipality', 'Patient', {
      body: { resourceType: 'Patient', identifier: [{ system: fnrSystem, value: stranger.fnr }] },
    }),
    await stage.as('municipality', 'Patient', { body: { resourceType: 'Patient', birthDate: stranger.fnr } }),
    await stage.as('municipality', 'Patient', {
      body: `{"resourceType":"Patient","gender":"${stranger.fnr}","${stranger.fnr}":1}`,
    }),
    await stage.as('municipality', 'Patient', { body: `{"resourceType":"Patient", ${stranger.fnr}` }),
    await stage.as('municipality', `${stranger.fnr}`),
    await stage.as('municipality', `Patient?${stranger.fnr}=1`),
    await stage.as('municipality', 'Observation/_search', {
      method: 'POST',
      body: `patient.identifier=${token}&_count=1`,
      headers: form,
    }),
    await stage.as('municipality', 'Patient/_search', { method: 'POST', body: `identifier=${token}`, headers: form }),
    await stage.as('hospital', 'Patient', {
      body: { resourceType: 'Patient', identifier: [{ system: fnrSystem, value: stranger.fnr }] },
      headers: { 'if-none-exist': `identifier=${fnrSystem}|${stranger.fnr}` },
    }),
    await stage.as('device', 'Observation', {
      body: reading('spo2', 95, {
        patient: { identifier: { system: fnrSystem, value: stranger.fnr } },
        at: '2026-03-02T07:00:00Z',
      }),
    }),
    await stage.as('municipality', `Task/${world.kept.get('Task')}/$delegate`, {
      body: { resourceType: 'Parameters', parameter: [{ name: stranger.fnr, valueString: stranger.fnr }] },
    }),
    await stage.as(undefined, `Patient?identifier=${token}`),
    await fetch(`${stage.server.origin}/fhir/Patient?identifier=${token}`, {
      headers: { authorization: `Bearer ${stranger.fnr}` },
    }).then(async (answer) => ({
      status: answer.status,
      headers: answer.headers,
      text: await answer.text(),
      json: undefined,
    })),
  ];
  for (const [index, answer] of answers.entries()) {
    const resources = entriesOf(answer).length;
    const shown =
      resources > 0
        ? JSON.stringify([answer.json.link, entriesOf(answer).map(({ fullUrl, search }) => [fullUrl, search])])
        : answer.json?.resourceType === 'Observation'
          ? ''
          : answer.text;
    const text = shown + JSON.stringify([...answer.headers]);
    expect({ index, status: answer.status, shows: numbers.filter((number) => text.includes(number)) }).toEqual({
      index,
      status: answer.status,
      shows: [],
    });
    expect(answer.status).toBeLessThan(500);
  }
  const { rows } = await stage.server.running.services.pool.query(
    'select string_agg(audit::text, chr(10)) as text from audit',
  );
  const { rows: jobs } = await stage.server.running.services.pool.query(
    "select coalesce(string_agg(job::text, chr(10)), '') as text from job",
  );
  const { text: metrics, status } = await stage.as('admin', '/metrics');
  expect(status).toBe(200);
  for (const [name, text] of Object.entries({
    audit: rows[0]!['text'] as string,
    jobs: jobs[0]!['text'] as string,
    log: logged.join('\n'),
    metrics,
  })) {
    expect({ name, shows: numbers.filter((number) => text.includes(number)) }).toEqual({ name, shows: [] });
  }
  expect(rows[0]!['text']).toContain('municipality');
});

test('an access that cannot be audited is not given', async () => {
  const { stage, kept, stranger } = world;
  const { pool } = stage.server.running.services;
  await pool.query('alter table audit add constraint nothing_more check (false) not valid');
  try {
    for (const [place, init] of [
      [`Condition/${kept.get('Condition')}`, {}],
      [`Condition?patient=${stranger.id}`, {}],
      [`Condition/${kept.get('Condition')}/_history`, {}],
      [`Observation/$lastn?patient=${stranger.id}&code=85354-9`, {}],
      [
        'Condition',
        {
          body: { resourceType: 'Condition', subject: { reference: stranger.reference }, code: { text: 'Uten spor' } },
        },
      ],
      ['Observation', { body: reading('spo2', 95, { patient: stranger.reference, at: '2026-03-02T07:00:00Z' }) }],
      [`Condition/${kept.get('Condition')}`, { method: 'DELETE' }],
    ] as const) {
      const answer = await stage.as('municipality', place, init as object);
      expect({ place, init, status: answer.status }).toEqual({ place, init, status: 503 });
      expect(answer.headers.get('retry-after')).not.toBeNull();
      expect(answer.text).not.toContain('Kols');
    }
  } finally {
    await pool.query('alter table audit drop constraint nothing_more');
  }
  expectStatus(await stage.as('municipality', `Condition/${kept.get('Condition')}`), 200);
  expect(
    entriesOf(await stage.as('municipality', `Condition?patient=${stranger.id}`)).map(
      ({ resource }) => resource.code.text,
    ),
  ).not.toContain('Uten spor');
});
