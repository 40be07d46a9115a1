import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { identifierSystems } from '../fhir/national-identifiers.js';
import { parseJson } from '../fhir/json.js';
import { packageRoot } from '../fhir/package-root.js';
import type { Resource } from '../fhir/resource.js';
import { carePlanFromRuleSet } from '../followup/plan/care-plan-from-rule-set.js';
import { serviceConcept } from '../followup/referral/receive-referral.js';
import { parseLibrary, parseRuleSet } from '../followup/ruleset/parse-rule-set.js';
import { instant } from '../kernel/clock.js';
import type { DemoActor } from './demo-actor.js';
import { demoIds } from './demo-directory.js';
import { exampleMessage, type MessagePatient } from './demo-messages.js';
import { bloodPressure, dailyForm, reading, weeklyForm } from './demo-readings.js';

/** Districts (bydeler) of Fjordheim, for the filter of the worklist. */
type District = 'Sentrum' | 'Nordre bydel' | 'Søndre bydel';

/** One patient of the demo world, and what happened to them in the last fortnight. */
export interface DemoPatient extends MessagePatient {
  /** For those who look around. */
  readonly about: string;
  readonly district: District;
  readonly live: (actor: DemoActor, person: DemoPatient) => Promise<void>;
}

/** Synthetic numbers: 80 is added to the month, the check digits are right. */
export const demoPeople: readonly DemoPatient[] = [
  {
    fnr: '04845040074',
    given: 'Astrid',
    family: 'Prøvesen',
    born: '1950-04-04',
    sex: '2',
    district: 'Sentrum',
    about: 'KOLS, henvist fra sykehuset; oksygenmetningen har falt, rødt varsel nå',
    live: falling,
  },
  {
    fnr: '23884440092',
    given: 'Bjørn',
    family: 'Testberg',
    born: '1944-08-23',
    sex: '1',
    district: 'Nordre bydel',
    about: 'KOLS; gult varsel behandlet, var innlagt og er utskrevet',
    live: admitted,
  },
  {
    fnr: '11835740074',
    given: 'Solveig',
    family: 'Demodal',
    born: '1957-03-11',
    sex: '2',
    district: 'Søndre bydel',
    about: 'KOLS; har ikke målt de siste dagene',
    live: silent,
  },
  {
    fnr: '30873940022',
    given: 'Harald',
    family: 'Syntetisk',
    born: '1939-07-30',
    sex: '1',
    district: 'Sentrum',
    about: 'Hjertesvikt; vekten øker, gult varsel',
    live: gaining,
  },
  {
    fnr: '07896240182',
    given: 'Liv',
    family: 'Fiktivsen',
    born: '1962-09-07',
    sex: '2',
    district: 'Nordre bydel',
    about: 'Hjertesvikt; stabil, på pause i ferien',
    live: paused,
  },
  {
    fnr: '19854940050',
    given: 'Ingrid',
    family: 'Eksempelsen',
    born: '1949-05-19',
    sex: '2',
    district: 'Søndre bydel',
    about: 'KOLS; planen venter på fastlegens godkjenning',
    live: waiting,
  },
  {
    fnr: '05875540078',
    given: 'Knut',
    family: 'Prøvestad',
    born: '1955-07-05',
    sex: '1',
    district: 'Sentrum',
    about: 'henvist fra sykehuset i går, venter på svar',
    live: referredOnly,
  },
];

async function falling(actor: DemoActor, person: DemoPatient): Promise<void> {
  const follow = await referred(actor, person, 'OX-100001');
  for (const [index, value] of [94, 93, 95, 94, 93, 94, 92, 93, 94, 93, 91, 90, 90].entries())
    await kolsDay(actor, { ...follow, day: index - 13, value });
  await measured(actor, actor.now - 35 * 60_000, reading('spo2', 89, follow));
  await actor.reach(actor.now);
}

async function admitted(actor: DemoActor, person: DemoPatient): Promise<void> {
  const follow = await referred(actor, person, 'OX-100002');
  for (const [index, value] of [94, 95, 94, 93, 91].entries())
    await kolsDay(actor, { ...follow, day: index - 13, value });
  await actor.reach(actor.day(-9, '10:20'));
  const alert = await actor.find('municipality', 'DetectedIssue', {
    patient: follow.patient,
    status: 'preliminary',
    _sort: '-_lastUpdated',
  });
  await actor.call('municipality', `DetectedIssue/${alert.id}/$close`, {
    note: 'Ringte pasienten: litt tett, men som vanlig. Måler på nytt i morgen.',
  });
  for (const [index, value] of [93, 93, 92].entries()) await kolsDay(actor, { ...follow, day: index - 8, value });
  await message(actor, person, {
    name: 'log-innlagt.xml',
    at: actor.day(-6, '14:40'),
    happened: actor.day(-6, '14:20'),
  });
  await message(actor, person, {
    name: 'log-utskrevet.xml',
    at: actor.day(-3, '12:15'),
    happened: actor.day(-3, '12:00'),
  });
  for (const [index, value] of [93, 94, 94].entries()) await kolsDay(actor, { ...follow, day: index - 2, value });
  await actor.reach(actor.now);
}

