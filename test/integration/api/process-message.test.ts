// https://hl7.org/fhir/R4/messaging.html
import type { DemoClientId } from '../../../src/config/demo.js';
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';
import { episodeFor } from '../follow-up/stage.js';

let server: HereServer;
beforeAll(async () => {
  server = await startHere();
});
afterAll(() => server.stop());

const ours = 'http://hjemmebro.no/fhir/CodeSystem/dho-message-event';
const fnr = { system: 'urn:oid:2.16.578.1.12.4.1.4.1', value: '17912099997' };
const patientUrl = 'urn:uuid:00000000-0000-4000-8000-00000000000a';
const url = (of: number): string => `urn:uuid:00000000-0000-4000-8000-00000000010${of}`;
let made = 0;

interface Sent {
  readonly id?: string;
  readonly envelope?: string;
  readonly event?: object;
  readonly header?: object;
  readonly focus?: readonly object[];
  readonly beside?: readonly object[];
}

const message = ({ id = `m-${(made += 1)}`, envelope, event, header, focus = [], beside = [] }: Sent): object => ({
  resourceType: 'Bundle',
  ...(envelope === undefined
    ? { id: `e-${id}` }
    : { identifier: { system: 'http://sender.example', value: envelope } }),
  type: 'message',
  entry: [
    {
      fullUrl: 'http://sender.example/fhir/MessageHeader/x',
      resource: {
        resourceType: 'MessageHeader',
        id,
        ...(event ?? { eventCoding: { system: ours, code: 'measurements' } }),
        source: { name: 'Gateway', endpoint: 'http://sender.example/fhir' },
        ...(focus.length === 0 ? {} : { focus: focus.map((_, at) => ({ reference: url(at) })) }),
        ...header,
      },
    },
    ...focus.map((resource, at) => ({ fullUrl: url(at), resource })),
    ...beside.map((resource, at) => ({ fullUrl: at === 0 ? patientUrl : url(6 + at), resource })),
  ],
});
const send = (body: object, client: DemoClientId = 'municipality', query = ''): Promise<HereResponse> =>
  server.request(client, `$process-message${query}`, { body });
const patient = { resourceType: 'Patient', identifier: [fnr], name: [{ family: 'Testesen', given: ['Kari'] }] };
const weight = (value: number, more: object = {}): object => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
  subject: { reference: patientUrl },
  effectiveDateTime: '2026-03-01T08:00:00Z',
  valueQuantity: { value, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
  ...more,
});
const header = (answer: HereResponse) => answer.json.entry[0].resource;
const issue = (answer: HereResponse) => answer.json.entry[1].resource.issue[0];
const below = (reference: string): string => reference.slice(server.base.length + 1);
const count = async (query: string): Promise<number> =>
  (await server.request('municipality', `${query}&_summary=count`)).json.total as number;
const found = async (): Promise<{ subject: { reference: string }; valueQuantity: { value: number } }[]> => {
  const { json } = await server.request('municipality', 'Observation?code=29463-7');
  return (json.entry ?? []).map(({ resource }: { resource: unknown }) => resource);
};

beforeAll(async () => {
  const { json } = await server.request('municipality', 'Patient', { body: patient });
  const body = episodeFor(`Patient/${json.id}`);
  expect((await server.request('municipality', 'EpisodeOfCare', { body })).status).toBe(201);
});

test('measurements are stored under ids of this server, of the patient whom the identifier names, and the answer says where', async () => {
  const first = await send(message({ focus: [weight(80), weight(81)], beside: [patient] }));
  expect([first.status, server.running.services.validator.validate(first.json)]).toEqual([200, []]);
  expect(header(first)).toMatchObject({
    resourceType: 'MessageHeader',
    eventCoding: { system: ours, code: 'measurements' },
    destination: [{ name: 'Gateway', endpoint: 'http://sender.example/fhir' }],
    source: { endpoint: `${server.base}/$process-message` },
    response: { identifier: expect.stringMatching(/^m-/), code: 'ok' },
  });
  const focus = header(first).focus.map(({ reference }: { reference: string }) => below(reference)) as string[];
  const stored = await Promise.all(focus.map((place) => server.request('municipality', place)));
  expect(stored.map(({ json }) => json.valueQuantity.value)).toEqual([80, 81]);
  const second = await send(message({ focus: [weight(82)], beside: [{ ...patient, name: [{ family: 'Annet' }] }] }));
  expect(header(second).response.code).toBe('ok');
  const subjects = new Set((await found()).map(({ subject }) => subject.reference));
  expect(subjects.size).toBe(1);
  const who = await server.request('municipality', [...subjects][0]!);
  expect([who.json.name[0].family, who.json.meta.versionId]).toEqual(['Testesen', '1']);
});

