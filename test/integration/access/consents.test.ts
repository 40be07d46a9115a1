import { expectStatus, fnrSystem, type Fhir, nextFnr, organisation, reading } from '../follow-up/stage.js';
import { type Callers, otherHospital, worldWithCallers } from './callers.js';
import { privacyConsent } from './privacy-consent.js';
import { entriesOf } from './world.js';

const { world, people } = worldWithCallers();

const consent = (provision: object): Fhir => privacyConsent(world.stranger.reference, provision);
describe('sight by consent', () => {
  const permit = (patient: string, provision: object): Fhir => ({
    ...consent({}),
    patient: { reference: patient },
    policyRule: { text: 'Samtykke' },
    provision: { type: 'permit', period: { end: '2027-01-01' }, ...provision },
  });
  const to = (reference: object): object => ({ actor: [{ role: { text: 'ser' }, reference }] });
  const withdrawn = (made: Fhir) =>
    world.stage.as('municipality', `Consent/${made.id}`, { method: 'PUT', body: { ...made, status: 'inactive' } });

  test('an organisation sees the record from the consent until its end, and no longer when it is withdrawn', async () => {
    const { stage, stranger, kept } = world;
    const reads = async (): Promise<number> =>
      (await people.as(stage.server.origin, { client_id: 'other-hospital' }, `Condition/${kept.get('Condition')}`))
        .status;
    const given = permit(stranger.reference, to(organisation(otherHospital)));
    expect(await reads()).toBe(404);
    const made = await stage.created('municipality', given);
    expect(await reads()).toBe(200);
    expectStatus(await withdrawn(made), 200);
    expect(await reads()).toBe(404);
    const day = 86_400_000;
    const end = new Date(stage.clock.now() + 3 * day).toISOString().slice(0, 10);
    const short = await stage.created('municipality', { ...given, provision: { ...given.provision, period: { end } } });
    expect(await reads()).toBe(200);
    stage.clock.advance(4 * day);
    expect(await reads()).toBe(404);
    // Prolonged, it runs again; deleted, it does not.
    const longer = { ...short, provision: { ...short.provision, period: { end: '2027-01-01' } } };
    expectStatus(await stage.as('municipality', `Consent/${short.id}`, { method: 'PUT', body: longer }), 200);
    expect(await reads()).toBe(200);
    expectStatus(await stage.as('municipality', `Consent/${short.id}`, { method: 'DELETE' }), 204);
    expect(await reads()).toBe(404);
  });

  test('what cannot be enforced is refused', async () => {
    const { stage, stranger, listed } = world;
    const other = await stage.created('municipality', {
      resourceType: 'RelatedPerson',
      patient: { reference: listed.reference },
    });
    const someone = to(organisation(otherHospital));
    const cases: readonly (readonly [object, string])[] = [
      [{ ...someone, period: undefined }, 'period.end'],
      [{ ...someone, period: { start: '2026-12-01', end: '2027-01-01' } }, 'period.start'],
      [{ ...someone, class: [{ code: 'Observation' }] }, 'class'],
      [{ ...someone, purpose: [{ code: 'TREAT' }] }, 'purpose'],
      [to({ display: 'Naboen' }), 'actor.reference'],
      [to({ reference: `RelatedPerson/${other.id}` }), 'actor.reference'],
      [to({ reference: 'RelatedPerson/nobody' }), 'actor.reference'],
    ];
    for (const [provision, element] of cases) {
      const answer = await stage.as('municipality', 'Consent', { body: permit(stranger.reference, provision) });
      expect([element, answer.status, answer.json.issue[0].expression[0]]).toEqual([
        element,
        422,
        `Consent.provision.${element}`,
      ]);
    }
  });

  test('a parent sees the child’s record by recorded consent alone, and not its log, address or others', async () => {
    const { stage, stranger, listed, kept } = world;
    const pid = nextFnr();
    const parent = { client_id: 'app', pid, scope: 'user/*.crs' } as const;
    const as = (place: string, init?: Parameters<Callers['as']>[3], claims: object = {}) =>
      people.as(stage.server.origin, { ...parent, ...claims }, place, init);
    const relative = await stage.created('municipality', {
      resourceType: 'RelatedPerson',
      identifier: [{ system: fnrSystem, value: pid }],
      patient: { reference: stranger.reference },
      relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'PRN' }] }],
    });
    // What is remembered of a token lasts some seconds.
    const soon = (): void => stage.clock.advance(11_000);
    const status = async (place: string, claims?: object): Promise<number> => {
      soon();
      return (await as(place, undefined, claims)).status;
    };
    const condition = `Condition/${kept.get('Condition')}`;
    expect(await status(condition)).toBe(404);
    const made = await stage.created(
      'municipality',
      permit(stranger.reference, to({ reference: `RelatedPerson/${relative.id}` })),
    );
    expect(await status(condition)).toBe(200);
    expect(entriesOf(await as(`Condition?patient=${stranger.id}`))).toHaveLength(1);
    expect(await status(`${condition}/_history/1`)).toBe(200);
    expect(await status(listed.reference)).toBe(404);
    expect(entriesOf(await as('Patient')).map(({ resource }: Fhir) => resource.id)).toEqual([stranger.id]);
    expect(await status(`Patient/${stranger.id}/$access-log`)).toBe(403);
    expect(await status(`Patient/${stranger.id}/$protected-address`)).toBe(403);
    expect(entriesOf(await as('AuditEvent'))).toEqual([]);
    // By user scopes: a patient scope is about the person who logged in.
    expect(await status(condition, { scope: 'patient/*.rs' })).toBe(403);
    expect(await status(condition, { scope: 'patient/*.rs', patient: stranger.id, pid: listed.fnr })).toBe(401);
    expect(await status(condition, { pid: nextFnr() })).toBe(404);
    // Sends readings for the child, and nothing else.
    const sent = await as('Observation', {
      body: reading('spo2', 97, { patient: stranger.reference, at: stage.now() }),
    });
    expectStatus(sent, 201);
    expect(
      (await as('Observation', { body: reading('spo2', 97, { patient: listed.reference, at: stage.now() }) })).status,
    ).toBe(403);
    expect(
      (await as('Condition', { body: { resourceType: 'Condition', subject: { reference: stranger.reference } } }))
        .status,
    ).toBe(403);
    // A block closes what was opened.
    const block = await stage.created('municipality', { ...consent({}), patient: { reference: stranger.reference } });
    expect(await status(condition)).toBe(404);
    expectStatus(await stage.as('municipality', `Consent/${block.id}`, { method: 'DELETE' }), 204);
    expect(await status(condition)).toBe(200);
    // No longer a relative, or no longer wanted.
    const former = { ...relative, active: false };
    expectStatus(await stage.as('municipality', `RelatedPerson/${relative.id}`, { method: 'PUT', body: former }), 200);
    expect(await status(condition)).toBe(404);
    expectStatus(
      await stage.as('municipality', `RelatedPerson/${relative.id}`, { method: 'PUT', body: relative }),
      200,
    );
    expect(await status(condition)).toBe(200);
    expectStatus(await withdrawn(made), 200);
    expect(await status(condition)).toBe(404);
  });
});
