import type { DemoClientId } from '../../../src/config/demo.js';
import { demoClients, demoDeviceSupplier, demoHospital, demoMunicipality } from '../../../src/config/demo.js';
import { demoKeys, demoToken } from '../../../src/http/demo-keys.js';
import { uuidv7 } from '../../../src/kernel/ids.js';
import { ask } from '../../support/here.js';
import {
  activeReferral,
  draftPlan,
  episodeFor,
  expectStatus,
  type Fhir,
  organisation,
  organisationSystem,
  own,
  ruleSet,
  stageFor,
} from './stage.js';

const stage = stageFor('2026-03-02T08:00:00Z', { STOCK_MINIMUM: '2' });

const serviceOf = (episode: Fhir): string => episode.type[0].coding[0].code;
const channel = (resource: Fhir): string =>
  resource.extension.find((one: Fhir) => one.url === own('dho-referral-channel')).valueCoding.code;

async function referred(client: DemoClientId, more: (person: { reference: string; fnr: string }) => object) {
  const person = await stage.patient({ gp: '999000199' });
  const referral = await stage.created(
    client,
    activeReferral({
      subject: { identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.1', value: person.fnr } },
      ...more(person),
    }),
  );
  const task = async (as: DemoClientId = 'municipality') =>
    (await stage.search(`Task?focus=ServiceRequest/${referral.id}`, as))[0];
  return { person, referral, task };
}
const fromHospital = () => referred('hospital', () => ({ requester: organisation(demoHospital.orgnr) }));

test.each<[string, DemoClientId, (person: { reference: string }) => object, string]>([
  ['a hospital over FHIR', 'hospital', () => ({ requester: organisation(demoHospital.orgnr) }), 'fhir'],
  ['a colleague in the municipality', 'municipality', () => ({ requester: organisation('310000019') }), 'internal'],
  [
    'a citizen, as the centre registers it',
    'municipality',
    ({ reference }) => ({ requester: { reference } }),
    'citizen',
  ],
  [
    'another system of the municipality',
    'municipality',
    () => ({
      requester: organisation('310000019'),
      extension: [
        {
          url: own('dho-referral-channel'),
          valueCoding: { system: 'http://hjemmebro.no/fhir/CodeSystem/dho-referral-channel', code: 'municipal-system' },
        },
      ],
    }),
    'municipal-system',
  ],
])('a referral by %s is received at once, with its channel', async (_name, client, more, expected) => {
  const { task } = await referred(client, more);
  expect(await task()).toMatchObject({ status: 'received' });
  expect(channel(await task())).toBe(expected);
});

test('the centre asks back, the referrer – who sees no more than referral and Task – answers, and the Task goes on', async () => {
  const { referral, task, person } = await fromHospital();
  const place = `ServiceRequest/${referral.id}`;
  expect((await stage.operation('hospital', `${place}/$answer`, { text: 'x' })).status).toBe(409);
  expect((await stage.operation('municipality', `${place}/$ask-back`)).status).toBe(422);
  expectStatus(
    await stage.operation('municipality', `${place}/$ask-back`, { question: 'Bruker pasienten oksygen?' }),
    200,
  );
  expect(await task('hospital')).toMatchObject({
    status: 'on-hold',
    statusReason: { text: 'Bruker pasienten oksygen?' },
  });
  expect(await stage.search('Patient', 'hospital')).toEqual([]);
  for (const [client, status] of [
    ['gp', 404],
    ['device', 403],
  ] as const)
    expect((await stage.operation(client, `${place}/$answer`, { text: 'Ja' })).status).toBe(status);
  expectStatus(await stage.operation('hospital', `${place}/$answer`, { text: 'Ja, 2 liter' }), 200);
  expect(await task()).toMatchObject({ status: 'received', note: [{}, { text: 'Ja, 2 liter' }] });
  const exchange = await stage.search(`Communication?subject=${person.reference}&_sort=sent`);
  expect(exchange).toHaveLength(2);
  expect(exchange.find((one) => one.inResponseTo !== undefined).inResponseTo[0].reference).toBe(
    `Communication/${exchange.find((one) => one.inResponseTo === undefined).id}`,
  );
  expectStatus(await stage.operation('municipality', `${place}/$accept`), 200);
  expect((await stage.operation('municipality', `${place}/$ask-back`, { question: 'x' })).status).toBe(409);
});

test('the need is assessed first (100); inclusion, with its criteria, plans the service (103) of the same referral', async () => {
  const { referral } = await fromHospital();
  expect(
    (await stage.operation('municipality', `ServiceRequest/${referral.id}/$accept`, { criterion: 'tall' })).status,
  ).toBe(400);
  expectStatus(await stage.operation('municipality', `ServiceRequest/${referral.id}/$accept`, { service: '100' }), 200);
  const [assessment] = await stage.search(`EpisodeOfCare?incoming-referral=ServiceRequest/${referral.id}`);
  expect([serviceOf(assessment), assessment.status]).toEqual(['100', 'planned']);
  expect((await stage.operation('municipality', `EpisodeOfCare/${assessment.id}/$start`)).status).toBe(409);
  expect((await stage.operation('hospital', `EpisodeOfCare/${assessment.id}/$include`)).status).toBe(403);
  expect((await stage.operation('municipality', `EpisodeOfCare/${assessment.id}/$include`)).status).toBe(422);
  const included = expectStatus(
    await stage.operation('municipality', `EpisodeOfCare/${assessment.id}/$include`, {
      criterion: ['copd', 'after-hospital'],
      note: 'To innleggelser siste år',
      waitlist: true,
    }),
    200,
  ).json;
  expect([serviceOf(included), included.status]).toEqual(['103', 'waitlist']);
  expect(included.referralRequest).toEqual(assessment.referralRequest);
  const parts: Fhir[] = included.extension.find((one: Fhir) => one.url === own('dho-inclusion')).extension;
  expect(parts.filter(({ url }) => url === 'criterion').map((one) => one.valueCoding.code)).toEqual([
    'copd',
    'after-hospital',
  ]);
  expect((await stage.as('municipality', `EpisodeOfCare/${assessment.id}`)).json.status).toBe('finished');
  expect((await stage.search('EpisodeOfCare?status=waitlist')).map(({ id }) => id)).toEqual([included.id]);
  expectStatus(await stage.operation('municipality', `EpisodeOfCare/${included.id}/$start`), 200);
  expect(
    (await stage.operation('municipality', `EpisodeOfCare/${included.id}/$include`, { criterion: 'copd' })).status,
  ).toBe(409);
});

describe('equipment', () => {
  const bydel = 'bydel-ost';
  const device = async (serialNumber: string) =>
    stage.created('municipality', {
      resourceType: 'Device',
      serialNumber,
      type: { text: 'Pulsoksymeter' },
      owner: { reference: `Organization/${bydel}`, display: 'Bydel Øst' },
    });
  const stateOf = async (id: string): Promise<string> =>
    (await stage.as('municipality', `Device/${id}`)).json.extension.find(
      (one: Fhir) => one.url === own('dho-equipment-state'),
    ).valueCoding.code;

  test('by serial number: lent, form signed, replaced, cleaned, lent again, lost, found; the stock is counted', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    expectStatus(
      await stage.as('municipality', `Organization/${bydel}`, {
        method: 'PUT',
        body: { resourceType: 'Organization', id: bydel, name: 'Bydel Øst' },
      }),
      201,
    );
    const [one, two] = [await device('OX-1'), await device('OX-2')];
    const call = (name: string, parameters: object, client: DemoClientId = 'municipality') =>
      stage.operation(client, `Device/${name}`, { ...parameters });
    expectStatus(await call('$assign', { serialNumber: 'OX-1', patient: person.reference }), 200);
    expect(await stage.tasks(person, 'loan-form-missing')).toMatchObject([{ status: 'requested' }]);
    const form = await stage.created('municipality', {
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      subject: { reference: person.reference },
    });
    const use = expectStatus(
      await call('$sign-loan', { serialNumber: 'OX-1', loanForm: `QuestionnaireResponse/${form.id}` }),
      200,
    ).json;
    expect(use).toMatchObject({
      resourceType: 'DeviceUseStatement',
      derivedFrom: [{ reference: `QuestionnaireResponse/${form.id}` }],
    });
    expect(await stage.tasks(person, 'loan-form-missing')).toMatchObject([{ status: 'completed' }]);

    const swapped = await call('$replace', {
      serialNumber: 'OX-1',
      replacementSerialNumber: 'OX-2',
      note: 'Viser feil',
    });
    expect(expectStatus(swapped, 200).json).toMatchObject({ id: two.id, patient: { reference: person.reference } });
    expect([await stateOf(one.id), await stateOf(two.id)]).toEqual(['returned', 'with-patient']);
    expect((await call('$assign', { serialNumber: 'OX-1', patient: person.reference })).status).toBe(422);
    expectStatus(
      await call('$check', {
        serialNumber: 'OX-1',
        cleaned: true,
        checked: true,
        calibrated: '2026-03-01',
        calibrationDue: '2027-03-01',
      }),
      200,
    );
    expect(await stateOf(one.id)).toBe('stock');
    expectStatus(await call('$give-notice', { serialNumber: 'OX-1', date: '2026-02-15' }), 200);
    expectStatus(await call('$return', { serialNumber: 'OX-2', state: 'lost', note: 'Borte etter flytting' }), 200);
    expect(await stateOf(two.id)).toBe('lost');
    expectStatus(await call('$return', { serialNumber: 'OX-2' }), 200);
    expect(await stateOf(two.id)).toBe('returned');

    const stock = expectStatus(await stage.as('municipality', `Device/$stock?owner=Organization/${bydel}`), 200).json;
    expect(stock.parameter[0]).toEqual({ name: 'total', valueInteger: 2 });
    expect(
      stock.parameter
        .slice(1)
        .map(({ part }: Fhir) => part.map((p: Fhir) => p.valueCoding?.code ?? p.valueInteger ?? p.valueString)),
    ).toEqual([
      [undefined, 'Pulsoksymeter', 'returned', 1],
      [undefined, 'Pulsoksymeter', 'stock', 1, 1],
    ]);
    const put = await stage.as('municipality', `Device/${one.id}`, {
      method: 'PUT',
      body: { ...one, patient: { reference: person.reference } },
    });
    expect(put.status).toBe(422);
  });

  test('faults, orders and notices are on the supplier’s own desk, without the patient; the rent is held against its invoice', async () => {
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    const supplier = await stage.created('municipality', {
      resourceType: 'Organization',
      name: demoDeviceSupplier.name,
      identifier: [{ system: organisationSystem, value: demoDeviceSupplier.orgnr }],
    });
    const of = { supplier: { reference: `Organization/${supplier.id}` } };
    const call = (name: string, parameters: object) =>
      stage.operation('municipality', `Device/${name}`, { ...parameters });
    const [lent] = [await device('RE-1'), await device('RE-2')];
    expectStatus(await call('$assign', { serialNumber: 'RE-1', patient: person.reference }), 200);

    const fault = { serialNumber: 'RE-1', description: 'Skjermen er svart', critical: true, repair: true, ...of };
    const task = expectStatus(await call('$report-fault', fault), 200).json;
    expect(task).toMatchObject({
      resourceType: 'Task',
      priority: 'stat',
      code: { coding: [{ code: 'equipment-fault' }] },
      owner: { identifier: { value: demoDeviceSupplier.orgnr } },
      description: 'Feil på Pulsoksymeter, serienummer RE-1, Bydel Øst: Skjermen er svart',
    });
    expect(JSON.stringify(task)).not.toContain(person.id);
    expect(await stateOf(lent.id)).toBe('repair');
    const again = expectStatus(
      await call('$report-fault', { serialNumber: 'RE-1', description: 'Fortsatt', ...of }),
      200,
    ).json;
    expect([again.id, again.note.at(-1).text]).toEqual([task.id, 'Fortsatt']);

    const order = expectStatus(
      await call('$order', {
        item: 'Pulsoksymeter',
        quantity: 3,
        reason: 'Erstatter RE-1',
        neededBy: '2026-03-20',
        ...of,
      }),
      201,
    ).json;
    expect(order).toMatchObject({ resourceType: 'SupplyRequest', status: 'active', quantity: { value: 3 } });
    expectStatus(
      await call('$give-notice', { serialNumber: 'RE-2', date: '2026-02-15', reason: 'Ikke i bruk', ...of }),
      200,
    );

    const scopes = ['system/Task.rs', 'system/SupplyRequest.rs', 'system/Device.rs'];
    const token = await demoToken(
      await demoKeys(stage.server.dataFolder),
      { ...demoClients.device, scopes },
      {
        controller: demoMunicipality.orgnr,
        now: stage.clock.now(),
        ids: uuidv7(stage.clock),
        lifetime: 3600,
      },
    );
    const desk = async (query: string): Promise<Fhir[]> =>
      (expectStatus(await ask(stage.server.origin, token, query), 200).json.entry ?? []).map(
        (one: Fhir) => one.resource,
      );
    expect((await desk('Task')).map((one) => one.description).sort()).toEqual([
      'Bestilling: 3 Pulsoksymeter.',
      task.description,
      'Oppsigelse: Pulsoksymeter, serienummer RE-2, Bydel Øst. Leien slutter 31.05.2026. Grunn: Ikke i bruk',
    ]);
    expect((await desk('SupplyRequest')).map(({ id }) => id)).toEqual([order.id]);
    expect(await desk('Device')).toEqual([]);
    expect((await call('$order', { item: 'X', quantity: 0, ...of })).status).toBe(400);
    expect((await call('$order', { item: 'X' })).status).toBe(400);

    const report = expectStatus(
      await call('$rental-report', { start: '2026-03-01', end: '2026-03-31', billed: ['RE-1', 'ZZ-9'] }),
      200,
    ).json;
    const rows = report.parameter
      .filter(({ name }: Fhir) => name === 'device')
      .map(({ part }: Fhir) =>
        Object.fromEntries(
          part.map((one: Fhir) => [one.name, one.valueString ?? one.valueInteger ?? one.valueCode ?? one.valueBoolean]),
        ),
      );
    expect(rows.find((row: Fhir) => row.serialNumber === 'RE-1')).toMatchObject({
      billed: true,
      daysInUse: expect.any(Number),
    });
    expect(rows.find((row: Fhir) => row.serialNumber === 'RE-2')).toMatchObject({
      billed: false,
      remark: 'not-billed',
    });
    expect(report.parameter.at(-1)).toEqual({ name: 'unknown', valueString: 'ZZ-9' });
    const csv = await stage.as('municipality', 'Device/$rental-report?output=csv');
    expect([csv.headers.get('content-type'), csv.text.split('\r\n')[0]]).toEqual([
      expect.stringContaining('text/csv'),
      'serienummer;type;eier;tilstand;dager i bruk;oppsagt til;fakturert;merknad',
    ]);
  });

  test('the last one but so many leaves the stock: the owner is told once', async () => {
    const low = async () =>
      (await stage.search('Task?code=stock-low')).map((one) => [one.description, one.owner.reference]);
    const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    const scale = (serialNumber: string) =>
      stage.created('municipality', {
        resourceType: 'Device',
        serialNumber,
        type: { text: 'Vekt' },
        owner: { reference: `Organization/${bydel}` },
      });
    for (const serial of ['V-1', 'V-2', 'V-3']) await scale(serial);
    const lend = (serialNumber: string) =>
      stage.operation('municipality', 'Device/$assign', { serialNumber, patient: person.reference });
    expectStatus(await lend('V-1'), 200);
    expect((await low()).filter(([words]) => words.includes('Vekt'))).toEqual([]);
    for (const serial of ['V-2', 'V-3']) expectStatus(await lend(serial), 200);
    expect((await low()).filter(([words]) => words.includes('Vekt'))).toEqual([
      ['Det er 1 igjen på lager av Vekt; minst 2 skal være der.', `Organization/${bydel}`],
    ]);
  });

  test.each([
    '$report-fault',
    '$order',
    '$rental-report',
    '$assign',
    '$return',
    '$check',
    '$replace',
    '$sign-loan',
    '$give-notice',
    '$stock',
  ])('%s is for the follow-up centre alone', async (name) => {
    for (const client of ['hospital', 'gp', 'device'] as const)
      expect((await stage.operation(client, `Device/${name}`, { serialNumber: 'OX-1' })).status).toBe(403);
  });
});

