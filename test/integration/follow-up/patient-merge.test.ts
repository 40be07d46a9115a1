import { exchangeMllp } from '../../../src/bridge/send/mllp-client.js';
import { hl7, pid } from '../hl7-messages.js';
import { type Fhir, fnrSystem, type Followed, open, ruleSet, stageFor } from './stage.js';

const stage = stageFor('2026-03-02T08:00:00Z');

let last = 0;
async function merge(survivor: string, other: string): Promise<string> {
  const message = hl7('ADT^A40', { id: `A${++last}` }, 'EVN|A40|20260302090000', pid(survivor), `MRG|${other}^^^NIN`);
  const ack = await exchangeMllp({ host: '127.0.0.1', port: stage.server.mllpPort }, message);
  return /MSA\|([^\r]*)/.exec(Buffer.from(ack).toString())![1]!;
}
const measure = async (patient: { reference: string }, value: number): Promise<Fhir> => {
  stage.clock.advance(60_000);
  return stage.spo2(patient, value);
};
const plan = ruleSet(['spo2'], ['spo2-zone']);
const query = async (text: string, values: unknown[]): Promise<Fhir[]> =>
  (await stage.server.running.services.pool.query(text, values)).rows;
const tables = [
  'resource',
  'resource_history',
  'sp_token',
  'sp_identifier',
  'sp_date',
  'sp_quantity',
  'sp_string',
  'sp_uri',
  'sp_reference',
];

/** Rows that still carry the key of a Patient, by table. */
async function leftWith(id: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of tables) {
    const [row] = await query(
      `select count(*)::int as n from ${table} where (select rid from resource where id = $1 limit 1) = any (patients)`,
      [id],
    );
    if (row.n > 0) counts[table] = row.n;
  }
  for (const table of ['observation_point', 'followup_alert', 'followup_state', 'relation']) {
    const [row] = await query(
      `select count(*)::int as n from ${table} where patient = (select rid from resource where id = $1 limit 1)`,
      [id],
    );
    if (row.n > 0) counts[table] = row.n;
  }
  return counts;
}

describe('a followed person turns out to be another Patient', () => {
  let from: Followed;
  let to: { id: string; fnr: string; reference: string };
  let told: Fhir;

  beforeAll(async () => {
    from = await stage.followed(plan);
    to = await stage.patient();
    told = await measure(from, 80);
    expect(open(await stage.alerts(from)).map(({ colour }) => colour)).toEqual(['red']);
    expect(await merge(to.fnr, from.fnr)).toBe(`AA|A${last}`);
  });

  test('no row of any table carries the old key', async () => {
    expect(await leftWith(from.id)).toEqual({});
  });

  test('the Patients are linked, and the old number leads to the one that is left', async () => {
    const [old, left] = await Promise.all(
      [from.id, to.id].map(async (id) => (await stage.as('municipality', `Patient/${id}`)).json),
    );
    expect(old).toMatchObject({ active: false, link: [{ other: { reference: to.reference }, type: 'replaced-by' }] });
    expect(left.link).toEqual([{ other: { reference: from.reference }, type: 'replaces' }]);
    expect(left.identifier).toContainEqual({ system: fnrSystem, value: from.fnr, use: 'secondary' });
  });

  test('searches by the one that is left find what was the other’s, with the series and the compartment', async () => {
    for (const type of ['Observation', 'EpisodeOfCare', 'CarePlan'])
      expect([type, (await stage.search(`${type}?patient=${to.id}`)).length]).toEqual([type, 1]);
    expect(await stage.search(`Observation?patient=${from.id}`)).toEqual([]);
    expect((await stage.search(`Patient/${to.id}/Observation`)).map(({ id }) => id)).toEqual([told.id]);
    const points = await query(
      'select 1 from observation_point where patient = (select rid from resource where id = $1 limit 1)',
      [to.id],
    );
    expect(points).toHaveLength(1);
    expect((await stage.as('municipality', `Observation/${told.id}`)).json).toMatchObject({
      subject: { reference: to.reference },
      meta: { versionId: '2' },
    });
  });

  test('the open alert goes on: a further reading is its evidence, and no second one opens', async () => {
    await measure(to, 79);
    const alerts = open(await stage.alerts(to));
    expect(alerts.map(({ colour, count }) => [colour, count])).toEqual([['red', 2]]);
    expect(alerts[0]!.task.for.reference).toBe(to.reference);
  });

  test('a sender who still names the old Patient or the old number writes about the one that is left', async () => {
    const literal = await measure(from, 95);
    expect(literal.subject.reference).toBe(to.reference);
    const logical = await stage.created('municipality', {
      resourceType: 'Condition',
      subject: { type: 'Patient', identifier: { system: fnrSystem, value: from.fnr } },
      code: { text: 'Hoste' },
    });
    expect((await stage.search(`Patient/${to.id}/Condition`)).length + logical.meta.versionId.length).toBeGreaterThan(
      0,
    );
    expect(await leftWith(from.id)).toEqual({});
  });

  test('time goes on for the one that is left, and a person was told', async () => {
    const [state] = await query(
      'select next_at from followup_state where patient = (select rid from resource where id = $1 limit 1)',
      [to.id],
    );
    expect(state.next_at).toBeInstanceOf(Date);
    expect((await stage.tasks(to, 'read-message')).map(({ description }) => description)).toEqual([
      'Sammenslåing av pasienter (ADT^A40) fra NORDVIK. Alt som var registrert på den ene, står nå på den andre. Kontroller plan og varsler.',
    ]);
  });
});