test('what has an identifier is brought up to date when it comes in another message', async () => {
  const identifier = [{ system: 'http://sender.example/o', value: 'a,b|c' }];
  await send(message({ focus: [weight(70, { identifier })], beside: [patient] }));
  const again = await send(
    message({
      event: {
        eventCoding: { system: 'http://terminology.hl7.org/CodeSystem/message-events', code: 'observation-provide' },
      },
      focus: [weight(71, { identifier, status: 'corrected' })],
      beside: [patient],
    }),
  );
  const { json } = await server.request('municipality', below(header(again).focus[0].reference));
  expect([json.valueQuantity.value, json.meta.versionId]).toEqual([71, '2']);
});

test('a message that comes again gets the same answer, ten times at once too, and changes nothing', async () => {
  const body = message({ id: 'again', envelope: 'env-1', focus: [weight(60)], beside: [patient] });
  const answers = await Promise.all(Array.from({ length: 10 }, () => send(body)));
  answers.push(await send({ resourceType: 'Parameters', parameter: [{ name: 'content', resource: body }] }));
  expect([new Set(answers.map(({ text }) => text)).size, answers[0]!.text]).toEqual([1, expect.any(String)]);
  expect(header(answers[0]!).response.code).toBe('ok');
  expect((await found()).filter(({ valueQuantity }) => valueQuantity.value === 60)).toHaveLength(1);
  // The ids are the sender's own: another client's message is another message.
  const other = await send(body, 'admin');
  expect([header(other).response.code, other.text === answers[0]!.text]).toEqual(['ok', false]);
});

test('ids come together: a message in another envelope, and an envelope with another message, are refused', async () => {
  await send(message({ id: 'pair', envelope: 'pair', focus: [weight(61)], beside: [patient] }));
  for (const [id, envelope, place] of [
    ['pair', 'other', 'Bundle.entry[0].resource.id'],
    ['other', 'pair', 'Bundle.identifier'],
  ]) {
    const answer = await send(message({ id: id!, envelope: envelope!, focus: [weight(62)], beside: [patient] }));
    expect([header(answer).response.code, issue(answer).code, issue(answer).expression]).toEqual([
      'fatal-error',
      'duplicate',
      [place],
    ]);
  }
  expect((await found()).filter(({ valueQuantity }) => valueQuantity.value === 62)).toEqual([]);
});