test('the GP and the referrer are told of pause, resumption and end; with the service ends the plan', async () => {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  const place = `EpisodeOfCare/${person.episode}`;
  const draft = await stage.created(
    'municipality',
    draftPlan(person.reference, ruleSet(['spo2'], ['spo2-zone']), `CarePlan/${person.plan}`),
  );
  expectStatus(await stage.operation('municipality', `CarePlan/${draft.id}/$submit-for-approval`), 200);
  const pause = {
    mode: 'all',
    reason: 'holiday',
    plannedEnd: '2026-04-01',
    inform: { reference: 'Organization/hjemmetjenesten' },
  };
  expectStatus(await stage.operation('municipality', `${place}/$pause`, pause), 200);
  expectStatus(await stage.operation('municipality', `${place}/$resume`), 200);
  expectStatus(await stage.operation('municipality', `${place}/$end`, { reason: 'Målene er nådd' }), 200);
  const told = await stage.search(
    `Communication?subject=${person.reference}&_sort=_lastUpdated&category=service-paused,service-resumed,service-ended`,
    'gp',
  );
  expect(told.map((one) => one.payload[0].contentString)).toEqual([
    'Oppfølgingen er satt på pause: Ferie, til 01.04.2026, ingen varsler.',
    'Oppfølgingen er gjenopptatt.',
    'Oppfølgingen er avsluttet: Målene er nådd.',
  ]);
  expect(told[0].recipient).toMatchObject([
    { identifier: { value: '999000102' } },
    { reference: 'Organization/hjemmetjenesten' },
  ]);
  expect((await stage.as('municipality', `CarePlan/${person.plan}`)).json.status).toBe('completed');
  expect((await stage.tasks(person, 'approve')).map(({ status }) => status).sort()).toEqual(['cancelled', 'completed']);
  const again = await stage.created('municipality', episodeFor(person.reference));
  expectStatus(await stage.operation('municipality', `EpisodeOfCare/${again.id}/$start`), 200);
  expect((await stage.alerts(person)).some(({ rule, status }) => rule === 'grey' && status === 'preliminary')).toBe(
    true,
  );
});