async function silent(actor: DemoActor, person: DemoPatient): Promise<void> {
  const follow = await registered(actor, person, 'OX-100003');
  await planned(actor, () => kolsDraft(actor, follow.patient));
  for (const [index, value] of [95, 96, 95, 95, 94, 95, 96, 95, 95].entries())
    await kolsDay(actor, { ...follow, day: index - 13, value });
  await actor.reach(actor.now);
}

async function gaining(actor: DemoActor, person: DemoPatient): Promise<void> {
  const follow = await registered(actor, person, 'VK-200001');
  await planned(actor, () => heartDraft(actor, follow.patient));
  for (const [index, value] of [
    '82.4',
    '82.1',
    '82.3',
    '82.2',
    '82.5',
    '82.3',
    '82.4',
    '82.2',
    '82.3',
    '82.1',
    '82.6',
    '82.9',
    '83.3',
    '83.4',
  ].entries()) {
    await heartDay(actor, { ...follow, day: index - 13, value, pressure: [124 - (index % 4) * 3, 74 - (index % 3)] });
  }
  await actor.reach(actor.now);
}

async function paused(actor: DemoActor, person: DemoPatient): Promise<void> {
  const follow = await registered(actor, person, 'VK-200002');
  await planned(actor, () => heartDraft(actor, follow.patient));
  for (const [index, value] of [
    '68.2',
    '68.0',
    '68.1',
    '68.3',
    '68.2',
    '68.1',
    '68.0',
    '68.2',
    '68.1',
    '68.2',
    '68.1',
  ].entries()) {
    await heartDay(actor, { ...follow, day: index - 13, value, pressure: [131 - (index % 5) * 2, 79 - (index % 4)] });
  }
  await actor.reach(actor.day(-2, '13:00'));
  await actor.call('municipality', `EpisodeOfCare/${follow.episode}/$pause`, {
    mode: 'all',
    reason: 'holiday',
    plannedEnd: instant(actor.day(5, '09:00')),
  });
  await actor.reach(actor.now);
}

/** Started, measured, and a draft that the GP has not answered yet. */
async function waiting(actor: DemoActor, person: DemoPatient): Promise<void> {
  const follow = await registered(actor, person, 'OX-100004');
  await actor.reach(actor.day(-2, '10:15'));
  const plan = await kolsDraft(actor, follow.patient);
  await actor.reach(actor.day(-1, '09:30'));
  await actor.call('municipality', `CarePlan/${plan.id}/$submit-for-approval`, {
    note: 'Ingrid vil gjerne ringes før kl. 11. Grensene er malens.',
  });
  await actor.reach(actor.now);
}

async function referredOnly(actor: DemoActor, person: DemoPatient): Promise<void> {
  await message(actor, person, { name: 'henvisning-nytilstand.xml', at: actor.day(-1, '13:05') });
  await actor.reach(actor.now);
}

interface Followed {
  /** `Patient/1`. */
  readonly patient: string;
  readonly fnr: string;
  readonly episode: string;
  readonly serial: string;
}

/** The hospital refers by message, the centre accepts, and the GP approves a plan of the KOLS template. */
async function referred(actor: DemoActor, person: DemoPatient, serial: string): Promise<Followed> {
  await message(actor, person, { name: 'henvisning-nytilstand.xml', at: actor.day(-15, '10:05') });
  await actor.reach(actor.day(-15, '13:10'));
  const identifier = `${identifierSystems.fnr}|${person.fnr}`;
  const patient = await actor.find('municipality', 'Patient', { identifier });
  const referral = await actor.find('municipality', 'ServiceRequest', { 'patient.identifier': identifier });
  await actor.call('municipality', `ServiceRequest/${referral.id}/$accept`, { note: 'Oppstart innen to dager.' });
  await actor.update('municipality', { ...patient, generalPractitioner: [gp], address: [addressIn(person.district)] });
  const episode = await actor.find('municipality', 'EpisodeOfCare', { patient: `Patient/${patient.id}` });
  const follow = await started(actor, {
    patient: `Patient/${patient.id}`,
    fnr: person.fnr,
    episode: episode.id!,
    serial,
  });
  await planned(actor, () => kolsDraft(actor, follow.patient));
  return follow;
}

/** The municipality takes the patient in by itself. */
async function registered(actor: DemoActor, person: DemoPatient, serial: string): Promise<Followed> {
  await actor.reach(actor.day(-15, '13:30'));
  const { id } = await actor.create('municipality', {
    resourceType: 'Patient',
    active: true,
    identifier: [{ system: identifierSystems.fnr, value: person.fnr }],
    name: [{ use: 'official', family: person.family, given: [person.given] }],
    gender: person.sex === '1' ? 'male' : 'female',
    birthDate: person.born,
    generalPractitioner: [gp],
    address: [addressIn(person.district)],
  });
  const episode = await actor.create('municipality', {
    resourceType: 'EpisodeOfCare',
    status: 'planned',
    type: [serviceConcept('103')],
    patient: { reference: `Patient/${id}` },
    managingOrganization: { reference: `Organization/${demoIds.municipality}` },
  });
  return started(actor, { patient: `Patient/${id}`, fnr: person.fnr, episode: episode.id!, serial });
}