test('a referral by message has its Task, and its sender can follow it', async () => {
  const answer = await send(
    message({
      event: { eventUri: 'http://hjemmebro.no/fhir/message-event/referral' },
      focus: [
        {
          resourceType: 'ServiceRequest',
          status: 'active',
          intent: 'order',
          code: { coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-service', code: 'dho' }] },
          subject: { reference: patientUrl },
          requester: { identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.101', value: '310000027' } },
        },
      ],
      beside: [patient],
    }),
    'hospital',
  );
  expect([answer.status, header(answer).response.code, answer.text]).toEqual([200, 'ok', expect.any(String)]);
  const place = below(header(answer).focus[0].reference);
  expect(await count(`Task?focus=${place}`)).toBe(1);
  const seen = await server.request('hospital', place);
  // Registered already, but not to be seen by the sender: referred to by number, as the sender itself would have done.
  expect([seen.status, seen.json.subject]).toEqual([200, { type: 'Patient', identifier: fnr }]);
  expect(await count(`ServiceRequest?_id=${place.slice('ServiceRequest/'.length)}&patient.name=Testesen`)).toBe(1);
});

test.each<[what: string, sent: Sent, code: string, expression: string, client?: DemoClientId]>([
  [
    'of an event that is not known',
    { event: { eventUri: 'http://sender.example/hello' }, focus: [weight(1)], beside: [patient] },
    'not-supported',
    'MessageHeader.eventUri',
  ],
  ['about nothing', { beside: [patient] }, 'business-rule', 'MessageHeader.focus'],
  [
    'about what is not of its event',
    { focus: [{ resourceType: 'Basic', code: { text: 'x' } }] },
    'business-rule',
    'Bundle.entry[1].resource',
  ],
  [
    'with what does not belong to its event',
    { focus: [weight(1)], beside: [patient, { resourceType: 'Basic', code: { text: 'x' } }] },
    'business-rule',
    'Bundle.entry[3].resource',
  ],
  [
    'with somebody who cannot be known again',
    { focus: [weight(1)], beside: [{ resourceType: 'Patient' }] },
    'required',
    'Bundle.entry[2].resource.identifier',
  ],
  [
    'that is a response',
    { header: { response: { identifier: 'x', code: 'ok' } }, focus: [weight(1)], beside: [patient] },
    'not-supported',
    'MessageHeader.response',
  ],
  [
    'in the name of another organisation',
    {
      header: { sender: { identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.101', value: '310000019' } } },
      focus: [weight(1)],
      beside: [patient],
    },
    'forbidden',
    'MessageHeader.sender',
    'hospital',
  ],
  [
    'that brings what its sender may not write',
    { focus: [weight(1)], beside: [patient] },
    'forbidden',
    'Bundle.entry[1].resource',
    'gp',
  ],
])(
  'a message %s is answered with fatal-error, and nothing of it is stored',
  async (_what, sent, code, expression, client = 'municipality') => {
    const before = await found();
    const answer = await send(message(sent), client);
    expect([answer.status, header(answer).response.code]).toEqual([200, 'fatal-error']);
    expect(header(answer).response.details.reference).toBe(answer.json.entry[1].fullUrl);
    expect([issue(answer).code, issue(answer).expression]).toEqual([code, [expression]]);
    expect(server.running.services.validator.validate(answer.json)).toEqual([]);
    expect(await found()).toEqual(before);
  },
);

test.each<[what: string, body: object, expression: string | undefined, query?: string]>([
  ['another resource', { resourceType: 'Patient' }, "Parameters.parameter.where(name='content')"],
  ['a Bundle of another type', { resourceType: 'Bundle', type: 'collection' }, 'Bundle.type'],
  ['no header', { resourceType: 'Bundle', type: 'message', entry: [{ fullUrl: url(1), resource: patient }] }, 'Bundle'],
  ['a header without a source', message({ header: { source: undefined } }), 'Bundle.entry[0].resource'],
  [
    'no id',
    message({ header: { id: undefined }, focus: [weight(1)], beside: [patient] }),
    'Bundle.entry[0].resource.id',
  ],
  [
    'a focus that is not there',
    message({ header: { focus: [{ reference: url(8) }] }, beside: [patient] }),
    'Bundle.entry[0].resource.focus[0].reference',
  ],
  ['async', message({}), "Parameters.parameter.where(name='async')", '?async=true'],
  [
    'an address for the answer',
    message({}),
    "Parameters.parameter.where(name='response-url')",
    '?response-url=http://x.example',
  ],
  ['a parameter that it does not take', message({}), undefined, '?foo=1'],
])('%s is refused with the place', async (_what, body, expression, query = '') => {
  const answer = await send(body, 'municipality', query);
  expect([answer.status, answer.json.resourceType]).toEqual([400, 'OperationOutcome']);
  if (expression !== undefined) expect(answer.json.issue[0].expression[0]).toContain(expression);
});

test('messages are in the audit log, taken or not, and the statement names their events', async () => {
  const { rows } = await server.running.services.pool.query(
    "select outcome, count(*)::int as n from audit where action = '$process-message' group by outcome order by outcome",
  );
  expect((rows as { outcome: number; n: number }[]).map(({ outcome, n }) => [outcome, n > 3])).toEqual([
    [0, true],
    [4, true],
  ]);
  const { messaging } = server.running.services.capabilities() as {
    messaging: { supportedMessage: { definition: string }[] }[];
  };
  for (const { definition } of messaging[0]!.supportedMessage)
    expect([definition, await count(`MessageDefinition?url=${definition}`)]).toEqual([definition, 1]);
});
