import { brief, expectStatus, type Fhir, type Followed, open, reading, ruleSet, stageFor } from './stage.js';

const stage = stageFor('2026-03-20T07:00:00Z');

/** The clock never goes back: each test says how much later something comes. */
const later = (hours: number): void => stage.clock.advance(hours * 3_600_000);

describe('repeated, corrected, withdrawn', () => {
  let person: Followed;
  beforeEach(async () => {
    stage.clock.set(Math.max(stage.clock.now(), Date.parse('2026-04-14T07:00:00Z')));
    person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  });
  const identifier = [{ system: 'urn:example:gateway', value: 'reading-1' }];
  const asCentre = (resource: Fhir, changes: object) =>
    stage.as('municipality', `Observation/${resource.id}`, { method: 'PUT', body: { ...resource, ...changes } });

  test('the same reading twice counts once, and is on record', async () => {
    await stage.spo2(person, 91, { identifier });
    await stage.spo2(person, 91, { identifier });
    expect(brief(open(await stage.alerts(person)))).toEqual(['spo2-zone yellow preliminary 1']);
    expect((await stage.tasks(person, 'duplicate-measurement')).map(({ status }) => status)).toEqual(['completed']);
  });

  test('the same reading with another value is a conflict: both are shown, the first counts', async () => {
    await stage.spo2(person, 91, { identifier });
    await stage.spo2(person, 85, { identifier });
    const alerts = open(await stage.alerts(person));
    expect(brief(alerts)).toEqual(['conflict:spo2 technical preliminary 1', 'spo2-zone yellow preliminary 1']);
    const shown = alerts.find(({ rule }) => rule === 'conflict:spo2')!.issue.detail;
    expect(shown).toContain('91');
    expect(shown).toContain('85');
  });

  test('entered in error by PUT cancels the alert and its Task', async () => {
    const sent = await stage.spo2(person, 85);
    expectStatus(await asCentre(sent, { status: 'entered-in-error' }), 200);
    const [alert] = await stage.alerts(person).then((all) => all.filter(({ rule }) => rule === 'spo2-zone'));
    expect(alert).toMatchObject({ status: 'entered-in-error', task: { status: 'cancelled' } });
    expect(await stage.activeFlags(person)).toEqual(['dho-active', 'zone-green']);
  });

  test('DELETE is entered in error', async () => {
    const sent = await stage.spo2(person, 85);
    expectStatus(await stage.as('municipality', `Observation/${sent.id}`, { method: 'DELETE' }), 204);
    expect((await stage.alerts(person)).filter(({ rule }) => rule === 'spo2-zone').map(({ status }) => status)).toEqual(
      ['entered-in-error'],
    );
  });

  test('of a reading that was sent twice, withdrawing the second leaves the first', async () => {
    await stage.spo2(person, 91, { identifier });
    const second = await stage.spo2(person, 91, { identifier });
    const third = await stage.spo2(person, 85, { identifier });
    expectStatus(await stage.as('municipality', `Observation/${second.id}`, { method: 'DELETE' }), 204);
    expectStatus(await asCentre(third, { status: 'entered-in-error' }), 200);
    expect(brief(await stage.alerts(person)).filter((one) => !one.startsWith('grey'))).toEqual([
      'conflict:spo2 technical entered-in-error 1',
      'spo2-zone yellow preliminary 1',
    ]);
  });

  test('what was entered in error is ignored when it is sent again', async () => {
    const sent = await stage.spo2(person, 85, { identifier });
    expectStatus(await asCentre(sent, { status: 'entered-in-error' }), 200);
    await stage.spo2(person, 85, { identifier });
    expect(brief(open(await stage.alerts(person)))).toEqual([]);
    expect(await stage.tasks(person, 'duplicate-measurement')).toHaveLength(1);
  });

  test('entered in error by mistake, and taken back: it is judged again', async () => {
    const sent = await stage.spo2(person, 85, { identifier });
    expectStatus(await asCentre(sent, { status: 'entered-in-error' }), 200);
    const wrong = (await stage.as('municipality', `Observation/${sent.id}`)).json;
    expectStatus(await asCentre(wrong, { status: 'final' }), 200);
    expect(brief(open(await stage.alerts(person)))).toEqual(['spo2-zone red preliminary 1']);
  });

  test('a reading that gets its time afterwards is judged, and the technical alert ends', async () => {
    const sent = await stage.created('device', reading('spo2', 85, { patient: person.reference, at: undefined }));
    expect(brief(open(await stage.alerts(person)))).toEqual(['technical-time:spo2 technical preliminary 1']);
    expectStatus(await asCentre(sent, { status: 'corrected', effectiveDateTime: stage.now() }), 200);
    expect(brief(open(await stage.alerts(person)))).toEqual(['spo2-zone red preliminary 1']);
  });

  test('one of two findings withdrawn leaves the alert open and says so', async () => {
    const first = await stage.spo2(person, 91);
    later(1);
    await stage.spo2(person, 90);
    expectStatus(await asCentre(first, { status: 'entered-in-error' }), 200);
    const [alert] = open(await stage.alerts(person));
    expect(alert).toMatchObject({ rule: 'spo2-zone', status: 'preliminary' });
    expect(alert!.task.note.at(-1).text).toContain('feilregistrert');
  });

  test.each([[{}], [{ identifier }]])('a correction withdraws the old value and judges the new %#', async (more) => {
    const sent = await stage.spo2(person, 85, more);
    expectStatus(
      await asCentre(sent, { status: 'corrected', valueQuantity: { ...sent.valueQuantity, value: 95 } }),
      200,
    );
    expect((await stage.alerts(person)).filter(({ rule }) => rule === 'spo2-zone').map(({ status }) => status)).toEqual(
      ['entered-in-error'],
    );
    const again = (await stage.as('municipality', `Observation/${sent.id}`)).json;
    expectStatus(
      await asCentre(again, { status: 'amended', valueQuantity: { ...sent.valueQuantity, value: 84 } }),
      200,
    );
    expect(open(await stage.alerts(person)).map(({ rule, colour }) => `${rule} ${colour}`)).toEqual(['spo2-zone red']);
  });

  test('registered is not judged; preliminary is; final with the same content is nothing new', async () => {
    const sent = await stage.spo2(person, 85, { status: 'registered' });
    expect(open(await stage.alerts(person)).filter(({ rule }) => rule === 'spo2-zone')).toEqual([]);
    expectStatus(await asCentre(sent, { status: 'preliminary' }), 200);
    expect(brief(open(await stage.alerts(person)))).toEqual(['spo2-zone red preliminary 1']);
    const again = (await stage.as('municipality', `Observation/${sent.id}`)).json;
    expectStatus(await asCentre(again, { status: 'final' }), 200);
    expect(brief(open(await stage.alerts(person)))).toEqual(['spo2-zone red preliminary 1']);
  });

  test('moved to the patient it really is about, it leaves the other', async () => {
    const other = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
    const sent = await stage.spo2(person, 85);
    expectStatus(await asCentre(sent, { subject: { reference: other.reference } }), 200);
    expect((await stage.alerts(person)).filter(({ rule }) => rule === 'spo2-zone').map(({ status }) => status)).toEqual(
      ['entered-in-error'],
    );
    expect(brief(open(await stage.alerts(other)))).toEqual(['spo2-zone red preliminary 1']);
  });

  test('a transaction of readings is judged as one commit', async () => {
    later(1);
    const bundle = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [95, 91, 88].map((value, index) => ({
        resource: reading('spo2', value, { patient: person.reference, at: stage.now(30 - index * 10) }),
        request: { method: 'POST', url: 'Observation' },
      })),
    };
    expectStatus(await stage.as('device', '', { body: bundle, method: 'POST' }), 200);
    expect(brief(open(await stage.alerts(person)))).toEqual(['spo2-zone red preliminary 2']);
  });
});
