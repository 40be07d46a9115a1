import { type ClientName, clients, type Kind, kinds, relations, typeOf } from '../../cases/access-table.js';
import type { DemoClientId } from '../../../src/config/demo.js';
import type { HereRequest, HereResponse } from '../../support/here.js';
import {
  activeReferral,
  draftPlan,
  episodeFor,
  expectStatus,
  type Fhir,
  fnrSystem,
  hprSystem,
  nextFnr,
  openStage,
  organisation,
  reading,
  ruleSet,
  type Stage,
} from '../follow-up/stage.js';
import { type Callers, type Claims, otherHospital, otherMunicipality } from './callers.js';

/** A patient of the table: what is kept of them, by kind, each with a word that stands nowhere else. */
export interface Target {
  readonly relation: string;
  readonly fnr: string;
  readonly ids: ReadonlyMap<Kind, string>;
  readonly word: (kind: Kind) => string;
}

export interface TableWorld {
  readonly stage: Stage;
  readonly targets: readonly Target[];
  /** Nobody: ids that were never given. */
  readonly nobody: Target;
  readonly ask: (
    client: ClientName | Claims,
    target: Target,
    place: string,
    init?: HereRequest,
  ) => Promise<HereResponse>;
}

const wordOf = (number: number, kind: Kind): string => `Kanari${String.fromCharCode(97 + number)}x${kind}`;
const gpOffice = '310000035';
const gpDoctor = { type: 'Practitioner', identifier: { system: hprSystem, value: '999000102' } };
const hospitalDoctor = { type: 'Practitioner', identifier: { system: hprSystem, value: '999000103' } };
const otherGp = { type: 'Practitioner', identifier: { system: hprSystem, value: '999000199' } };
const day = 86_400_000;

export async function openTableWorld(people: Callers): Promise<TableWorld> {
  const stage = await openStage('2026-03-02T07:00:00Z', people.environment);
  const parent = nextFnr();
  const { id: neighbour } = await stage.patient({ gp: '999000199' });
  const ask: TableWorld['ask'] = (client, target, place, given = {}) => {
    // Thousands of answers: neither side spends its time on packing them.
    const init = { ...given, headers: { 'accept-encoding': 'identity', ...given.headers } };
    const who = typeof client === 'string' ? clients[client] : client;
    if (typeof who === 'string') return stage.as(who as DemoClientId, place, init as never);
    const words: Record<string, string> = {
      ':patient': target.ids.get('Patient')!,
      ':neighbour': neighbour,
      ':parent': parent,
    };
    const claims = Object.fromEntries(
      Object.entries(who).map(([name, value]) => [name, words[String(value)] ?? value]),
    ) as Claims;
    return people.as(stage.server.origin, claims, place, init);
  };
  const nobody: Target = {
    relation: 'nobody',
    fnr: nextFnr(),
    ids: new Map(kinds.map((kind, at) => [kind, `0190aaaa-0000-7000-8000-0000000000${10 + at}`])),
    word: (kind) => wordOf(25, kind),
  };
  try {
    const targets: Target[] = [];
    for (const [number, { name }] of relations.entries()) targets.push(await person(number, name, { stage, ask }));
    for (const target of targets) await relate(target, { stage, ask, parent });
    return { stage, targets, nobody, ask };
  } catch (error) {
    await stage.stop();
    throw error;
  }
}

type Parts = Pick<TableWorld, 'stage' | 'ask'>;

/** Who keeps the record: the centre, but for the patients of others. */
const keeperOf = (relation: string): ClientName =>
  relation === 'of another data controller'
    ? 'another municipality'
    : relation === 'followed up by a bydel'
      ? 'bydel'
      : 'centre';

async function person(number: number, relation: string, { stage, ask }: Parts): Promise<Target> {
  const fnr = nextFnr();
  const ids = new Map<Kind, string>();
  const word = (kind: Kind): string => wordOf(number, kind);
  const target: Target = { relation, fnr, ids, word };
  const keeper = keeperOf(relation);
  const text = (kind: Kind): object => ({
    text: { status: 'additional', div: `<div xmlns="http://www.w3.org/1999/xhtml">Kanari ${word(kind)}</div>` },
  });
  const keep = async (kind: Kind, resource: object, client: ClientName = keeper): Promise<void> => {
    const type = typeOf(kind);
    const sent = { resourceType: type, ...(kind === 'Binary' ? {} : text(kind)), ...resource };
    ids.set(kind, expectStatus(await ask(client, target, type, { body: sent }), 201).json.id);
  };
  const listed = /GP|office/.test(relation);
  await keep('Patient', {
    identifier: [{ system: fnrSystem, value: fnr }],
    name: [{ family: word('Patient') }],
    ...(keeper === 'centre' && { generalPractitioner: listed ? [gpDoctor, organisation(gpOffice)] : [otherGp] }),
  });
  const reference = `Patient/${ids.get('Patient')}`;
  const subject = { reference };
  const centre = keeper === 'centre' ? '310000019' : otherMunicipality;
  // An accepted referral opens the episode.
  if (!isReferred(relation)) await keep('EpisodeOfCare', episodeFor(reference, centre));
  else {
    const { resourceType: _, ...referral } = activeReferral({
      subject,
      requester: relation.includes('plan') ? hospitalDoctor : organisation('310000027'),
      note: [{ text: word('Referral') }],
    });
    await keep('Referral', referral, 'hospital');
    if (relation !== 'referred, not yet accepted') {
      expectStatus(await stage.operation('municipality', `ServiceRequest/${ids.get('Referral')}/$accept`), 200);
      ids.set('EpisodeOfCare', (await stage.search(`EpisodeOfCare?patient=${reference}`))[0].id);
    }
  }
  const spo2 = reading('spo2', 96, { patient: reference, at: '2026-03-02T06:59:00Z' });
  const gateway = keeper === 'another municipality' ? keeper : 'gateway';
  await keep('Reading', { ...spo2, note: [{ text: word('Reading') }] }, gateway);
  const survey = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'survey' }] };
  await keep('Survey', { status: 'final', category: [survey], code: { text: word('Survey') }, subject });
  await keep('Condition', { subject, code: { text: word('Condition') } });
  await keep('Encounter', {
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
    subject,
  });
  await keep('Communication', { status: 'completed', subject, sender: subject });
  await keep('DocumentReference', {
    status: 'current',
    subject,
    content: [{ attachment: { title: word('DocumentReference') } }],
  });
  await keep('Provenance', {
    recorded: '2026-03-02T07:00:00Z',
    target: [{ reference: `Condition/${ids.get('Condition')}` }],
    agent: [{ who: organisation(centre) }],
  });
  await keep('Binary', {
    contentType: 'text/plain',
    data: Buffer.from(word('Binary')).toString('base64'),
    securityContext: subject,
  });
  return target;
}

