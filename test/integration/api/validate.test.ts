// https://hl7.org/fhir/R4/resource-operation-validate.html, https://hl7.org/fhir/R4/resource-operation-meta.html
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';

let server: HereServer;
beforeAll(async () => {
  server = await startHere();
});
afterAll(() => server.stop());

const basic = (more: object = {}): object => ({
  resourceType: 'Basic',
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>' },
  code: { text: 'x' },
  ...more,
});
const create = async (more: object = {}): Promise<string> =>
  (await server.request('admin', 'Basic', { body: basic(more) })).json.id as string;
const parameters = (...parameter: object[]): object => ({ resourceType: 'Parameters', parameter });
const severities = ({ json }: HereResponse): string[] =>
  (json.issue as { severity: string }[]).map(({ severity }) => severity);

describe('$validate', () => {
  const body = (mode: string, resource?: object): object =>
    parameters({ name: 'mode', valueCode: mode }, ...(resource === undefined ? [] : [{ name: 'resource', resource }]));

  test('says that a valid resource is valid, and names what is wrong with another', async () => {
    const good = await server.request('admin', 'Basic/$validate', { body: basic() });
    expect([good.status, good.json.resourceType, severities(good)]).toEqual([200, 'OperationOutcome', ['information']]);
    const bad = await server.request('admin', 'Observation/$validate', {
      body: { resourceType: 'Observation', status: 'done', shoeSize: 42 },
    });
    expect(bad.status).toBe(200);
    expect(bad.json.issue.flatMap((issue: { expression?: string[] }) => issue.expression ?? [])).toEqual(
      expect.arrayContaining(['Observation.status', 'Observation.code', 'Observation.shoeSize']),
    );
    const inside = await server.request('admin', 'Observation/$validate', {
      body: parameters({ name: 'resource', resource: { resourceType: 'Observation', status: 'final' } }),
    });
    expect([inside.status, inside.json.issue[0].expression]).toEqual([200, ['Observation.code']]);
  });

  test('looks at a stored resource, and at what is to take its place', async () => {
    const id = await create();
    const at = `Basic/${id}/$validate`;
    expect(severities(await server.request('admin', at))).toEqual(['information']);
    expect(severities(await server.request('admin', at, { body: body('delete') }))).toEqual(['information']);
    expect(severities(await server.request('admin', at, { body: body('update', basic({ id })) }))).toEqual([
      'information',
    ]);
    expect(severities(await server.request('admin', at, { body: body('update', basic({ id: 'x' })) }))).toEqual([
      'error',
    ]);
    const profile = { name: 'profile', valueUri: 'http://hl7.org/fhir/StructureDefinition/Patient' };
    const asPatient = parameters({ name: 'mode', valueCode: 'profile' }, profile);
    expect(severities(await server.request('admin', at, { body: asPatient }))).toEqual(['error']);
    expect((await server.request('admin', at, { body: body('profile') })).status).toBe(400);
    expect((await server.request('admin', 'Basic/never/$validate')).status).toBe(404);
    expect((await server.request('admin', `Basic/${id}/_history`)).json.total).toBe(1);
  });

  test.each([
    ['a resource of another type', 'Basic/$validate', { resourceType: 'Patient' }, ['error']],
    ['an update without id', 'Basic/$validate', body('update', basic()), ['error']],
    ['a profile', 'Basic/$validate?profile=http://example.org/p', basic(), ['warning']],
  ])('judges %s', async (_what, at, content, expected) => {
    expect(severities(await server.request('admin', at, { body: content }))).toEqual(expected);
  });

  test('tells a caller what it may not store', async () => {
    const answer = await server.request('gp', 'Organization/$validate', {
      body: body('create', { resourceType: 'Organization', name: 'x' }),
    });
    expect([answer.status, answer.json.issue[0].code]).toEqual([200, 'forbidden']);
  });

  test.each([
    ['no resource', 'Basic/$validate', {}, 400],
    ['an unknown mode', 'Basic/$validate', { body: parameters({ name: 'mode', valueCode: 'think' }) }, 400],
    ['a profile of nothing', 'Basic/$validate', { body: parameters({ name: 'mode', valueCode: 'profile' }) }, 400],
    ['no JSON', 'Basic/$validate', { body: '{' }, 400],
    ['a deletion of nothing', 'Basic/$validate', { body: parameters({ name: 'mode', valueCode: 'delete' }) }, 400],
    ['parameters that are no list', 'Basic/$validate', { body: '{"resourceType":"Parameters","parameter":1}' }, 400],
    ['a resource that is text', 'Basic/$validate?resource=x', {}, 200],
  ])('of %s is answered', async (_what, at, init, status) => {
    const answer = await server.request('admin', at, { method: 'POST', ...init });
    expect([answer.status, answer.json.resourceType]).toEqual([status, 'OperationOutcome']);
  });
});

