import { loadDefinitions } from '../../../src/fhir/definitions.js';
import { parseJson } from '../../../src/fhir/json.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { compileValidator } from '../../../src/validation/compile-validator.js';
import {
  bloodPressure,
  expectStatus,
  type Fhir,
  fnrSystem,
  type Followed,
  reading,
  ruleSet,
  stageFor,
} from './stage.js';

const stage = stageFor('2026-03-16T08:00:00Z');
let person: Followed;
const validator = compileValidator(loadDefinitions());
const problems = (text: string): string[] =>
  validator
    .validate(parseJson(text) as Resource)
    .filter((issue) => issue.severity === 'error')
    .map((issue) => `${issue.expression?.[0]}: ${issue.diagnostics}`);

beforeAll(async () => {
  person = await stage.followed({ ...ruleSet(['spo2'], ['spo2-zone']), ebp: { red: { action: 'Ring 113' } } });
  const values = [93, 92, 92, 91, 90, 89, 88];
  for (const [index, value] of values.entries()) {
    const at = new Date(Date.parse('2026-03-04T08:00:00Z') + index * 2 * 86_400_000).toISOString();
    await stage.created('device', reading('spo2', value, { patient: person.reference, at }));
  }
  await stage.created('device', reading('weight', 80.5, { patient: person.reference, at: '2026-03-15T07:00:00Z' }));
  await stage.created(
    'device',
    bloodPressure({ sys: 140, dia: 85 }, { patient: person.reference, at: '2026-03-15T07:00:00Z' }),
  );
});

