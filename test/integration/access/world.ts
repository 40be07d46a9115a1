import { type DemoClientId, demoClients } from '../../../src/config/demo.js';
import type { Log } from '../../../src/kernel/log.js';
import type { HereResponse } from '../../support/here.js';
import {
  bloodPressure,
  draftPlan,
  episodeFor,
  expectStatus,
  fnrSystem,
  hprSystem,
  openStage,
  organisation,
  organisationSystem,
  own,
  reading,
  ruleSet,
  type Stage,
  type Fhir,
} from '../follow-up/stage.js';

/** A stranger to hospital, GP and device: followed up by the municipality, listed with another GP. */
export interface World {
  readonly stage: Stage;
  readonly stranger: { readonly id: string; readonly fnr: string; readonly reference: string };
  /** A patient on the demo GP's list. */
  readonly listed: { readonly id: string; readonly fnr: string; readonly reference: string };
  /** Names in cases → what stands there. */
  readonly names: Readonly<Record<string, string>>;
  /** Type → id of what is stored of the stranger. */
  readonly kept: ReadonlyMap<string, string>;
}

export async function openWorld(environment: Record<string, string> = {}, log?: Log): Promise<World> {
  const stage = await openStage('2026-03-02T07:00:00Z', environment, log);
  try {
    return await people(stage);
  } catch (error) {
    await stage.stop();
    throw error;
  }
}

async function people(stage: Stage): Promise<World> {
  const listed = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  const stranger = await stage.patient({ gp: '999000199' });
  const episode = await stage.created('municipality', episodeFor(stranger.reference));
  expectStatus(await stage.operation('municipality', `EpisodeOfCare/${episode.id}/$start`), 200);
  const about = { subject: { reference: stranger.reference } };
  const at = '2026-03-02T07:00:00Z';
  const kept = new Map<string, string>([
    ['Patient', stranger.id],
    ['EpisodeOfCare', episode.id],
  ]);
  const keep = async (resource: object): Promise<void> => {
    const made = await stage.created('municipality', resource);
    kept.set(made.resourceType, made.id);
  };
  await keep(draftPlan(stranger.reference, ruleSet(['spo2'], ['spo2-zone'])));
  expectStatus(await stage.operation('municipality', `CarePlan/${kept.get('CarePlan')}/$submit-for-approval`), 200);
  await keep(bloodPressure({ sys: 130, dia: 80 }, { patient: stranger.reference, at }));
  await keep(reading('spo2', 85, { patient: { identifier: { system: fnrSystem, value: stranger.fnr } }, at }));
  await keep({ resourceType: 'Condition', ...about, code: { text: 'Kols' } });
  await keep({
    resourceType: 'Communication',
    status: 'completed',
    ...about,
    sender: { reference: stranger.reference },
    payload: [{ contentString: 'Hei' }],
  });
  await keep({ resourceType: 'QuestionnaireResponse', status: 'in-progress', ...about });
  await keep({
    resourceType: 'DocumentReference',
    status: 'current',
    ...about,
    content: [{ attachment: { title: 'Epikrise' } }],
  });
  await keep({
    resourceType: 'Appointment',
    status: 'proposed',
    participant: [{ status: 'accepted', actor: { reference: stranger.reference } }],
  });
  await keep({
    resourceType: 'Encounter',
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
    ...about,
  });
  await keep({
    resourceType: 'Provenance',
    recorded: at,
    target: [{ reference: `Observation/${kept.get('Observation')}` }],
    agent: [{ who: organisation('310000019') }],
  });
  await keep({
    resourceType: 'Binary',
    contentType: 'text/plain',
    data: 'eA==',
    securityContext: { reference: stranger.reference },
  });
  await keep({ resourceType: 'RelatedPerson', patient: { reference: stranger.reference } });
  const [alert] = await stage.alerts(stranger);
  kept.set('DetectedIssue', alert!.issue.id);
  kept.set('Task', alert!.task.id);
  kept.set('Flag', (await stage.search(`Flag?patient=${stranger.reference}`))[0].id);
  const names = {
    ':patient': stranger.id,
    ':listed': listed.id,
    ':episode': episode.id,
    ':careplan': kept.get('CarePlan')!,
    ':relative': kept.get('RelatedPerson')!,
    ':observation': kept.get('Observation')!,
    ':alertTask': kept.get('Task')!,
    ':alert': kept.get('DetectedIssue')!,
  };
  return { stage, stranger, listed, names, kept };
}

const service = { coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-service', code: '103' }] };

/** Fills a case's names in: whole strings by a value, parts of strings by their text. */
export function filled(
  value: unknown,
  client: DemoClientId,
  { names, stranger }: World,
  saved: ReadonlyMap<string, string>,
): Fhir {
  const me = organisation(demoClients[client].organisation.orgnr);
  const referral = {
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'order',
    code: service,
    subject: { reference: stranger.reference },
    requester: me,
  };
  const whole: Record<string, unknown> = {
    ':me': me,
    ':myNumber': me.identifier,
    ':municipality': organisation('310000019'),
    ':municipalityNumber': { system: organisationSystem, value: '310000019' },
    ':otherGp': { system: hprSystem, value: '999000199' },
    ':fnr': { system: fnrSystem, value: stranger.fnr },
    ':service': service,
    ':fulfill': { coding: [{ system: 'http://hl7.org/fhir/CodeSystem/task-code', code: 'fulfill' }] },
    ':referral': referral,
    ':referral completed': { ...referral, id: saved.get(':request'), status: 'completed' },
    ':permit': {
      resourceType: 'Consent',
      id: `mine-${client}`,
      status: 'active',
      scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
      category: [{ text: 'Samtykke' }],
      policyRule: { text: 'Samtykke' },
      patient: { reference: stranger.reference },
      provision: { type: 'permit', period: { end: '2027-01-01' }, actor: [{ role: { text: 'x' }, reference: me }] },
    },
    ':approval': { url: own('dho-approval'), extension: [{ url: 'state', valueCode: 'approved' }] },
  };
  const fill = (part: unknown): unknown => {
    if (typeof part === 'string') {
      if (part in whole) return whole[part];
      let text = part.replaceAll(':fnrToken', `${fnrSystem}|${stranger.fnr}`).replaceAll(':client', client);
      for (const [name, text2] of [...Object.entries(names), ...saved].sort(([a], [b]) => b.length - a.length))
        text = text.replaceAll(name, text2);
      return text;
    }
    if (Array.isArray(part)) return part.map(fill);
    if (typeof part === 'object' && part !== null)
      return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, fill(inner)]));
    return part;
  };
  return fill(value);
}

export const entriesOf = (answer: HereResponse): Fhir[] => (answer.json?.entry ?? []) as Fhir[];