describe('$validate says of each resource, though no profile is named', () => {
  const issuesOf = async (resource: object & { readonly resourceType: string }): Promise<string[]> => {
    const { json } = await server.request('admin', `${resource.resourceType}/$validate`, { body: resource });
    return (json.issue as { severity: string; code: string; expression?: string[] }[])
      .filter(({ severity, code }) => severity !== 'information' || code === 'incomplete')
      .map(({ severity, expression }) => `${severity} ${expression?.[0]}`);
  };
  const heartRate = (more: object = {}) => ({
    resourceType: 'Observation',
    status: 'final',
    category: [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] },
    ],
    code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
    subject: { reference: 'Patient/p' },
    effectiveDateTime: '2026-03-01',
    valueQuantity: { value: 70, unit: '/min', system: 'http://unitsofmeasure.org', code: '/min' },
    ...more,
  });

  test('whether it fits the vital signs profile of its code, also inside a Bundle', async () => {
    expect(await issuesOf(heartRate())).toEqual([]);
    expect(await issuesOf(heartRate({ category: undefined }))).toContain('error Observation.category');
    const perSecond = heartRate({ valueQuantity: { value: 1, system: 'http://unitsofmeasure.org', code: '/s' } });
    expect(await issuesOf(perSecond)).toContain('error Observation.value.code');
    expect(
      await issuesOf({
        resourceType: 'Bundle',
        type: 'collection',
        entry: [{ resource: heartRate({ subject: undefined }) }],
      } as never),
    ).toContain('error Bundle.entry[0].resource.subject');
  });

  test('whether its extensions are as R4 and this server define them', async () => {
    const birthPlace = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace';
    const colour = 'http://hjemmebro.no/fhir/StructureDefinition/dho-colour';
    expect(
      await issuesOf({
        resourceType: 'Patient',
        extension: [{ url: birthPlace, valueAddress: { city: 'Vik' } }],
      } as never),
    ).toEqual([]);
    expect(
      await issuesOf({ resourceType: 'Patient', extension: [{ url: birthPlace, valueString: 'Vik' }] } as never),
    ).toEqual(['error Patient.extension[0].value']);
    expect(
      await issuesOf({ resourceType: 'Patient', extension: [{ url: colour, valueCoding: { code: 'red' } }] } as never),
    ).toContain('error Patient.extension[0]');
  });

  test('whether its Norwegian numbers have the right check digits, which our own profile demands', async () => {
    const oid = 'urn:oid:2.16.578.1.12.4.1.4';
    const profile = ['http://hjemmebro.no/fhir/StructureDefinition/dho-patient'];
    const patient = (system: string, value: string) => ({
      resourceType: 'Patient',
      meta: { profile },
      identifier: [{ system, value }],
    });
    for (const [system, value] of [
      [`${oid}.1`, '13717404089'], // + 65: NHN
      [`${oid}.1`, '15507600333'], // + 40: NAV
      [`${oid}.1`, '29822099635'], // + 80: Tenor
      [`${oid}.1`, '30108299939'], // the check digits of 2032
      [`${oid}.2`, '55507608360'],
      ['urn:own', '1'],
    ] as const) {
      expect(await issuesOf(patient(system, value) as never)).toEqual([]);
      expect((await server.request('admin', 'Patient', { body: patient(system, value) })).status).toBe(201);
    }
    for (const [system, value] of [
      [`${oid}.1`, '13717404088'],
      [`${oid}.1`, '55507608360'], // a D-number
      [`${oid}.2`, '1'],
    ] as const) {
      const wrong = patient(system, value);
      expect(await issuesOf(wrong as never)).toEqual(['error Patient.identifier[0].value']);
      const refused = await server.request('admin', 'Patient', { body: wrong });
      expect([refused.status, refused.json.issue[0].expression]).toEqual([400, ['Patient.identifier[0].value']]);
      expect(refused.text).not.toContain(value.length > 1 ? value : '"1"');
      const claimsNothing = await server.request('admin', 'Patient', { body: { ...wrong, meta: undefined } });
      expect(claimsNothing.status).toBe(201);
    }
    const organisation = {
      resourceType: 'Organization',
      name: 'x',
      identifier: [{ system: `${oid}.101`, value: '994598758' }],
    };
    expect(await issuesOf(organisation as never)).toEqual(['error Organization.identifier[0].value']);
    // A measurement of somebody who cannot be told is kept.
    const subject = { identifier: { system: `${oid}.1`, value: '13717404088' } };
    expect((await server.request('admin', 'Observation', { body: heartRate({ subject }) })).status).toBe(201);
  });

  test('whether answers fit a Questionnaire that is stored here', async () => {
    const questionnaire = 'http://example.org/Questionnaire/q';
    const response = (more: object) =>
      issuesOf({ resourceType: 'QuestionnaireResponse', questionnaire, status: 'completed', ...more } as never);
    expect(await response({})).toEqual(['information QuestionnaireResponse.questionnaire']);
    const item = [
      {
        linkId: '1',
        type: 'choice',
        required: true,
        answerValueSet: 'http://hl7.org/fhir/ValueSet/administrative-gender',
      },
    ];
    await server.request('admin', 'Questionnaire', {
      body: { resourceType: 'Questionnaire', url: questionnaire, status: 'active', item },
    });
    const answered = (code: string, linkId = '1') => ({
      item: [{ linkId, answer: [{ valueCoding: { system: 'http://hl7.org/fhir/administrative-gender', code } }] }],
    });
    expect(await response(answered('male'))).toEqual([]);
    expect(await response(answered('x'))).toEqual(['error QuestionnaireResponse.item[0].answer[0].value']);
    expect(await response(answered('male', '2'))).toEqual([
      'error QuestionnaireResponse.item[0].linkId',
      'error QuestionnaireResponse.item',
    ]);
  });

  test('a rule of a profile that would take for ever is broken off', async () => {
    const url = 'http://example.org/StructureDefinition/endless';
    const constraint = [{ key: 'x-1', severity: 'error', human: 'x', expression: "code.text.matches('^(a+)+$')" }];
    const definition = {
      resourceType: 'StructureDefinition',
      url,
      name: 'Endless',
      status: 'active',
      kind: 'resource',
      abstract: false,
      type: 'Basic',
      baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Basic',
      derivation: 'constraint',
      differential: { element: [{ id: 'Basic', path: 'Basic', constraint }] },
    };
    expect((await server.request('admin', 'StructureDefinition', { body: definition })).status).toBe(201);
    const claiming = (text: string) => basic({ meta: { profile: [url] }, code: { text } });
    expect((await server.request('admin', 'Basic', { body: claiming('aaa') })).status).toBe(201);
    const refused = await server.request('admin', 'Basic', { body: claiming(`${'a'.repeat(60)}!`) });
    expect([refused.status, refused.json.issue[0].code]).toEqual([400, 'too-costly']);
  });

  test('a profile counts for the very next resource once it is stored, and once it is changed', async () => {
    const url = 'http://example.org/StructureDefinition/at-once';
    const definition = (path: string, id?: string) => ({
      resourceType: 'StructureDefinition',
      ...(id === undefined ? {} : { id }),
      url,
      name: 'AtOnce',
      status: 'active',
      kind: 'resource',
      abstract: false,
      type: 'Basic',
      baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Basic',
      derivation: 'constraint',
      differential: { element: [{ id: path, path, min: 1 }] },
    });
    const claim = async (): Promise<number> =>
      (await server.request('admin', 'Basic', { body: basic({ meta: { profile: [url] } }) })).status;
    expect(await claim()).toBe(201);
    const { json } = await server.request('admin', 'StructureDefinition', { body: definition('Basic.author') });
    expect(await claim()).toBe(400);
    await server.request('admin', `StructureDefinition/${json.id as string}`, {
      method: 'PUT',
      body: definition('Basic.code', json.id as string),
    });
    expect(await claim()).toBe(201);
  });
});

