import { readFileSync } from 'node:fs';
import path from 'node:path';
import { systemPrincipal } from '../../../src/access/principal.js';
import { type DemoClientId, demoGp, demoMunicipality } from '../../../src/config/demo.js';
import { identityNumber } from '../../../src/fhir/national-identifiers.js';
import type { Resource } from '../../../src/fhir/resource.js';
import type { RuleSet } from '../../../src/followup/ruleset/grammar.js';
import { parseRuleSet } from '../../../src/followup/ruleset/parse-rule-set.js';
import { carePlanFromRuleSet } from '../../../src/followup/plan/care-plan-from-rule-set.js';
import { ManualClock } from '../../../src/kernel/clock.js';
import type { Log } from '../../../src/kernel/log.js';
import { root } from '../../architecture/source-files.js';
import { type HereResponse, type HereServer, startHere } from '../../support/here.js';

export const fnrSystem = 'urn:oid:2.16.578.1.12.4.1.4.1';
export const hprSystem = 'urn:oid:2.16.578.1.12.4.1.4.4';
export const organisationSystem = 'urn:oid:2.16.578.1.12.4.1.4.101';
export const own = (name: string): string => `http://hjemmebro.no/fhir/StructureDefinition/${name}`;

/** FHIR content as a test looks into it. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Fhir = any;

/** A person who is followed up, as the municipality sees them. */
export interface Followed {
  readonly id: string;
  readonly fnr: string;
  /** `Patient/…` */
  readonly reference: string;
  readonly episode: string;
  plan: string;
}