test('where both have an open alert of one rule, the worse goes on with the evidence of both, and the other ends', async () => {
  const [from, to] = [await stage.followed(plan), await stage.followed(plan)];
  await measure(to, 91);
  await measure(from, 80);
  const zone = async (patient: { id: string }) =>
    open(await stage.alerts(patient)).filter(({ rule }) => rule === 'spo2-zone');
  const [yellow, red] = [(await zone(to))[0]!, (await zone(from))[0]!];
  expect([yellow.colour, red.colour]).toEqual(['yellow', 'red']);
  expect(await merge(to.fnr, from.fnr)).toBe(`AA|A${last}`);
  expect((await zone(to)).map(({ issue }) => issue.id)).toEqual([red.issue.id]);
  expect((await zone(to))[0]!.issue.implicated).toHaveLength(2);
  const ended = (await stage.alerts(to)).find(({ issue }) => issue.id === yellow.issue.id)!;
  expect([ended.status, ended.task.status]).toEqual(['final', 'completed']);
  // The engine knows it too: a further reading is evidence of that one.
  await measure(to, 79);
  expect((await zone(to)).map(({ issue }) => [issue.id, issue.implicated.length])).toEqual([[red.issue.id, 3]]);
  expect(await leftWith(from.id)).toEqual({});
  expect((await stage.tasks(to, 'read-message'))[0].description).toContain('Begge hadde oppfølging');
});

test('a number that is not known here is added to the Patient that is; a merge told again changes nothing', async () => {
  const person = await stage.patient();
  const other = await stage.patient();
  expect(await merge(person.fnr, '17912099997')).toBe(`AA|A${last}`);
  const read = async () => (await stage.as('municipality', `Patient/${person.id}`)).json;
  expect((await read()).identifier.map((one: Fhir) => one.value)).toContain('17912099997');
  await merge(person.fnr, other.fnr);
  const { versionId } = (await read()).meta;
  await merge(person.fnr, other.fnr);
  expect((await read()).meta.versionId).toBe(versionId);
  expect(await merge(person.fnr, '12345678901')).toMatch(/^AE\|.*MRG-1 holds no valid/);
  // A number that only the hospital counts by, of nobody here.
  expect(await merge(person.fnr, 'N123')).toBe(`AA|A${last}`);
  expect((await read()).meta.versionId).toBe(versionId);
});

test('each pair of a message is merged for itself, also where MRG names the number of the hospital', async () => {
  const [first, second, third, fourth] = await Promise.all([1, 2, 3, 4].map(() => stage.patient()));
  const local = hl7(
    'ADT^A31',
    { id: `A${++last}` },
    'EVN|A31|20260302080000',
    `${pid(fourth!.fnr).replace('NIN', 'NIN~L77^^^NORDVIK^PI')}`,
  );
  await exchangeMllp({ host: '127.0.0.1', port: stage.server.mllpPort }, local);
  const message = hl7(
    'ADT^A40',
    { id: `A${++last}` },
    'EVN|A40|20260302090000',
    pid(first!.fnr),
    `MRG|${second!.fnr}^^^NIN`,
    pid(third!.fnr),
    'MRG|L77^^^NORDVIK^PI',
  );
  const ack = await exchangeMllp({ host: '127.0.0.1', port: stage.server.mllpPort }, message);
  expect(Buffer.from(ack).toString()).toContain(`MSA|AA|A${last}`);
  const numbers = async (id: string): Promise<string[]> =>
    ((await stage.as('municipality', `Patient/${id}`)).json.identifier ?? []).map((one: Fhir) => one.value);
  expect(await numbers(first!.id)).toEqual(expect.arrayContaining([first!.fnr, second!.fnr]));
  expect(await numbers(first!.id)).not.toContain(fourth!.fnr);
  expect(await numbers(third!.id)).toEqual(expect.arrayContaining([third!.fnr, fourth!.fnr, 'L77']));
});
