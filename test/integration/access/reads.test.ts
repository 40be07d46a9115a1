import { readFileSync } from 'node:fs';
import type { DemoClientId } from '../../../src/config/demo.js';
import type { HereResponse } from '../../support/here.js';
import { expectStatus, fnrSystem, organisation, reading } from '../follow-up/stage.js';
import { entriesOf, openWorld, type World } from './world.js';

interface Read {
  readonly name: string;
  readonly method?: string;
  readonly place: string;
  readonly form?: string;
  readonly body?: object;
  readonly headers?: Record<string, string>;
}
const reads = JSON.parse(readFileSync('test/cases/access-reads.json', 'utf8')) as readonly Read[];
const outsiders: readonly DemoClientId[] = ['hospital', 'gp', 'device'];

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.stage.stop());

const ask = (client: DemoClientId | undefined, read: Read, type: string, id: string): Promise<HereResponse> => {
  const fill = (text: string): string => text.replaceAll(':type', type).replaceAll(':id', id);
  if (read.form !== undefined)
    return world.stage.as(client, fill(read.place), {
      method: 'POST',
      body: fill(read.form),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  return world.stage.as(client, fill(read.place), {
    method: read.method ?? 'GET',
    headers: read.headers ?? {},
    ...(read.body === undefined ? {} : { body: fill(JSON.stringify(read.body)) }),
  });
};
/** What of an answer could tell two things apart: without ids and times of the answer itself. */
const comparable = (answer: HereResponse, id: string): unknown => ({
  status: answer.status,
  text: answer.text
    .replaceAll(id, 'ID')
    .replaceAll(/"id":"[^"]+"/g, '')
    .replaceAll(/"(lastUpdated|url)":"[^"]+"/g, ''),
});

describe('what may not be seen is answered like what is not there', () => {
  const cases = outsiders.flatMap((client) => reads.map((read) => ({ client, read, how: read.name })));
  test.each(cases)('$client: $how', async ({ client, read }) => {
    const absentId = '0190aaaa-0000-7000-8000-000000000000';
    for (const [type, id] of world.kept) {
      const forbidden = await ask(client, read, type, id);
      const absent = await ask(client, read, type, absentId);
      expect({ type, answer: comparable(forbidden, id) }).toEqual({ type, answer: comparable(absent, absentId) });
      expect(forbidden.text).not.toContain('Kols');
    }
    // The same request by the municipality finds it, so the comparison is of something.
    const changes = read.method === 'DELETE' || read.method === 'PUT' || JSON.stringify(read.body)?.includes('DELETE');
    if (changes !== true) {
      const found = await ask('municipality', read, 'Condition', world.kept.get('Condition')!);
      expect(found.status).toBe(200);
    }
  });
});

test.each(reads)('nothing without a token: $name', async (read) => {
  expect((await ask(undefined, read, 'Condition', world.kept.get('Condition')!)).status).toBe(401);
});

test('what was deleted is hidden from those who could not see it before', async () => {
  const made = await world.stage.created('municipality', {
    resourceType: 'Condition',
    subject: { reference: world.stranger.reference },
    code: { text: 'Astma' },
  });
  expectStatus(await world.stage.as('municipality', `Condition/${made.id}`, { method: 'DELETE' }), 204);
  expect((await world.stage.as('municipality', `Condition/${made.id}`)).status).toBe(410);
  for (const client of ['hospital', 'gp'] as const) {
    for (const read of reads.filter(({ place }) => place.startsWith(':type/:id'))) {
      expect({ read: read.name, status: (await ask(client, read, 'Condition', made.id)).status }).not.toMatchObject({
        status: 410,
      });
      expect({ read: read.name, status: (await ask(client, read, 'Condition', made.id)).status }).not.toMatchObject({
        status: 204,
      });
    }
  }
});

describe('ways around', () => {
  const post = (client: DemoClientId, type: string, form: string) =>
    world.stage.as(client, `${type}/_search`, {
      method: 'POST',
      body: form,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  const ids = (answer: HereResponse): string[] => entriesOf(answer).map(({ resource }) => resource?.id);

  test.each(outsiders)('%s: a chain through what is hidden finds nothing', async (client) => {
    const { stranger } = world;
    const token = encodeURIComponent(`${fnrSystem}|${stranger.fnr}`);
    for (const [type, form] of [
      ['Observation', `patient.identifier=${token}`],
      ['Observation', `subject:identifier=${token}`],
      ['Observation', `patient=${stranger.id}&_total=accurate`],
      ['QuestionnaireResponse', `subject.identifier=${token}`],
      ['Patient', `identifier=${token}`],
      ['Patient', '_has:Observation:patient:code=59408-5'],
      ['Patient', `_has:Condition:patient:_id=${world.kept.get('Condition')}`],
      ['Organization', `_has:EpisodeOfCare:organization:_id=${world.kept.get('EpisodeOfCare')}`],
    ] as const) {
      const answer = await post(client, type, form);
      if (answer.status >= 400) continue;
      expect({ form, ids: ids(answer).filter((id) => [...world.kept.values()].includes(id)) }).toEqual({
        form,
        ids: [],
      });
      if (form.includes('_total')) expect(answer.json.total).toBe(0);
    }
  });

  test.each(['hospital', 'gp'] as const)('%s: an include does not bring what is hidden along', async (client) => {
    const referral = await world.stage.created(client, {
      resourceType: 'ServiceRequest',
      status: 'active',
      intent: 'order',
      code: { coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-service', code: '103' }] },
      subject: { reference: world.stranger.reference },
      requester: organisation(client === 'gp' ? '310000035' : '310000027'),
      supportingInfo: [
        { reference: `Condition/${world.kept.get('Condition')}` },
        { reference: `Observation/${world.kept.get('Observation')}` },
      ],
    });
    for (const more of [
      '_include=ServiceRequest:subject',
      '_include=ServiceRequest:patient',
      '_include=*',
      '_include=ServiceRequest:subject&_include:iterate=Patient:general-practitioner',
      '_revinclude=Task:focus',
    ]) {
      const answer = await world.stage.as(client, `ServiceRequest?_id=${referral.id}&${more}`);
      if (answer.status >= 400) continue;
      const brought = entriesOf(answer)
        .filter(({ search }) => search.mode === 'include')
        .map(({ resource }) => `${resource.resourceType}/${resource.id}`);
      expect({ more, brought: brought.filter((one) => !one.startsWith('Task/')) }).toEqual({ more, brought: [] });
    }
    expect(
      (await world.stage.as('municipality', `ServiceRequest?_id=${referral.id}&_include=ServiceRequest:subject`)).json
        .entry,
    ).toHaveLength(2);
  });

  test('a revinclude of what the hospital registered itself brings nothing that others wrote about it', async () => {
    const { stage } = world;
    const mine = await stage.created('hospital', { resourceType: 'Patient', name: [{ text: 'Henvist' }] });
    const noted = await stage.created(
      'admin',
      reading('spo2', 91, { patient: `Patient/${mine.id}`, at: '2026-03-02T07:00:00Z' }),
    );
    const answer = expectStatus(
      await stage.as(
        'hospital',
        `Patient?_id=${mine.id}&_revinclude=Observation:subject&_revinclude=Observation:patient`,
      ),
      200,
    );
    expect(ids(answer)).toEqual([mine.id]);
    expect((await stage.as('hospital', `Observation/${noted.id}`)).status).toBe(404);
  });

  test.each(outsiders)('%s: $lastn finds nothing', async (client) => {
    const answer = await world.stage.as(client, `Observation/$lastn?patient=${world.stranger.id}&code=59408-5,85354-9`);
    expect(answer.status >= 400 || ids(answer).length === 0).toBe(true);
    expect(
      ids(await world.stage.as('municipality', `Observation/$lastn?patient=${world.stranger.id}&code=59408-5,85354-9`)),
    ).toHaveLength(2);
  });

  test.each(['hospital', 'gp'] as const)('%s: a conditional create does not find what is hidden', async (client) => {
    const answer = await world.stage.as(client, 'ServiceRequest', {
      body: {
        resourceType: 'ServiceRequest',
        status: 'active',
        intent: 'order',
        code: { coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-service', code: '103' }] },
        subject: { identifier: { system: fnrSystem, value: world.stranger.fnr } },
        requester: organisation(client === 'gp' ? '310000035' : '310000027'),
      },
      headers: { 'if-none-exist': `_has:Task:focus:_id=${world.kept.get('Task')}` },
    });
    expect([201, 400]).toContain(answer.status);
  });

  test('the device sees what it delivered, and nothing else', async () => {
    const { stage, stranger } = world;
    const own = await stage.created(
      'device',
      reading('spo2', 95, { patient: stranger.reference, at: '2026-03-02T07:00:00Z' }),
    );
    expect((await stage.as('device', `Observation/${own.id}`)).status).toBe(200);
    expect(ids(await stage.as('device', `Observation?patient=${stranger.id}`))).toEqual([own.id]);
    expect((await stage.as('device', `Patient/${stranger.id}`)).status).toBe(403);
    expect((await stage.as('device', `Observation?patient=${stranger.id}&_summary=count`)).json.total).toBe(1);
  });
});

describe('scopes', () => {
  test.each([
    ['device', 'POST', 'Condition'],
    ['device', 'POST', 'Patient'],
    ['device', 'GET', 'CarePlan'],
    ['hospital', 'POST', 'Observation'],
    ['hospital', 'POST', 'Organization'],
    ['gp', 'POST', 'EpisodeOfCare'],
    ['gp', 'GET', 'AuditEvent'],
    ['municipality', 'GET', 'AuditEvent'],
    ['municipality', 'POST', 'StructureDefinition'],
    ['municipality', 'POST', 'SearchParameter'],
  ] as const)('%s: %s %s is forbidden', async (client, method, type) => {
    const answer = await world.stage.as(client, type, {
      method,
      ...(method === 'POST' ? { body: { resourceType: type } } : {}),
    });
    expect([400, 403]).toContain(answer.status);
    if (method === 'GET') expect(answer.status).toBe(403);
  });
});

describe('a relation begins and ends', () => {
  const service = { coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-service', code: '103' }] };
  const refer = async (patient: string) => {
    const { stage } = world;
    const request = await stage.created('hospital', {
      resourceType: 'ServiceRequest',
      status: 'active',
      intent: 'order',
      code: service,
      subject: { reference: patient },
      requester: organisation('310000027'),
    });
    const tasks = await stage.search(`Task?focus=ServiceRequest/${request.id}`, 'hospital');
    const task =
      tasks[0] ??
      (await stage.created('hospital', {
        resourceType: 'Task',
        status: 'requested',
        intent: 'order',
        code: { coding: [{ system: 'http://hl7.org/fhir/CodeSystem/task-code', code: 'fulfill' }] },
        focus: { reference: `ServiceRequest/${request.id}` },
        for: { reference: patient },
        requester: organisation('310000027'),
      }));
    return { request, task };
  };

  test('the hospital sees its referral and the Task; after $accept the patient; after the end nothing new', async () => {
    const { stage } = world;
    const person = await stage.patient({ gp: '999000199' });
    const noted = await stage
      .created('municipality', {
        resourceType: 'Condition',
        subject: { reference: person.reference },
        code: { text: 'Kols' },
      })
      .catch(() => undefined);
    const { request, task } = await refer(person.reference);
    expect((await stage.as('hospital', `ServiceRequest/${request.id}`)).status).toBe(200);
    expect((await stage.as('hospital', `Task/${task.id}`)).status).toBe(200);
    expect((await stage.as('hospital', person.reference)).status).toBe(404);
    expectStatus(await stage.operation('municipality', `ServiceRequest/${request.id}/$accept`), 200);
    expect((await stage.as('hospital', person.reference)).status).toBe(200);
    if (noted !== undefined) expect((await stage.as('hospital', `Condition/${noted.id}`)).status).toBe(200);
    expect((await stage.as('gp', person.reference)).status).toBe(404);
  });

  test('a Task whose sender’s clock is ahead is accepted all the same', async () => {
    const { stage } = world;
    const person = await stage.patient({ gp: '999000199' });
    const request = await stage.created('hospital', {
      resourceType: 'ServiceRequest',
      status: 'active',
      intent: 'order',
      code: service,
      subject: { reference: person.reference },
      requester: organisation('310000027'),
    });
    const ahead = new Date(stage.clock.now() + 60_000).toISOString();
    if ((await stage.search(`Task?focus=ServiceRequest/${request.id}`, 'hospital')).length === 0) {
      await stage.created('hospital', {
        resourceType: 'Task',
        status: 'requested',
        intent: 'order',
        authoredOn: ahead,
        lastModified: ahead,
        code: { coding: [{ system: 'http://hl7.org/fhir/CodeSystem/task-code', code: 'fulfill' }] },
        focus: { reference: `ServiceRequest/${request.id}` },
        for: { reference: person.reference },
        requester: organisation('310000027'),
      });
    }
    expectStatus(await stage.operation('municipality', `ServiceRequest/${request.id}/$accept`), 200);
  });

  test('a referral that was rejected gives nothing', async () => {
    const { stage } = world;
    const person = await stage.patient({ gp: '999000199' });
    const { request } = await refer(person.reference);
    expectStatus(
      await stage.operation('municipality', `ServiceRequest/${request.id}/$reject`, { reason: 'Utenfor målgruppen' }),
      200,
    );
    expect((await stage.as('hospital', `ServiceRequest/${request.id}`)).status).toBe(200);
    expect((await stage.as('hospital', person.reference)).status).toBe(404);
  });

  test('with the patient’s next GP the former one sees nothing any more', async () => {
    const { stage } = world;
    const person = await stage.patient();
    expect((await stage.as('gp', person.reference)).status).toBe(200);
    const { json } = await stage.as('municipality', person.reference);
    expectStatus(
      await stage.as('municipality', person.reference, {
        method: 'PUT',
        body: {
          ...json,
          generalPractitioner: [{ identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: '999000150' } }],
        },
      }),
      200,
    );
    expect((await stage.as('gp', person.reference)).status).toBe(404);
  });

  test('when the service has ended, the relation lasts its days and no longer', async () => {
    const { stage } = world;
    const person = await stage.patient({ gp: '999000199' });
    const { request } = await refer(person.reference);
    expectStatus(await stage.operation('municipality', `ServiceRequest/${request.id}/$accept`), 200);
    const [episode] = await stage.search(`EpisodeOfCare?patient=${person.id}`);
    expect(episode).toBeDefined();
    expectStatus(await stage.operation('municipality', `EpisodeOfCare/${episode.id}/$start`), 200);
    const noted = await stage.created('municipality', {
      resourceType: 'Condition',
      subject: { reference: person.reference },
      code: { text: 'Kols' },
    });
    expectStatus(
      await stage.operation('municipality', `EpisodeOfCare/${episode.id}/$end`, { reason: 'Målet er nådd' }),
      200,
    );
    const day = 86_400_000;
    for (const [days, status] of [
      [89, 200],
      [2, 404],
    ] as const) {
      stage.clock.advance(days * day);
      for (const client of ['hospital', 'municipality'] as const) {
        expect((await stage.as(client, `Condition/${noted.id}`)).status).toBe(status);
        expect((await stage.as(client, `Condition/${noted.id}/_history`)).status).toBe(status);
        expect(entriesOf(await stage.as(client, `Condition?_id=${noted.id}`))).toHaveLength(status === 200 ? 1 : 0);
      }
    }
  });
});