describe('Patient/$dho-summary', () => {
  const entries = (bundle: Fhir, type: string): Fhir[] =>
    bundle.entry.map((one: Fhir) => one.resource).filter((one: Fhir) => one.resourceType === type);
  const sections = (bundle: Fhir): Record<string, string> =>
    Object.fromEntries(bundle.entry[0].resource.section.map((one: Fhir) => [one.title, one.text.div]));

  test('is a valid document with plan, zone, last values, trends in words and as charts, and open alerts', async () => {
    const answer = expectStatus(await stage.as('gp', `Patient/${person.id}/$dho-summary`), 200);
    expect(problems(answer.text)).toEqual([]);
    const bundle = answer.json;
    expect(bundle).toMatchObject({ resourceType: 'Bundle', type: 'document', timestamp: expect.any(String) });
    expect(bundle.entry[0].resource.resourceType).toBe('Composition');
    expect(entries(bundle, 'Patient')).toHaveLength(1);
    expect(entries(bundle, 'CarePlan')[0].id).toBe(person.plan);
    expect(entries(bundle, 'DetectedIssue').length).toBeGreaterThan(0);
    const words = sections(bundle);
    expect(words['Oppfølging']).toContain('aktiv');
    expect(words['Egenbehandlingsplan']).toContain('Rød sone – Tiltak: Ring 113');
    expect(words['Egenbehandlingsplan']).toContain('Fastlegen er medisinsk ansvarlig');
    expect(words['Sone']).toContain('sone siden');
    expect(words['Siste målinger']).toContain('Oksygenmetning: 88 %, 16.03.2026 kl. 09:00');
    expect(words['Utvikling']).toContain('Oksygenmetning: median 92 → 89,5 % siste 14 dager');
    expect(words['Åpne varsler']).toContain('rød');
    const addresses = new Set(bundle.entry.map((one: Fhir) => one.fullUrl));
    for (const { entry = [] } of bundle.entry[0].resource.section)
      for (const { reference } of entry)
        expect(addresses.has(reference) || addresses.has(`${stage.server.running.base}/${reference}`)).toBe(true);
    const chart = entries(bundle, 'Binary').map(({ data }) => Buffer.from(data, 'base64').toString());
    expect(chart).toHaveLength(4);
    expect(chart[0]).toContain('<svg');
    expect(words['Utvikling']).toContain(`<img src="${bundle.entry.at(-1).fullUrl}"`);
  });

  test('is for a range of days, by identifier, and as PDF', async () => {
    const early = (await stage.as('gp', `Patient/${person.id}/$dho-summary?start=2026-03-01&end=2026-03-06`)).json;
    expect(sections(early)['Utvikling']).toContain('01.03.2026–06.03.2026');
    expect(entries(early, 'Binary')).toHaveLength(1);
    const subject = { identifier: { system: fnrSystem, value: person.fnr } };
    const byNumber = await stage.operation('gp', 'Patient/$dho-summary', { subject, period: 'P90D' });
    expect(expectStatus(byNumber, 200).json.type).toBe('document');
    const asFhir = { headers: { accept: 'application/fhir+json' } };
    const pdf = expectStatus(await stage.as('gp', `Patient/${person.id}/$dho-summary?output=pdf`, asFhir), 200).json;
    expect(pdf).toMatchObject({ resourceType: 'Binary', contentType: 'application/pdf' });
    expect(Buffer.from(pdf.data, 'base64').subarray(0, 5).toString()).toBe('%PDF-');
    const without = await stage.as(
      'gp',
      `Patient/${person.id}/$dho-summary?output=pdf&start=2020-01-01&end=2020-01-02`,
      asFhir,
    );
    expect(pdf.data.length).toBeGreaterThan(expectStatus(without, 200).json.data.length + 500);
    const raw = await stage.as('gp', `Patient/${person.id}/$dho-summary?output=pdf`);
    expect(raw.headers.get('content-type')).toBe('application/pdf');
    expect(raw.text.slice(0, 5)).toBe('%PDF-');
  });

  test.each([
    ['?period=fortnight', 400],
    ['?period=P20Y', 400],
    ['?start=2026-03-10&end=2026-03-01', 400],
    ['?start=2026-03-10&period=P3D', 400],
    ['?output=odt', 400],
  ])('%s is refused', async (query, status) => {
    expect((await stage.as('gp', `Patient/${person.id}/$dho-summary${query}`)).status).toBe(status);
  });

  test.each([
    ['gp', 200],
    ['municipality', 200],
    ['admin', 200],
    ['hospital', 404],
    ['device', 403],
  ] as const)('%s gets %s: only who has a relation to the patient', async (client, status) => {
    expect((await stage.as(client, `Patient/${person.id}/$dho-summary`)).status).toBe(status);
    const subject = { identifier: { system: fnrSystem, value: person.fnr } };
    expect((await stage.operation(client, 'Patient/$dho-summary', { subject })).status).toBe(status);
  });

  test('says that no plan is wanted, and that there is none', async () => {
    const other = await stage.patient();
    expect(sections((await stage.as('gp', `Patient/${other.id}/$dho-summary`)).json)).toMatchObject({
      Oppfølging: expect.stringContaining('har ikke digital hjemmeoppfølging'),
      Egenbehandlingsplan: expect.stringContaining('Ingen plan er i kraft'),
    });
  });
});

