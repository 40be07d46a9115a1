import { expectStatus, fnrSystem, type Fhir, organisation, own, reading } from '../follow-up/stage.js';
import { type Callers, otherMunicipality, worldWithCallers } from './callers.js';
import { privacyConsent } from './privacy-consent.js';
import { entriesOf } from './world.js';

const { world, people } = worldWithCallers();

const consent = (provision: object): Fhir => privacyConsent(`Patient/${world.listed.id}`, provision);
const gpDoctor = {
  role: { text: 'sperret' },
  reference: { identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: '999000102' } },
};
const gpOffice = { role: { text: 'sperret' }, reference: organisation('310000035') };

/** Ways in which the GP could come by the listed patient's readings. */
const ways = async (): Promise<Record<string, number>> => {
  const { stage, listed } = world;
  const post = (place: string, body: string) =>
    stage.as('gp', place, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  const count = async (place: string): Promise<number> => {
    const answer = await stage.as('gp', place);
    return answer.status >= 400 ? 0 : (answer.json.total ?? entriesOf(answer).length);
  };
  const observation = (await stage.search(`Observation?patient=${listed.reference}&_count=1`))[0];
  return {
    read: await count(`Observation/${observation.id}`).then(async () =>
      (await stage.as('gp', `Observation/${observation.id}`)).status < 400 ? 1 : 0,
    ),
    vread: (await stage.as('gp', `Observation/${observation.id}/_history/1`)).status < 400 ? 1 : 0,
    history: (await stage.as('gp', `Observation/${observation.id}/_history`)).status < 400 ? 1 : 0,
    'type history': entriesOf(await stage.as('gp', 'Observation/_history?_count=500')).filter(
      ({ resource }) => resource?.id === observation.id,
    ).length,
    search: await count(`Observation?patient=${listed.id}`),
    series: await count(`Observation?patient=${listed.id}&code=59408-5&_sort=-date`),
    total: await count(`Observation?patient=${listed.id}&_total=accurate`),
    count: await count(`Observation?patient=${listed.id}&_summary=count`),
    chain: await count(`Observation?patient.name=Pr%C3%B8vepasient`),
    has: await count(`Patient?_has:Observation:patient:status=final&_id=${listed.id}`),
    revinclude: await count(`Patient?_id=${listed.id}&_revinclude=Observation:patient`),
    filter: await count(`Observation?_filter=patient eq ${listed.reference}`.replaceAll(' ', '%20')),
    compartment: await count(`Patient/${listed.id}/Observation`),
    everything: (await stage.as('gp', `Patient/${listed.id}/$everything`)).status < 400 ? 1 : 0,
    lastn: await count(`Observation/$lastn?patient=${listed.id}&code=59408-5`),
    batch: await stage
      .as('gp', '', {
        body: {
          resourceType: 'Bundle',
          type: 'batch',
          entry: [{ request: { method: 'GET', url: `Observation/${observation.id}` } }],
        },
      })
      .then(({ json }) => (json.entry[0].response.status.startsWith('200') ? 1 : 0)),
    'followed up': await stage
      .as('gp', 'Patient/$dho-status', {
        body: {
          resourceType: 'Parameters',
          parameter: [
            { name: 'identifier', valueIdentifier: { system: fnrSystem, value: listed.fnr } },
            { name: 'reason', valueString: 'Henvendelse fra pasienten' },
          ],
        },
      })
      .then(({ json }) => (json.parameter[0].valueBoolean === true ? 1 : 0)),
    'by number': entriesOf(
      await post('Patient/_search', `identifier=${encodeURIComponent(`${fnrSystem}|${listed.fnr}`)}`),
    ).length,
  };
};

describe('a patient blocks the record', () => {
  beforeAll(async () => {
    const { stage, listed } = world;
    const patient = { identifier: { system: fnrSystem, value: listed.fnr } };
    await stage.created('device', reading('spo2', 96, { patient, at: '2026-03-02T07:00:00Z' }));
  });

  test('from a professional and from an office: nothing comes out in any way, and it opens when it is lifted', async () => {
    const { stage, listed } = world;
    const before = await ways();
    expect(Object.entries(before).filter(([, found]) => found === 0)).toEqual([]);
    for (const actor of [gpDoctor, gpOffice]) {
      const made = await stage.created('municipality', consent({ actor: [actor] }));
      expect(Object.entries(await ways()).filter(([, found]) => found > 0)).toEqual([]);
      // Also what is written afterwards.
      const later = await stage.created('municipality', {
        resourceType: 'Condition',
        subject: { reference: listed.reference },
        code: { text: 'Ny' },
      });
      expect((await stage.as('gp', `Condition/${later.id}`)).status).toBe(404);
      expect((await stage.as('gp', `Consent/${made.id}`)).status).toBe(404);
      expectStatus(await stage.as('municipality', `Condition/${later.id}`), 200);
      expectStatus(
        await stage.as('municipality', `Consent/${made.id}`, { method: 'PUT', body: { ...made, status: 'inactive' } }),
        200,
      );
      expectStatus(await stage.as('gp', `Condition/${later.id}`), 200);
    }
  });

  test('in parts: some types, single resources, and only for a time', async () => {
    const { stage, listed } = world;
    const [kept, hidden] = await Promise.all(
      ['Synlig', 'Skjult'].map((text) =>
        stage.created('municipality', {
          resourceType: 'Condition',
          subject: { reference: listed.reference },
          code: { text },
        }),
      ),
    );
    const status = async (place: string): Promise<number> => (await stage.as('gp', place)).status;
    const type = { system: 'http://hl7.org/fhir/resource-types', code: 'Observation' };
    const byType = await stage.created('municipality', consent({ actor: [gpOffice], class: [type] }));
    expect(entriesOf(await stage.as('gp', `Observation?patient=${listed.id}`))).toEqual([]);
    expect(await status(`Condition/${kept!.id}`)).toBe(200);
    expectStatus(await stage.as('municipality', `Consent/${byType.id}`, { method: 'DELETE' }), 204);
    const one = await stage.created(
      'municipality',
      consent({ data: [{ meaning: 'instance', reference: { reference: `Condition/${hidden!.id}` } }] }),
    );
    expect([await status(`Condition/${kept!.id}`), await status(`Condition/${hidden!.id}`)]).toEqual([200, 404]);
    expectStatus(await stage.as('municipality', `Consent/${one.id}`, { method: 'DELETE' }), 204);
    await stage.created('municipality', consent({ actor: [gpOffice], period: { end: '2026-03-01' } }));
    expect(await status(`Condition/${hidden!.id}`)).toBe(200);
  });

  test('what cannot be enforced is refused, and nobody but the controller records or lifts a block', async () => {
    const { stage } = world;
    const refused = async (provision: object): Promise<string> => {
      const answer = await stage.as('municipality', 'Consent', { body: consent(provision) });
      expectStatus(answer, 422);
      return answer.json.issue[0].expression[0];
    };
    expect(await refused({ purpose: [{ code: 'TREAT' }] })).toBe('Consent.provision.purpose');
    expect(await refused({ actor: [{ role: { text: 'x' }, reference: { display: 'Ola' } }] })).toBe(
      'Consent.provision.actor.reference',
    );
    expect(await refused({ actor: [{ role: { text: 'x' }, reference: organisation('310000019') }] })).toBe(
      'Consent.provision.actor.reference',
    );
    expect(await refused({ provision: [{ type: 'permit' }] })).toBe('Consent.provision.provision');
    const other = { role: { text: 'x' }, reference: organisation(otherMunicipality) };
    expect((await stage.as('gp', 'Consent', { body: consent({ actor: [other] }) })).status).toBe(403);
    const made = await stage.created('municipality', consent({ actor: [other] }));
    for (const init of [{ method: 'DELETE' }, { method: 'PUT', body: { ...made, status: 'inactive' } }])
      expect((await stage.as('gp', `Consent/${made.id}`, init)).status).toBe(403);
    expectStatus(await stage.as('municipality', `Consent/${made.id}`, { method: 'DELETE' }), 204);
  });
});

describe('access in an emergency', () => {
  const take = (claims: object, fnr: string, reason = 'Bevisstløs i akuttmottaket'): ReturnType<Callers['as']> =>
    people.as(world.stage.server.origin, { client_id: 'legevakt', ...claims }, 'Patient/$break-glass', {
      body: {
        resourceType: 'Parameters',
        parameter: [
          { name: 'identifier', valueIdentifier: { system: fnrSystem, value: fnr } },
          { name: 'reason', valueString: reason },
        ],
      },
    });

  test('is one person’s, needs a reason, ends by itself, and the owner and the patient are told', async () => {
    const { stage, stranger, kept } = world;
    const doctor = { client_id: 'legevakt', hpr: '999000777' } as const;
    const condition = `Condition/${kept.get('Condition')}`;
    const status = async (claims: object): Promise<number> =>
      (await people.as(stage.server.origin, { client_id: 'legevakt', ...claims }, condition)).status;
    expect(await status(doctor)).toBe(404);
    expect((await take({}, stranger.fnr)).status).toBe(403);
    expect((await take(doctor, stranger.fnr, 'vil se')).status).toBe(400);
    const taken = expectStatus(await take(doctor, stranger.fnr), 200);
    expect(taken.json.parameter).toMatchObject([
      { name: 'patient', valueReference: { reference: stranger.reference } },
      { name: 'until', valueInstant: '2026-03-02T19:00:00.000Z' },
    ]);
    expect(await status(doctor)).toBe(200);
    expect(await status({ hpr: '999000778' })).toBe(404);
    expect(await status({})).toBe(404);
    const [task] = await stage.tasks(stranger, 'emergency-access');
    expect(task).toMatchObject({
      priority: 'urgent',
      description: 'Bevisstløs i akuttmottaket',
      owner: organisation('310000019'),
    });
    const [event] = entriesOf(
      expectStatus(await stage.as('admin', `AuditEvent?patient=${stranger.id}&type=110113`), 200),
    );
    expect(event!.resource).toMatchObject({ subtype: [{ code: '110127' }, { code: '$break-glass' }], outcome: '0' });
    const log = expectStatus(
      await people.as(
        stage.server.origin,
        { client_id: 'app', patient: stranger.id },
        `Patient/${stranger.id}/$access-log`,
      ),
      200,
    );
    const words = log.json.parameter.map(({ part }: Fhir) =>
      Object.fromEntries(part.map(({ name, ...value }: Fhir) => [name, Object.values(value)[0]])),
    );
    expect(words).toContainEqual(
      expect.objectContaining({
        who: 'legevakt',
        hpr: '999000777',
        organisation: '310000078',
        what: 'åpnet journalen i en nødsituasjon',
        why: 'Bevisstløs i akuttmottaket',
        refused: false,
      }),
    );
    expect(words).toContainEqual(
      expect.objectContaining({ organisation: 'FJORDHEIM KOMMUNE', what: expect.stringContaining('diagnoser') }),
    );
    stage.clock.advance(12 * 3_600_000);
    expect(await status(doctor)).toBe(404);
  });

  test('opens what was blocked, unless the patient has forbidden that', async () => {
    const { stage, listed } = world;
    const doctor = { client_id: 'legevakt', hpr: '999000779' } as const;
    const reads = async (): Promise<number> =>
      (await people.as(stage.server.origin, doctor, `Patient/${listed.id}`)).status;
    const made = await stage.created('municipality', consent({}));
    expectStatus(await take(doctor, listed.fnr), 200);
    expect(await reads()).toBe(200);
    const absolute = {
      ...made,
      provision: { ...made.provision, extension: [{ url: own('dho-no-emergency-access'), valueBoolean: true }] },
    };
    expectStatus(await stage.as('municipality', `Consent/${made.id}`, { method: 'PUT', body: absolute }), 200);
    expect(await reads()).toBe(404);
    expect((await take(doctor, listed.fnr)).status).toBe(403);
    expectStatus(await stage.as('municipality', `Consent/${made.id}`, { method: 'DELETE' }), 204);
  });
});

test('another unit covers until the day that the owner says, and not without the owner', async () => {
  const { stage, stranger, kept } = world;
  const covering = { client_id: 'other-municipality' } as const;
  const reads = async (): Promise<number> =>
    (await people.as(stage.server.origin, covering, `Condition/${kept.get('Condition')}`)).status;
  const asked = (until: string): Record<string, unknown> => ({ until, reason: 'Ferie' });
  const body = (until: string) => ({
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'organisation',
        valueIdentifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.101', value: otherMunicipality },
      },
      ...Object.entries(asked(until)).map(([name, value]) =>
        name === 'until' ? { name, valueDateTime: value } : { name, valueString: value },
      ),
    ],
  });
  const place = `EpisodeOfCare/${kept.get('EpisodeOfCare')}/$cover`;
  expect(await reads()).toBe(404);
  expect((await people.as(stage.server.origin, covering, place, { body: body('2026-03-10') })).status).toBe(404);
  expectStatus(await stage.as('municipality', place, { body: body('2026-03-10') }), 200);
  expect(await reads()).toBe(200);
  expect((await people.as(stage.server.origin, covering, place, { body: body('2026-06-10') })).status).toBe(403);
  expectStatus(await stage.as('municipality', place, { body: body('2026-03-01') }), 200);
  expect(await reads()).toBe(404);
  expectStatus(await stage.as('municipality', place, { body: body('2026-03-04') }), 200);
  expect(await reads()).toBe(200);
  stage.clock.advance(5 * 86_400_000);
  expect(await reads()).toBe(404);
  expect((await stage.tasks(stranger, 'cover')).length).toBe(2);
});