describe('$meta', () => {
  const tag = { system: 'http://example.org/t', code: 'a' };
  const label = { system: 'http://example.org/s', code: 'b' };
  const metaOf = (answer: HereResponse): Record<string, unknown> =>
    answer.json.parameter[0].valueMeta as Record<string, unknown>;
  const change = (id: string, name: string, value: object): Promise<HereResponse> =>
    server.request('admin', `Basic/${id}/$${name}`, { body: parameters({ name: 'meta', valueMeta: value }) });

  test('shows, adds and removes labels; each change is a version', async () => {
    const id = await create({ meta: { tag: [tag] } });
    expect(metaOf(await server.request('admin', `Basic/${id}/$meta`))).toMatchObject({ versionId: '1', tag: [tag] });
    const added = await change(id, 'meta-add', {
      tag: [{ ...tag, display: 'again' }],
      security: [label],
      profile: ['http://example.org/p'],
    });
    expect([added.status, metaOf(added)]).toEqual([
      200,
      expect.objectContaining({ versionId: '2', tag: [tag], security: [label], profile: ['http://example.org/p'] }),
    ]);
    expect(
      (await server.request('admin', `Basic?_id=${id}&_security=http://example.org/s|b&_summary=count`)).json.total,
    ).toBe(1);
    const same = await change(id, 'meta-add', { tag: [tag] });
    expect(metaOf(same)['versionId']).toBe('2');
    const removed = metaOf(await change(id, 'meta-delete', { tag: [tag], security: [label, { code: 'never' }] }));
    expect([removed['versionId'], removed['tag'], removed['security'], removed['profile']]).toEqual([
      '3',
      undefined,
      undefined,
      ['http://example.org/p'],
    ]);
  });

  test('is refused without a Meta, for nothing that is there, and to who may not see it', async () => {
    const id = await create();
    expect(
      (await server.request('admin', `Basic/${id}/$meta-add`, { body: parameters({ name: 'x', valueString: 'y' }) }))
        .status,
    ).toBe(400);
    expect((await change('never', 'meta-add', { tag: [tag] })).status).toBe(404);
    expect((await server.request('admin', 'Basic/never/$meta')).status).toBe(404);
    expect((await server.request('admin', `Basic/${id}/$meta-add`)).status).toBe(405);
    const patient = (await server.request('admin', 'Patient', { body: { resourceType: 'Patient' } })).json.id as string;
    expect((await server.request('gp', `Patient/${patient}/$meta`)).status).toBe(404);
    expect(
      (
        await server.request('hospital', `Patient/${patient}/$meta-add`, {
          body: parameters({ name: 'meta', valueMeta: { tag: [tag] } }),
        })
      ).status,
    ).toBe(404);
  });
});