describe('Observation/$stats', () => {
  const ask = (query: string, client: 'gp' | 'hospital' | 'device' = 'gp') =>
    stage.as(client, `Observation/$stats?subject=Patient/${person.id}&${query}`);
  const values = (answer: Fhir): Record<string, unknown> =>
    Object.fromEntries(
      answer.parameter[0].resource.component.map((one: Fhir) => [one.code.coding[0].code, one.valueQuantity?.value]),
    );

  test('counts all spellings of a measurement, in the unit that it is given in', async () => {
    const statistics =
      'statistic=average&statistic=minimum&statistic=maximum&statistic=count&statistic=median&statistic=std-dev';
    const answer = expectStatus(await ask(`code=2708-6&system=http://loinc.org&${statistics}`), 200);
    expect(problems(answer.text)).toEqual([]);
    expect(values(answer.json)).toMatchObject({ minimum: 88, maximum: 93, count: 7, median: 91 });
    expect(answer.json.parameter[0].resource.component[0].valueQuantity.code).toBe('%');
    const weight = (await ask('code=29463-7&statistic=average,total-count')).json;
    expect(values(weight)).toEqual({ average: 80.5, 'total-count': 1 });
    expect(weight.parameter[0].resource.component[0].valueQuantity.code).toBe('kg');
  });

  test('counts a component by its own code, a period or hours back, and shows what it counted', async () => {
    expect(values((await ask('code=8480-6&statistic=maximum')).json)).toEqual({ maximum: 140 });
    expect(values((await ask('code=59408-5&statistic=count&duration=72')).json)).toEqual({ count: 2 });
    const period = { start: '2026-03-05', end: '2026-03-08' };
    const answer = await stage.as('gp', 'Observation/$stats', {
      body: {
        resourceType: 'Parameters',
        parameter: [
          { name: 'subject', valueUri: `Patient/${person.id}` },
          { name: 'coding', valueCoding: { system: 'http://loinc.org', code: '59408-5' } },
          { name: 'period', valuePeriod: period },
          { name: 'statistic', valueCode: 'count' },
          { name: 'include', valueBoolean: true },
          { name: 'limit', valuePositiveInt: 1 },
        ],
      },
    });
    expect(values(answer.json)).toEqual({ count: 2 });
    expect(answer.json.parameter[0].resource.effectivePeriod).toEqual(period);
    expect(answer.json.parameter.filter((one: Fhir) => one.name === 'source')).toHaveLength(1);
  });

  test('nothing is made up where there are no values', async () => {
    const { component } = (await ask('code=8302-2&statistic=average&statistic=count')).json.parameter[0].resource;
    expect(component).toMatchObject([{ dataAbsentReason: {} }, { valueQuantity: { value: 0 } }]);
  });

  test.each([
    ['statistic=average', 400],
    ['code=59408-5', 400],
    ['code=59408-5&statistic=mode', 400],
    ['code=59408-5&statistic=count&duration=-1', 400],
    ['code=59408-5&statistic=count&duration=1&period=2026-01-01/2026-02-01', 400],
    ['code=59408-5&statistic=count&limit=none', 400],
    ['code=59408-5&statistic=count&period=yesterday', 400],
  ])('%s is refused', async (query, status) => {
    expect((await ask(query)).status).toBe(status);
  });

  test('who has no relation to the patient counts nothing', async () => {
    expect(values((await ask('code=59408-5&statistic=count', 'hospital')).json)).toEqual({ count: 0 });
  });
});

describe('«Kopier til journal»', () => {
  test('an alert that is closed is one VKP document, the same one however often it is asked for', async () => {
    const red = (await stage.alerts(person)).find(({ rule }) => rule === 'spo2-zone')!;
    const place = `DetectedIssue/${red.issue.id}`;
    expect((await stage.operation('municipality', `${place}/$copy-to-journal`)).status).toBe(409);
    for (const client of ['gp', 'hospital', 'device'] as const)
      expect((await stage.operation(client, `${place}/$copy-to-journal`)).status).toBe(403);
    expectStatus(
      await stage.operation('municipality', `${place}/$close`, { note: 'Ringt <pasienten>', copyToJournal: true }),
      200,
    );
    const [bundle] = await stage.search('Bundle?type=document');
    expect(problems(JSON.stringify(bundle))).toEqual([]);
    const [composition, finding, ...evidence] = bundle.entry.map((one: Fhir) => one.resource);
    expect(composition).toMatchObject({
      resourceType: 'Composition',
      status: 'final',
      type: { coding: [{ code: '34133-9' }] },
      subject: { identifier: { system: fnrSystem, value: person.fnr } },
      author: [{ identifier: { value: '999000101' } }],
      section: [
        {
          code: { coding: [{ code: '1.1' }] },
          text: { status: 'additional', div: expect.stringContaining('Ringt &lt;pasienten&gt;') },
        },
      ],
    });
    expect(finding).toMatchObject({
      resourceType: 'DetectedIssue',
      code: { coding: [{ system: 'http://ehelse.no/fhir/CodeSystem/vkp-alert-code-v090', code: '5.2.1' }] },
      severity: 'high',
      patient: { identifier: { value: person.fnr } },
      detail: 'Rødt varsel',
    });
    expect(finding.code.coding).toHaveLength(1);
    expect(evidence.length).toBeGreaterThan(0);
    expect(finding.implicated).toHaveLength(evidence.length);
    expect(JSON.stringify(bundle.entry)).not.toContain('"Patient/');
    const again = expectStatus(await stage.operation('municipality', `${place}/$copy-to-journal`), 200).json;
    expect(again.id).toBe(bundle.id);
    expect(await stage.search('Bundle?type=document')).toHaveLength(1);
    expect(await stage.search('Bundle?type=document', 'gp')).toHaveLength(0);
  });
});

