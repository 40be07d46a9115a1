import { expectStatus, fnrSystem } from '../follow-up/stage.js';
import { worldWithCallers } from './callers.js';
import { entriesOf, type World } from './world.js';

const { world, people } = worldWithCallers();

// oxlint-disable-next-line typescript/no-explicit-any
type Event = any;
const events = (answer: Awaited<ReturnType<World['stage']['as']>>): Event[] =>
  entriesOf(expectStatus(answer, 200)).map(({ resource }) => resource);
const search = async (query: string): Promise<Event[]> => events(await world.stage.as('admin', `AuditEvent?${query}`));
/** The entry of the request that was answered so. */
const eventOf = async (answer: { headers: Headers }, patient?: string): Promise<Event> => {
  const found = await search(`_count=20${patient === undefined ? '' : `&patient=${patient}`}`);
  const id = answer.headers.get('x-request-id');
  return found.find((one) => one.entity.some((part: Event) => part.what?.identifier?.value === id));
};

describe('the log as AuditEvents', () => {
  test('a read by a professional says who, where, why, what and whose, as Basic Audit has it', async () => {
    const { stage, kept, stranger } = world;
    const condition = `Condition/${kept.get('Condition')}`;
    const read = await people.as(
      stage.server.origin,
      {
        client_id: 'centre-people',
        hpr: '999000101',
        level: '4',
        unit: '310000086',
        purpose: { care_relation: { purpose_of_use: { code: 'TREAT', system: '2.16.840.1.113883.1.11.20448' } } },
      },
      condition,
    );
    expectStatus(read, 200);
    const event = await eventOf(read, stranger.id);
    expect(event).toMatchObject({
      resourceType: 'AuditEvent',
      meta: { profile: ['https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientRead'] },
      type: { code: 'rest' },
      subtype: [{ system: 'http://hl7.org/fhir/restful-interaction', code: 'read' }],
      action: 'R',
      outcome: '0',
      recorded: '2026-03-02T07:00:00.000Z',
      purposeOfEvent: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }] }],
      source: { observer: { identifier: { value: '310000019' } } },
    });
    expect(event.agent).toMatchObject([
      { requestor: true, who: { identifier: { value: '999000101' } }, altId: 'person-centre-people' },
      { requestor: false, who: { display: 'centre-people' } },
      { type: { coding: [{ code: '110152' }] } },
      { who: { type: 'Organization', identifier: { value: '310000019' } } },
      { who: { type: 'Organization', identifier: { value: '310000086' } } },
    ]);
    expect(event.entity).toMatchObject([
      { what: { reference: stranger.reference }, role: { code: '1' } },
      { what: { reference: condition }, role: { code: '4' } },
      {
        what: { identifier: { value: read.headers.get('x-request-id') } },
        detail: [{ type: 'security-level', valueString: '4' }, { type: 'purpose-of-use' }],
      },
    ]);
    expectStatus(
      await stage.as('admin', 'AuditEvent/$validate', {
        body: { resourceType: 'Parameters', parameter: [{ name: 'resource', resource: event }] },
      }),
      200,
    );
    const same = expectStatus(await stage.as('admin', `AuditEvent/${event.id}`), 200).json;
    expect(same).toEqual(event);
    expect(expectStatus(await stage.as('admin', `AuditEvent/${event.id}/_history/1`), 200).json).toEqual(event);
    expect(entriesOf(await stage.as('admin', `AuditEvent/${event.id}/_history`))).toHaveLength(1);
  });

  test('is found by date, patient, identifier, agent, action, entity, type, outcome and id, newest first', async () => {
    const { stage, kept, stranger, listed } = world;
    const condition = `Condition/${kept.get('Condition')}`;
    expectStatus(await stage.as('municipality', condition), 200);
    expect((await stage.as('hospital', condition)).status).toBe(404);
    expectStatus(await stage.as('municipality', `Patient/${listed.id}`), 200);

    const mine = await search(`patient=${stranger.reference}&_count=500`);
    expect(mine.length).toBeGreaterThan(10);
    for (const event of mine)
      expect(event.entity.map((part: Event) => part.what?.reference)).toContain(stranger.reference);
    const times = mine.map(({ recorded }) => recorded);
    expect(times).toEqual([...times].sort().reverse());

    const byNumber = await stage.as('admin', 'AuditEvent/_search', {
      method: 'POST',
      body: `patient.identifier=${encodeURIComponent(`${fnrSystem}|${stranger.fnr}`)}&_count=500`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(events(byNumber).length).toBeGreaterThanOrEqual(mine.length);

    const refused = await search(`entity=${condition}&outcome=4`);
    expect(refused.map(({ agent, action }) => [agent[0].name, action])).toEqual([['Nordvik sykehus (EPJ)', 'R']]);
    expect((await search(`patient=${stranger.id}&action=C&_count=500`)).map(({ action }) => action)).not.toContain('R');
    expect((await search(`agent-name=nobody&patient=${stranger.id}`)).length).toBe(0);
    expect((await search(`patient=${stranger.id}&date=gt2026-03-03`)).length).toBe(0);
    expect((await search(`patient=${stranger.id}&date=2026-03-02&type=rest&_count=500`)).length).toBeGreaterThan(5);
    const one = mine[0];
    expect(await search(`_id=${one.id}`)).toEqual([one]);

    const count = expectStatus(
      await stage.as('admin', `AuditEvent?patient=${stranger.id}&action=R&_summary=count`),
      200,
    );
    const all = await search(`patient=${stranger.id}&action=R&_count=500`);
    expect(count.json.total).toBe(all.length);
    const named = expectStatus(
      await stage.as('admin', `AuditEvent?patient=${stranger.id}&action=R&subtype=read&_summary=count`),
      200,
    );
    expect(named.json.total).toBe(all.filter(({ subtype }) => subtype[0].code === 'read').length);
  });

  test('pages hold each entry once, with those that a client has written among them', async () => {
    const { stage, stranger } = world;
    const written = await stage.created('admin', {
      resourceType: 'AuditEvent',
      type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
      recorded: '2026-03-01T07:00:00Z',
      agent: [{ requestor: true, name: 'EPJ' }],
      source: { observer: { display: 'EPJ' } },
      entity: [{ what: { reference: stranger.reference } }],
    });
    const whole = await search(`patient=${stranger.id}&_sort=date&_count=900`);
    expect(whole[0].id).toBe(written.id);
    const seen: string[] = [];
    let next: string | undefined = `AuditEvent?patient=${stranger.id}&_sort=date&_count=7&date=le2026-03-02T07:00:00Z`;
    while (next !== undefined && seen.length < 2000) {
      const answer: Event = expectStatus(await stage.as('admin', next), 200);
      seen.push(...entriesOf(answer).map(({ resource }) => resource.id));
      next = answer.json.link.find(({ relation }: Event) => relation === 'next')?.url.split('/fhir/')[1];
      // The walk itself leaves entries; only what was there before it is compared.
      if (seen.length >= whole.length) break;
    }
    expect(seen.slice(0, whole.length)).toEqual(whole.map(({ id }) => id));
    expect(new Set(seen).size).toBe(seen.length);
  });

  test('what the server wrote is changed by nobody, in no way', async () => {
    const { stage, stranger } = world;
    const [event] = await search(`patient=${stranger.id}&_count=1`);
    const place = `AuditEvent/${event.id}`;
    const changed = { ...event, outcome: '12' };
    const patch = [{ op: 'replace', path: '/outcome', value: '12' }];
    const attempts = [
      await stage.as('admin', place, { method: 'PUT', body: changed }),
      await stage.as('admin', place, { method: 'DELETE' }),
      await stage.as('admin', place, {
        method: 'PATCH',
        body: JSON.stringify(patch),
        headers: { 'content-type': 'application/json-patch+json' },
      }),
      await stage.as('admin', 'AuditEvent/log-1-999999', { method: 'PUT', body: { ...changed, id: 'log-1-999999' } }),
    ];
    expect(attempts.map(({ status }) => status)).toEqual([405, 405, 405, 405]);
    for (const request of [
      { method: 'PUT', url: place },
      { method: 'DELETE', url: place },
    ]) {
      const answer = await stage.as('admin', '', {
        body: {
          resourceType: 'Bundle',
          type: 'transaction',
          entry: [{ request, ...(request.method === 'PUT' ? { resource: changed } : {}) }],
        },
      });
      expect(answer.status).toBe(405);
    }
    expect(expectStatus(await stage.as('admin', place), 200).json).toEqual(event);
  });

  test('is for the administrator; a citizen sees what concerns them, and of others nothing', async () => {
    const { stage, stranger, listed } = world;
    for (const client of ['municipality', 'hospital', 'gp', 'device'] as const)
      expect((await stage.as(client, `AuditEvent?patient=${stranger.id}`)).status).toBe(403);
    // One search that shows both of them.
    const both = await stage.as('municipality', `Patient?_id=${stranger.id},${listed.id}`);
    expect(entriesOf(both)).toHaveLength(2);
    const me = { client_id: 'app', patient: stranger.id } as const;
    const mine = await people.as(stage.server.origin, me, 'AuditEvent?_count=500');
    expect(events(mine).length).toBeGreaterThan(10);
    expect(mine.text).not.toContain(listed.id);
    const shared = events(mine).find(({ entity }) =>
      entity.some((part: Event) => part.what?.identifier?.value === both.headers.get('x-request-id')),
    );
    expect(shared).toMatchObject({ subtype: [{ code: 'search-type' }] });
    expect(events(await people.as(stage.server.origin, me, `AuditEvent?patient=${listed.id}`))).toEqual([]);
    const [others] = await search(`patient=${listed.id}&action=C&_count=1`);
    expect((await people.as(stage.server.origin, me, `AuditEvent/${others.id}`)).status).toBe(404);
    expectStatus(await people.as(stage.server.origin, me, `AuditEvent/${shared.id}`), 200);
  });
});