const isReferred = (relation: string): boolean =>
  /referr|admitted|plan that|service ended|blocked from all/.test(relation);

/** Brings about the relation that the name says. */
async function relate(
  { relation, ids, fnr }: Target,
  { stage, ask, parent }: Parts & { parent: string },
): Promise<void> {
  const reference = `Patient/${ids.get('Patient')}`;
  const subject = { reference };
  const until = new Date(stage.clock.now() + 30 * day).toISOString().slice(0, 10);
  const consent = (provision: object): Promise<Fhir> =>
    stage.created('municipality', {
      resourceType: 'Consent',
      status: 'active',
      scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
      category: [{ text: 'Samtykke' }],
      policyRule: { text: 'Samtykke' },
      patient: subject,
      provision,
    });
  const actor = (one: object): object => ({ role: { text: 'den det gjelder' }, reference: one });
  const post = (parameter: object[]): HereRequest => ({ body: { resourceType: 'Parameters', parameter } });
  const ended = async (): Promise<void> => {
    const episode = `EpisodeOfCare/${ids.get('EpisodeOfCare')}`;
    expectStatus(await stage.operation('municipality', `${episode}/$end`, { reason: 'Målet er nådd' }), 200);
  };
  const started = async (): Promise<void> =>
    void expectStatus(await stage.operation('municipality', `EpisodeOfCare/${ids.get('EpisodeOfCare')}/$start`), 200);
  switch (relation) {
    case 'with a plan that the hospital answers for': {
      const draft = await stage.created('municipality', draftPlan(reference, ruleSet(['spo2'], ['spo2-zone'])));
      expectStatus(await stage.operation('municipality', `CarePlan/${draft.id}/$submit-for-approval`), 200);
      const version = { 'if-match': 'W/"1"' };
      expectStatus(await stage.operation('hospital', `CarePlan/${draft.id}/$approve`, {}, version), 200);
      return;
    }
    case 'admitted, and the service ended':
      await started();
      await stage.created('hospital', {
        resourceType: 'Encounter',
        status: 'in-progress',
        class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
        subject,
        serviceProvider: organisation('310000027'),
      });
      return ended();
    case 'service ended':
      await started();
      return ended();
    case 'blocked from the office':
      return void (await consent({ type: 'deny', actor: [actor(organisation(gpOffice))] }));
    case 'blocked from the GP alone':
      return void (await consent({ type: 'deny', actor: [actor(gpDoctor)] }));
    case 'blocked from all':
      return void (await consent({ type: 'deny' }));
    case 'covered by a bydel':
      return void expectStatus(
        await stage.as(
          'municipality',
          `EpisodeOfCare/${ids.get('EpisodeOfCare')}/$cover`,
          post([
            { name: 'organisation', valueIdentifier: organisation(otherMunicipality).identifier },
            { name: 'until', valueDateTime: until },
            { name: 'reason', valueString: 'Ferie' },
          ]) as never,
        ),
        200,
      );
    case 'opened in an emergency':
      return void expectStatus(
        await ask(
          'emergency doctor',
          { ids } as Target,
          'Patient/$break-glass',
          post([
            { name: 'identifier', valueIdentifier: { system: fnrSystem, value: fnr } },
            { name: 'reason', valueString: 'Bevisstløs i akuttmottaket' },
          ]),
        ),
        200,
      );
    case 'with consent': {
      const relative = await stage.created('municipality', {
        resourceType: 'RelatedPerson',
        identifier: [{ system: fnrSystem, value: parent }],
        patient: subject,
      });
      const seers = [organisation(otherHospital), { reference: `RelatedPerson/${relative.id}` }];
      return void (await consent({ type: 'permit', period: { end: until }, actor: seers.map(actor) }));
    }
    default:
  }
}