describe('Measure/$evaluate-measure', () => {
  const period = 'periodStart=2026-01-01&periodEnd=2026-12-31';
  const place = 'Measure/dho-benefit-home-nursing/$evaluate-measure';

  test('reports the cohort, one patient, each patient, or the table of five columns', async () => {
    await stage.created('municipality', {
      resourceType: 'Observation',
      status: 'final',
      code: { coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-benefit', code: 'home-visits-month' }] },
      subject: { reference: person.reference },
      effectiveDateTime: '2026-03-01',
      valueInteger: 30,
    });
    const whole = expectStatus(await stage.as('municipality', `${place}?${period}`), 200);
    expect(problems(whole.text)).toEqual([]);
    expect(whole.json).toMatchObject({ resourceType: 'MeasureReport', type: 'summary', status: 'complete' });
    expect(whole.json.group[0].measureScore.value).toBe(30);
    expect(whole.json.group[1].measureScore.extension[0].valueCode).toBe('temp-unknown');
    const one = await stage.as('municipality', `${place}?${period}&reportType=subject&subject=Patient/${person.id}`);
    expect(problems(expectStatus(one, 200).text)).toEqual([]);
    expect(one.json).toMatchObject({ type: 'individual', subject: { reference: person.reference } });
    const each = await stage.as(
      'municipality',
      `Measure/$evaluate-measure?measure=dho-benefit-home-nursing&${period}&reportType=subject-list`,
    );
    expect(expectStatus(each, 200).json.entry).toHaveLength(1);
    const table = await stage.as('municipality', `${place}?${period}&output=csv`);
    expect(table.headers.get('content-type')).toContain('text/csv');
    expect(table.text.split('\r\n')[1]).toBe('mangler;16.03.2026;01.03.2026;30;mangler');
  });

  test.each([
    [`${place}?periodStart=2026-01-01`, 400],
    [`${place}?${period}&reportType=subject`, 400],
    [`${place}?${period}&reportType=subject&subject=Patient/nobody`, 404],
    [`Measure/nothing/$evaluate-measure?${period}`, 404],
  ])('%s → %i', async (address, status) => {
    expect((await stage.as('municipality', address)).status).toBe(status);
  });

  test.each(['gp', 'hospital', 'device'] as const)('is not for the %s', async (client) => {
    expect((await stage.as(client, `${place}?${period}`)).status).toBe(403);
  });
});

describe('results and the patient record («Labsvar»)', () => {
  test('a laboratory’s report and its result are in the summary of GP and centre, and the rule that names the result judges it', async () => {
    const sick = await stage.followed(ruleSet(['crp'], ['crp-zone']));
    const result = await stage.created(
      'municipality',
      reading('crp', 88, { patient: sick.reference, at: stage.now() }),
    );
    const report = await stage.created('municipality', {
      resourceType: 'DiagnosticReport',
      status: 'final',
      code: { text: 'CRP tatt hjemme' },
      subject: { reference: sick.reference },
      effectiveDateTime: stage.now(),
      result: [{ reference: `Observation/${result.id}` }],
      conclusion: 'CRP 88 mg/L',
    });
    const open = (await stage.alerts(sick)).filter(({ status }) => status === 'preliminary');
    expect(open.map(({ rule, colour }) => `${rule} ${colour}`)).toEqual(['crp-zone red']);
    for (const client of ['gp', 'municipality'] as const) {
      const document = expectStatus(await stage.as(client, `Patient/${sick.id}/$dho-summary`), 200);
      expect(problems(document.text)).toEqual([]);
      const section = document.json.entry[0].resource.section.find((one: Fhir) => one.title === 'Prøvesvar');
      expect(section.text.div).toContain('CRP tatt hjemme, 16.03.2026: CRP 88 mg/L');
      expect(section.entry).toEqual([{ reference: `DiagnosticReport/${report.id}` }]);
    }
    expect((await stage.as('gp', `DiagnosticReport/${report.id}`)).status).toBe(200);
    expect((await stage.as('hospital', `DiagnosticReport/${report.id}`)).status).toBe(404);
  });

  test('measurements that no alert was raised on are one report of their days, amended when more come', async () => {
    const well = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    const send = (value: number) => stage.spo2(well, value);
    const [green] = [await send(95), await send(80)];
    const ask = (client: 'municipality' | 'gp' = 'municipality') =>
      stage.operation(client, `Patient/${well.id}/$lab-report`, { start: '2026-03-16' });
    const first = expectStatus(await ask(), 200).json;
    expect(problems(JSON.stringify(first))).toEqual([]);
    expect(first).toMatchObject({
      resourceType: 'DiagnosticReport',
      status: 'final',
      effectivePeriod: { start: '2026-03-16', end: '2026-03-16' },
      result: [{ reference: `Observation/${green.id}` }],
    });
    expect(expectStatus(await ask(), 200).json.meta.versionId).toBe(first.meta.versionId);
    await send(96);
    const second = expectStatus(await ask(), 200).json;
    expect([second.id, second.status, second.result.length]).toEqual([first.id, 'amended', 2]);
    expect((await ask('gp')).status).toBe(403);
    const longer = { start: '2026-01-01', end: '2026-03-16' };
    expect((await stage.operation('municipality', `Patient/${well.id}/$lab-report`, longer)).status).toBe(400);
    const none = await stage.operation('municipality', `Patient/${well.id}/$lab-report`);
    expect(none.status).toBe(422);
  });

  test('what was written back and forth is journalled with the message’s alert', async () => {
    const writes = { resourceType: 'Communication', status: 'completed', subject: { reference: person.reference } };
    const asked = await stage.created('municipality', {
      ...writes,
      sender: { reference: person.reference },
      sent: stage.now(30),
      payload: [{ contentString: 'Kan jeg <dusje>?' }],
    });
    await stage.created('municipality', {
      ...writes,
      sender: { display: 'Siri Testsykepleier' },
      sent: stage.now(10),
      inResponseTo: [{ reference: `Communication/${asked.id}` }],
      payload: [{ contentString: 'Ja, gjerne.' }],
    });
    const blue = (await stage.alerts(person)).find(
      ({ colour, status }) => colour === 'blue' && status === 'preliminary',
    )!;
    const closing = { note: 'Besvart', copyToJournal: true };
    expectStatus(await stage.operation('municipality', `DetectedIssue/${blue.issue.id}/$close`, closing), 200);
    const copied = expectStatus(
      await stage.operation('municipality', `DetectedIssue/${blue.issue.id}/$copy-to-journal`),
      200,
    );
    expect(problems(copied.text)).toEqual([]);
    expect(copied.json.entry[0].resource.section[0].text.div).toMatch(
      /<p>Besvart<\/p><p>[^<]*, pasienten: Kan jeg &lt;dusje&gt;\?<\/p><p>[^<]*, Siri Testsykepleier: Ja, gjerne\.<\/p>/,
    );
  });
});