export interface Stage {
  readonly server: HereServer;
  readonly clock: ManualClock;
  as(
    client: DemoClientId | undefined,
    place: string,
    init?: { method?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<HereResponse>;
  /** Creates; fails the test unless 201. */
  created(client: DemoClientId, resource: object): Promise<Fhir>;
  operation(
    client: DemoClientId,
    place: string,
    parameters?: Record<string, unknown>,
    headers?: Record<string, string>,
  ): Promise<HereResponse>;
  search(place: string, client?: DemoClientId): Promise<Fhir[]>;
  patient(options?: { gp?: string }): Promise<{ id: string; fnr: string; reference: string }>;
  /** Registered, service started, the plan approved by the GP. */
  followed(plan?: Partial<RuleSet> | 'kols'): Promise<Followed>;
  /** Submits and approves; → the answer of $approve. */
  approved(plan: { id: string; version: string }): Promise<HereResponse>;
  /** Moves the clock and lets time be judged for the patient at each of its own moments until then. */
  passTime(patient: { id: string }, until: string | number): Promise<void>;
  /** The instant that the clock shows, or so many minutes before. */
  now(minutesAgo?: number): string;
  /** A saturation that the gateway sends now. */
  spo2(patient: { reference: string }, value: number, more?: object): Promise<Fhir>;
  alerts(patient: { id: string }, query?: string): Promise<Alert[]>;
  /** The codes of the flags that stand, sorted. */
  activeFlags(patient: { reference: string }): Promise<string[]>;
  tasks(patient: { id: string }, code: string, client?: DemoClientId): Promise<Fhir[]>;
  stop(): Promise<void>;
}

/** What a nurse sees of an alert: the finding and its Task. */
export interface Alert {
  readonly rule: string;
  readonly colour: string;
  readonly status: string;
  readonly count: number;
  readonly priority: string;
  readonly due: string | undefined;
  readonly note: string | undefined;
  readonly issue: Fhir;
  readonly task: Fhir;
}

/** @param at where the clock stands, an instant */
export async function openStage(at: string, environment: Record<string, string> = {}, log?: Log): Promise<Stage> {
  const clock = new ManualClock(Date.parse(at));
  const server = await startHere({ clock, environment, ...(log === undefined ? {} : { log }) });
  const as: Stage['as'] = (client, place, init) => server.request(client, place, init);
  const created: Stage['created'] = async (client, resource) =>
    expectStatus(await as(client, (resource as Resource).resourceType, { body: resource }), 201).json;
  const operation: Stage['operation'] = (client, place, parameters = {}, headers = {}) =>
    as(client, place, {
      body: {
        resourceType: 'Parameters',
        parameter: Object.entries(parameters).flatMap(([name, value]) => parameter(name, value)),
      },
      headers,
    });
  const search: Stage['search'] = async (place, client = 'municipality') =>
    (expectStatus(await as(client, place), 200).json.entry ?? []).map((one: Fhir) => one.resource);

  const patient: Stage['patient'] = async ({ gp = demoGp.hpr } = {}) => {
    const fnr = nextFnr();
    const { id } = await created('municipality', {
      resourceType: 'Patient',
      identifier: [{ system: fnrSystem, value: fnr }],
      name: [{ family: 'Prøvepasient', given: ['Ola'] }],
      generalPractitioner: [{ type: 'Practitioner', identifier: { system: hprSystem, value: gp } }],
    });
    return { id, fnr, reference: `Patient/${id}` };
  };

  const approved: Stage['approved'] = async ({ id, version }) => {
    expectStatus(await operation('municipality', `CarePlan/${id}/$submit-for-approval`), 200);
    return operation('gp', `CarePlan/${id}/$approve`, {}, { 'if-match': `W/"${version}"` });
  };

  const followed: Stage['followed'] = async (plan = 'kols') => {
    const person = await patient();
    const episode = await created('municipality', episodeFor(person.reference));
    expectStatus(await operation('municipality', `EpisodeOfCare/${episode.id}/$start`), 200);
    const draft =
      plan === 'kols'
        ? expectStatus(
            await operation('municipality', 'PlanDefinition/kols/$apply', { subject: person.reference }),
            201,
          ).json
        : await created('municipality', draftPlan(person.reference, plan));
    expectStatus(await approved({ id: draft.id, version: draft.meta.versionId }), 200);
    return { ...person, episode: episode.id, plan: draft.id };
  };

  const { services } = server.running;
  const passTime: Stage['passTime'] = async ({ id }, until) => {
    const end = typeof until === 'number' ? until : Date.parse(until);
    for (;;) {
      const { rows } = await services.pool.query(
        'select s.patient, s.next_at from followup_state s join resource r on r.rid = s.patient where r.id = $1 and s.next_at <= $2',
        [id, new Date(end)],
      );
      if (rows[0] === undefined) break;
      clock.set(Math.max(clock.now(), (rows[0]['next_at'] as Date).getTime()));
      await services.commit(
        { action: 'time', judgeTime: [Number(rows[0]['patient'])] },
        systemPrincipal(demoMunicipality.orgnr),
        'test',
      );
    }
    clock.set(Math.max(end, clock.now()));
  };

  const now: Stage['now'] = (minutesAgo = 0) => new Date(clock.now() - minutesAgo * 60_000).toISOString();
  const spo2: Stage['spo2'] = ({ reference }, value, more = {}) =>
    created('device', reading('spo2', value, { patient: reference, at: now(), more }));

  const alerts: Stage['alerts'] = async ({ id }, query = '') => {
    const issues = await search(`DetectedIssue?patient=Patient/${id}&_sort=identified&_count=1000${query}`);
    const handling = await search(`Task?patient=Patient/${id}&code=handle-alert,limits-needed&_count=1000`);
    return issues.map((issue) =>
      alertView(
        issue,
        handling.find((task) => task.focus?.reference === `DetectedIssue/${issue.id}`),
      ),
    );
  };

  return {
    server,
    clock,
    as,
    created,
    operation,
    search,
    patient,
    followed,
    approved,
    passTime,
    now,
    spo2,
    alerts,
    activeFlags: async ({ reference }) =>
      (await search(`Flag?patient=${reference}&status=active`)).map((flag) => flag.code.coding[0].code).sort(),
    tasks: ({ id }, code, client) => search(`Task?patient=Patient/${id}&code=${code}&_count=1000`, client),
    stop: () => server.stop(),
  };
}

/** A stage for the tests of a file or a `describe`: opened before the first of them, stopped after the last. */
export function stageFor(at: string, environment?: Record<string, string>): Stage {
  const stage = {} as Stage;
  beforeAll(async () => void Object.assign(stage, await openStage(at, environment)));
  afterAll(() => stage.stop());
  return stage;
}

export function expectStatus(answer: HereResponse, status: number): HereResponse {
  if (answer.status !== status) throw new Error(`${answer.status} instead of ${status}: ${answer.text.slice(0, 1500)}`);
  return answer;
}

function parameter(name: string, value: unknown): object[] {
  if (Array.isArray(value)) return value.flatMap((one) => parameter(name, one));
  if (typeof value === 'object') return [{ name, valueReference: value }];
  if (typeof value === 'boolean') return [{ name, valueBoolean: value }];
  if (typeof value === 'number') return [{ name, valueInteger: value }];
  if (/^[A-Z][A-Za-z]+\/[A-Za-z0-9.-]+$/.test(String(value))) return [{ name, valueReference: { reference: value } }];
  return [{ name, valueString: value }];
}

const partsOf = (resource: Fhir, url: string): Fhir[] =>
  (resource?.extension ?? []).find((one: Fhir) => one.url === url)?.extension ?? [];
export const colourIn = (resource: Fhir): string =>
  (resource?.extension ?? []).find((one: Fhir) => one.url === own('dho-colour'))?.valueCoding.code;

export function alertView(issue: Fhir, task: Fhir): Alert {
  const part = (name: string): Fhir => partsOf(issue, own('dho-alert')).find((one) => one.url === name);
  return {
    rule: part('rule')?.valueString,
    colour: colourIn(issue),
    status: issue.status,
    count: part('count')?.valueInteger,
    priority: task?.priority,
    due: task?.restriction?.period?.end,
    note: part('note')?.valueCode,
    issue,
    task,
  };
}

/** Those that nobody has closed. */
export const open = (alerts: readonly Alert[]): Alert[] => alerts.filter(({ status }) => status === 'preliminary');

/** `rule colour status count`, in the order of the rules. */
export const brief = (alerts: readonly Alert[]): string[] =>
  alerts.map(({ rule, colour, status, count }) => `${rule} ${colour} ${status} ${count}`).sort();

export const organisation = (value: string) => ({
  type: 'Organization',
  identifier: { system: organisationSystem, value },
});

export const episodeFor = (patient: string, centre: string = demoMunicipality.orgnr) => ({
  resourceType: 'EpisodeOfCare',
  status: 'planned',
  type: [{ coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-service', code: '103' }] }],
  patient: { reference: patient },
  managingOrganization: organisation(centre),
});

/** @param more whom it is about, who asks for it */
export const activeReferral = (more: object) => ({
  resourceType: 'ServiceRequest',
  status: 'active',
  intent: 'order',
  code: { coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-service', code: '103' }] },
  ...more,
});

const library = JSON.parse(readFileSync(path.join(root, 'profiles/rule-library.json'), 'utf8')) as {
  measures: Record<string, object>;
  rules: Record<string, object>;
  fatalDeviceStatus: string[];
};

/** A rule set of the library's measures and rules, by name; anything else is added or put in their place. */
export function ruleSet(measures: readonly string[], rules: readonly string[], more: object = {}): Partial<RuleSet> {
  return {
    measures: Object.fromEntries(measures.map((name) => [name, library.measures[name]])),
    rules: rules.map((name) => Object.assign({ id: name }, library.rules[name])),
    serviceCalendar: { days: [0, 1, 2, 3, 4], from: '08:00', to: '15:00', holidays: 'NO' },
    ...more,
  } as never;
}

export function draftPlan(patient: string, plan: Partial<RuleSet>, replaces?: string): Resource {
  const complete = parseRuleSet({
    ruleSetVersion: '1',
    status: 'draft',
    version: 1,
    timezone: 'Europe/Oslo',
    fatalDeviceStatus: library.fatalDeviceStatus,
    schedules: [],
    escalations: [],
    ...plan,
  });
  return carePlanFromRuleSet(complete as RuleSet, {
    subject: { reference: patient },
    ...(replaces === undefined ? {} : { replaces: { reference: replaces } }),
  });
}

const codes = {
  spo2: ['59408-5', '%'],
  pulse: ['8867-4', '/min'],
  temp: ['8310-5', 'Cel'],
  crp: ['1988-5', 'mg/L'],
  weight: ['29463-7', 'kg'],
  glucose: ['15074-8', 'mmol/L'],
} as const;

/** A reading as a gateway sends it. */
export function reading(
  measure: keyof typeof codes,
  value: unknown,
  of: { patient: string | object; at: string | undefined; unit?: string; more?: object },
): Resource {
  const [code, unit] = codes[measure];
  const ucum = of.unit ?? unit;
  return {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code }] },
    subject: (typeof of.patient === 'string' ? { reference: of.patient } : of.patient) as never,
    ...(of.at === undefined ? {} : { effectiveDateTime: of.at }),
    ...(value === undefined
      ? {}
      : { valueQuantity: { value, unit: ucum, system: 'http://unitsofmeasure.org', code: ucum } }),
    ...of.more,
  };
}

export function bloodPressure(values: { sys?: number; dia?: number }, of: { patient: string; at: string }): Resource {
  const component = (code: string, value: number | undefined) =>
    value === undefined
      ? []
      : [
          {
            code: { coding: [{ system: 'http://loinc.org', code }] },
            valueQuantity: { value, unit: 'mmHg', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' },
          },
        ];
  return {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '85354-9' }] },
    subject: { reference: of.patient },
    effectiveDateTime: of.at,
    component: [...component('8480-6', values.sys), ...component('8462-4', values.dia)],
  };
}

let person = 0;
/** Valid synthetic numbers, never the same twice. */
export function nextFnr(): string {
  for (;;) {
    person += 1;
    const day = String(1 + (person % 28)).padStart(2, '0');
    const start = `${day}81${String(40 + (Math.floor(person / 700) % 50)).padStart(2, '0')}${String(100 + (Math.floor(person / 28) % 800)).padStart(3, '0')}`;
    for (let check = 0; check < 100; check += 1) {
      const number = start + String(check).padStart(2, '0');
      if (identityNumber(number)?.rule === 'standard') return number;
    }
  }
}
