import { expectStatus, fnrSystem, type Fhir, own } from '../follow-up/stage.js';
import { worldWithCallers } from './callers.js';

const { world, people } = worldWithCallers();
let patient: Fhir;
const street = 'Hemmeligveien 17';
const contactStreet = 'Skjulestedet 3';

beforeAll(async () => {
  const { stage, listed } = world;
  patient = expectStatus(await stage.as('municipality', listed.reference), 200).json;
  // Known before it became protected: earlier versions hold it.
  patient = expectStatus(
    await stage.as('municipality', listed.reference, {
      method: 'PUT',
      body: { ...patient, address: [{ line: [street], city: 'Fjordheim' }] },
    }),
    200,
  ).json;
  expect((await stage.as('gp', listed.reference)).text).toContain(street);
  patient = expectStatus(
    await stage.as('municipality', listed.reference, {
      method: 'PUT',
      body: {
        ...patient,
        extension: [{ url: own('dho-address-protection'), valueCode: 'strictly-confidential' }],
        text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">Bor i ${street}</div>` },
        contact: [{ name: { family: 'Nær' }, address: { line: [contactStreet] } }],
      },
    }),
    200,
  ).json;
});

const kept = async (): Promise<Fhir> =>
  expectStatus(await world.stage.as('municipality', `${world.listed.reference}/$protected-address`), 200).json
    .parameter;

describe('an address that is protected', () => {
  test('comes out in no way, to nobody', async () => {
    const { stage, listed } = world;
    expect(patient.meta.tag).toMatchObject([{ code: 'SUBSETTED' }]);
    expect(JSON.stringify(patient)).not.toContain('protection');
    const text = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const client of ['admin', 'municipality', 'gp'] as const) {
      const answers = [
        await stage.as(client, listed.reference),
        ...(await Promise.all([1, 2, 3].map((version) => stage.as(client, `${listed.reference}/_history/${version}`)))),
        await stage.as(client, `${listed.reference}/_history`),
        await stage.as(client, 'Patient/_history?_count=200'),
        await stage.as(client, `Patient?_id=${listed.id}`),
        await stage.as(client, `Patient?_id=${listed.id}&_elements=address,text`),
        await stage.as(client, 'Patient?_sort=address&_count=100'),
        await stage.as(client, `Observation?patient=${listed.id}&_include=Observation:patient`),
        await stage.as(client, `${listed.reference}/$everything`),
        await stage.as(client, 'Patient/_search', {
          method: 'POST',
          body: `identifier=${encodeURIComponent(`${fnrSystem}|${listed.fnr}`)}`,
          headers: text,
        }),
        await stage.as(client, '', {
          body: {
            resourceType: 'Bundle',
            type: 'batch',
            entry: [{ request: { method: 'GET', url: listed.reference } }],
          },
        }),
      ];
      for (const [at, answer] of answers.entries())
        expect({ client, at, shows: [street, contactStreet].filter((one) => answer.text.includes(one)) }).toEqual({
          client,
          at,
          shows: [],
        });
    }
  });

  test('is found by no search', async () => {
    const { stage } = world;
    for (const query of [
      'address=Hemmeligveien',
      'address:contains=mmeligvei',
      'address-city=Fjordheim',
      '_content=Hemmeligveien',
      '_text=Hemmeligveien',
      '_filter=address%20co%20%22Hemmelig%22',
    ]) {
      const answer = expectStatus(await stage.as('admin', `Patient?${query}&_total=accurate`), 200);
      expect({ query, total: answer.json.total }).toEqual({ query, total: 0 });
    }
    const chained = expectStatus(await stage.as('admin', 'Observation?patient.address=Hemmeligveien'), 200);
    expect(chained.json.entry ?? []).toEqual([]);
  });

  test('lies in no table in the clear', async () => {
    const { pool } = world.stage.server.running.services;
    const { rows: tables } = await pool.query(
      "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
    );
    for (const { name } of tables as { name: string }[]) {
      const { rows } = await pool.query(
        `select count(*)::integer as n from ${name} t where t::text ilike '%Hemmeligveien%' or t::text ilike '%Skjulestedet%'`,
      );
      expect({ name, n: rows[0]!['n'] }).toEqual({ name, n: 0 });
    }
  });

  test('is told to the controller and to the person, and each look is in the log', async () => {
    const { stage, listed } = world;
    expect(await kept()).toEqual([
      { name: 'protection', valueCode: 'strictly-confidential' },
      { name: 'address', valueAddress: { line: [street], city: 'Fjordheim' } },
      { name: 'contact-address', valueAddress: { line: [contactStreet] } },
    ]);
    const place = `${listed.reference}/$protected-address`;
    const app = await people.as(stage.server.origin, { client_id: 'app', patient: listed.id }, place);
    expect(expectStatus(app, 200).text).toContain(street);
    for (const client of ['gp', 'hospital', 'device'] as const)
      expect((await stage.as(client, place)).status).toBe(403);
    const { rows } = await stage.server.running.services.pool.query(
      "select client from audit where 'Patient/' || $1 = any (ids) and action = '$protected-address' and request = $2",
      [listed.id, app.headers.get('x-request-id')],
    );
    expect(rows).toEqual([{ client: 'app' }]);
  });

  test('stays when somebody reads and writes back what was shown, and only the controller lifts it', async () => {
    const { stage, listed } = world;
    const before = await kept();
    for (const client of ['municipality', 'gp'] as const) {
      const shown = expectStatus(await stage.as(client, listed.reference), 200).json;
      const body = { ...shown, gender: client === 'gp' ? 'male' : 'female' };
      const answer = await stage.as(client, listed.reference, { method: 'PUT', body });
      if (client === 'municipality') expectStatus(answer, 200);
      expect(await kept()).toEqual(before);
    }
    const patched = await stage.as('municipality', listed.reference, {
      method: 'PATCH',
      body: JSON.stringify([{ op: 'add', path: '/maritalStatus', value: { text: 'Gift' } }]),
      headers: { 'content-type': 'application/json-patch+json' },
    });
    expectStatus(patched, 200);
    expect(await kept()).toEqual(before);
    const shown = patched.json;
    const lift = { ...shown, extension: [{ url: own('dho-address-protection'), valueCode: 'none' }] };
    expect((await stage.as('hospital', listed.reference, { method: 'PUT', body: lift })).status).toBeGreaterThanOrEqual(
      400,
    );
    const lifted = expectStatus(
      await stage.as('municipality', listed.reference, {
        method: 'PUT',
        body: { ...lift, address: [{ city: 'Nyby' }] },
      }),
      200,
    ).json;
    expect(lifted.address).toEqual([{ city: 'Nyby' }]);
    expect(lifted.meta.tag).toBeUndefined();
    expect((await stage.as('municipality', `${listed.reference}/$protected-address`)).status).toBe(404);
  });
});