const addressIn = (district: District) => ({ use: 'home', district, city: 'Fjordheim' });

const gp = { reference: `PractitionerRole/${demoIds.gpRole}`, display: 'Kari Testlege' };

async function started(actor: DemoActor, follow: Followed): Promise<Followed> {
  actor.patient = follow.patient.slice('Patient/'.length);
  await actor.call('municipality', 'Device/$assign', {
    serialNumber: follow.serial,
    patient: { reference: follow.patient },
  });
  await actor.call('municipality', `EpisodeOfCare/${follow.episode}/$start`);
  return follow;
}

/** Draft → submitted → approved by the GP. */
async function planned(actor: DemoActor, draft: () => Promise<Resource>): Promise<void> {
  await actor.reach(actor.day(-14, '10:15'));
  const plan = await draft();
  await actor.call('municipality', `CarePlan/${plan.id}/$submit-for-approval`);
  await actor.reach(actor.day(-14, '15:20'));
  await actor.call('gp', `CarePlan/${plan.id}/$approve`, {}, plan.meta?.versionId ?? '1');
}

const kolsDraft = (actor: DemoActor, patient: string): Promise<Resource> =>
  actor.call('municipality', 'PlanDefinition/kols/$apply', { subject: { reference: patient } });

/** Weight and blood pressure, as the centre would write it for heart failure. */
async function heartDraft(actor: DemoActor, patient: string): Promise<Resource> {
  const library = parseLibrary(
    parseJson(await readFile(path.join(packageRoot(), 'profiles', 'rule-library.json'), 'utf8')),
  );
  const daily = { times: ['08:30'], before: 'PT2H', after: 'PT6H' };
  const ruleSet = parseRuleSet(
    {
      ruleSetVersion: '1',
      status: 'draft',
      version: 1,
      timezone: 'Europe/Oslo',
      measures: { weight: 'weight', bp: 'bp' },
      rules: ['weight-gain-3d', 'bp-zone'],
      schedules: [
        { id: 'weight-daily', for: 'weight', title: 'Vekt', ...daily },
        { id: 'bp-daily', for: 'bp', title: 'Blodtrykk', ...daily },
      ],
      escalations: [],
      serviceCalendar: { days: [0, 1, 2, 3, 4], from: '08:00', to: '15:00', holidays: 'NO' },
      ebp: {
        green: { condition: 'Vekten er stabil og pusten som vanlig.', action: 'Ta medisinene som avtalt.' },
        yellow: {
          condition: 'Vekten har økt mer enn 1 kg på tre dager.',
          action: 'Følg avtalen om vanndrivende. Oppfølgingssenteret tar kontakt.',
        },
        red: {
          condition: 'Vekten har økt mer enn 2 kg på tre dager, eller du er mye mer tungpustet.',
          action: 'Kontakt fastlege eller legevakt (116117). Ring 113 ved akutt fare.',
        },
      },
    },
    library,
  );
  const plan = carePlanFromRuleSet(ruleSet, {
    subject: { reference: patient },
    title: 'Egenbehandlingsplan: Hjertesvikt',
  });
  return actor.create('municipality', plan);
}

interface KolsDay extends Followed {
  readonly day: number;
  readonly value: number;
}

async function kolsDay(actor: DemoActor, day: KolsDay): Promise<void> {
  const at = actor.day(day.day, '08:40');
  await measured(actor, at, reading('spo2', day.value, day));
  await measured(actor, at + 120_000, dailyForm(day, { dyspnoea: false, sputumVolume: false, sputumColour: false }));
  if (new Date(at).getUTCDay() === 1) await measured(actor, at + 240_000, weeklyForm(day));
}

interface HeartDay extends Followed {
  readonly day: number;
  readonly value: string;
  readonly pressure: readonly [systolic: number, diastolic: number];
}

async function heartDay(actor: DemoActor, day: HeartDay): Promise<void> {
  const at = actor.day(day.day, '08:10');
  await measured(actor, at, reading('weight', day.value, day));
  await measured(actor, at + 180_000, bloodPressure(day.pressure, day));
}

/** Sent by the supplier's gateway a moment after it was taken; what would lie ahead of the present is left out. */
async function measured(
  actor: DemoActor,
  at: number,
  content: (taken: { readonly at: number; readonly id: string }) => Resource,
): Promise<void> {
  if (at + 5_000 > actor.now) return;
  await actor.reach(at + 5_000);
  await actor.create('device', content({ at, id: actor.nextId() }));
}

async function message(
  actor: DemoActor,
  patient: DemoPatient,
  sent: { readonly name: Parameters<typeof exampleMessage>[0]; readonly at: number; readonly happened?: number },
): Promise<void> {
  await actor.reach(sent.at);
  const { name, ...times } = sent;
  await actor.send('hospital', await exampleMessage(name, { patient, id: actor.nextId(), ...times }));
}
