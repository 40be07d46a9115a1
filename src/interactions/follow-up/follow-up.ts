import type { Change } from '../../fhir/change.js';
import { keyOf, type Resource } from '../../fhir/resource.js';
import type { Input } from '../../followup/engine/input.js';
import { nextAt } from '../../followup/engine/next-at.js';
import type { Op } from '../../followup/engine/op.js';
import { step } from '../../followup/engine/step.js';
import type { Untimely } from '../../followup/intake/intake-facts.js';
import { feedingTypes, inputsFor } from '../../followup/intake/inputs-for.js';
import { isPlan } from '../../followup/managed/guard-managed.js';
import { alertOf } from '../../followup/projection/alert-element.js';
import { engineFailedOp, project, untimelyOp } from '../../followup/projection/project.js';
import type { ProjectionContext } from '../../followup/projection/projection-context.js';
import { withdrawnOps } from '../../followup/projection/withdrawn.js';
import { redClockDue, redClockStep, type RedClockPolicy } from '../../followup/projection/red-clock.js';
import { asReference, hasCode, many, type Reference } from '../../followup/vocabulary/element.js';
import { updated } from '../../followup/vocabulary/module-change.js';
import { identifierSystem, system } from '../../followup/vocabulary/systems.js';
import { worklistEntry } from '../../followup/vocabulary/worklist.js';
import { instant } from '../../kernel/clock.js';
import type { Ids } from '../../kernel/ids.js';
import { readStates, type StoredState, writeAlert } from '../../storage/followup-state.js';
import type { Queryable } from '../../storage/pool.js';
import type { FollowUp, Reaction, ReactionRequest } from '../commit/follow-up.js';
import type { Planned } from '../commit/planned.js';
import { pauseOf } from '../../followup/episode/pause-element.js';
import { type PatientFacts, patientFacts } from './facts.js';
import { plannedResume } from './planned-resume.js';
import { referralsOverFhir } from './referrals.js';
import { newRecord, type PatientRecord, planOf, readRecord, writeRecord } from './patient-record.js';

export interface FollowUpSettings {
  readonly ids: Ids;
  readonly redClock: RedClockPolicy;
  /** Work that one input may cause before the engine is stopped (decision 11). */
  readonly maxWork?: number;
  /** For tests of the failure rule: stands in for the engine's step. */
  readonly engine?: typeof step;
  /** The engine failed: for the metrics. */
  readonly onFailure?: () => void;
}

/** A change, or a resource that is looked at again, as it concerns one patient. */
interface Event {
  readonly change: Change;
  readonly before: Resource | undefined;
  readonly after: Resource | undefined;
  readonly source: string;
  /** Version after the change. */
  readonly version: number;
  readonly received: number;
  /** Was the resource about this patient before the change, and is it after? */
  readonly was: boolean;
  readonly is: boolean;
}

interface Patient {
  readonly key: number;
  readonly id: string;
  readonly controller: number;
  readonly events: readonly Event[];
}

/** The follow-up module on the write path: facts → engine → ops → changes, under the patient locks. */
export function createFollowUp(settings: FollowUpSettings): FollowUp {
  const run = settings.engine ?? step;
  return {
    concerns: (type) => feedingTypes.has(type) || type === 'ServiceRequest',

    async react(request) {
      const reactions = await withoutEngine(request, settings.ids);
      const patients = await concernedPatients(request);
      const states = await readStates(
        request.tx,
        patients.map((patient) => patient.key),
      );
      for (const patient of patients) {
        const stored = states.get(patient.key);
        if (stored === undefined && !patient.events.some(begins)) continue;
        const record = stored === undefined ? newRecord() : readRecord(stored.state);
        reactions.push(await reactFor(patient, record, request, { ...settings, run }));
      }
      return together(reactions);
    },

    async failed(request, error) {
      settings.onFailure?.();
      // Tried again in vain: the job that tries waits longer, and the alert is there already.
      if (request.planned.length === 0 && request.reconsider.length > 0) throw error;
      const reactions = await withoutEngine(request, settings.ids);
      const patients = await concernedPatients(request);
      const states = await readStates(
        request.tx,
        patients.map((patient) => patient.key),
      );
      for (const patient of patients)
        reactions.push(await unjudged(patient, states.get(patient.key), request, settings));
      return together(reactions);
    },

    record: recordAlerts,
  };
}

/** What follows from a commit without asking the engine. */
async function withoutEngine(request: ReactionRequest, ids: Ids): Promise<Reaction[]> {
  return [
    await knownPersons(request),
    unknownPatients(request, ids),
    referralsOverFhir(request, centreOf(request.by.controller), ids),
  ];
}

const tryAgainAfter = 30_000;

/** The engine failed for one patient: an alert says so, what was not judged waits in a job, and time is judged later. */
async function unjudged(
  patient: Patient,
  stored: StoredState | undefined,
  request: ReactionRequest,
  settings: FollowUpSettings,
): Promise<Reaction> {
  // The state may be what broke it: only what names the centre and the plan is taken from it, if it can be read.
  const record = stored === undefined ? newRecord() : readable(stored.state);
  const context = await projectionContext(patient, record, request, settings);
  const resources = patient.events.map((event) => event.source);
  const told = many<Reference>(context.openAlerts.get('engine-failed')?.issue['implicated']).map(
    (one) => one.reference,
  );
  const sources = (resources.length > 0 ? resources : [`Patient/${patient.id}`]).filter(
    (source) => !told.includes(source),
  );
  const ops = sources.map((source) => engineFailedOp({ source, received: request.now }, context.plan));
  const again = request.now + tryAgainAfter;
  const waits = request.judgeTime.includes(patient.key) && stored !== undefined;
  return {
    changes: project(ops, context),
    states: waits ? [{ patient: patient.key, controller: patient.controller, state: stored.state, nextAt: again }] : [],
    jobs:
      resources.length === 0
        ? []
        : [{ kind: 're-evaluate', payload: { patient: patient.key, resources }, runAt: again }],
  };
}

interface Running extends FollowUpSettings {
  readonly run: typeof step;
}

async function reactFor(
  patient: Patient,
  record: PatientRecord,
  request: ReactionRequest,
  settings: Running,
): Promise<Reaction> {
  const { now } = request;
  const ops: Op[] = [];
  const untimely: Untimely[] = [];
  const withdrawn: string[] = [];
  const take = (input: Input): void => {
    const done = settings.run(record.engine, input, {
      interimTakesEffect: true,
      ...(settings.maxWork === undefined ? {} : { maxWork: settings.maxWork }),
    });
    record.engine = done.state;
    ops.push(...done.ops);
  };
  for (const event of patient.events) {
    const intake = inputsFor(event.change, event.before, {
      plan: planOf(record),
      source: event.source,
      received: event.received,
    });
    if (event.was && intake.before.length > 0) withdrawn.push(event.source);
    for (const input of [...(event.was ? intake.before : []), ...(event.is ? intake.after : [])]) {
      take(input);
      note(record, input, event);
    }
    if (intake.untimely !== undefined && event.is) untimely.push(intake.untimely);
    noteEpisode(record, event);
  }
  const tick = request.judgeTime.includes(patient.key);
  if (tick) take({ type: 'clock', t: now });
  const context = await projectionContext(patient, record, request, settings);
  ops.push(...withdrawnOps(withdrawn, ops, context));
  ops.push(...untimely.map((one) => untimelyOp(one, context.plan)));
  const changes = project(ops, context);
  const clocked = tick
    ? context.openTasks.flatMap((task) => redClockStep({ task, policy: settings.redClock, now, ids: settings.ids }))
    : [];
  const resumed =
    tick && record.pauseEnd !== undefined && record.pauseEnd <= now ? await plannedResume(request.view, context) : [];
  if (record.pauseEnd !== undefined && record.pauseEnd <= now) delete record.pauseEnd;
  const all = [...changes, ...[...clocked, ...resumed].filter((change) => !rewrites(change, changes))];
  return {
    changes: all,
    states: [
      {
        patient: patient.key,
        controller: patient.controller,
        state: writeRecord(record),
        ...nextJudgement(record, context, all),
      },
    ],
    jobs: [],
  };
}

/** A Task that an op has just changed is left to it; its clock is looked at again at the next tick. */
const rewrites = (change: Change, others: readonly Change[]): boolean =>
  change.op !== 'delete' && others.some((other) => other.op !== 'delete' && other.resource.id === change.resource.id);

/** What the record keeps beside the engine's state. */
function note(record: PatientRecord, input: Input, event: Event): void {
  if (input.type === 'plan' && record.engine.plans.at(-1)?.plan === input.plan)
    record.plan = `${event.source}/_history/${event.version}`;
}

function noteEpisode(record: PatientRecord, { after }: Event): void {
  if (after?.resourceType !== 'EpisodeOfCare' || !hasCode(after['type'], system.service)) return;
  const owner = asReference(after['managingOrganization']);
  if (owner !== undefined) record.owner = owner;
  if (after['status'] === 'finished' || after['status'] === 'cancelled') record.ended = true;
  else if (after['status'] === 'active') delete record.ended;
  const end = after['status'] === 'onhold' ? Date.parse(pauseOf(after)?.plannedEnd ?? '') : Number.NaN;
  if (Number.isNaN(end)) delete record.pauseEnd;
  else record.pauseEnd = end;
}

/** Does the change make a patient followed up who was not? */
function begins({ after }: Event): boolean {
  if (after?.resourceType === 'EpisodeOfCare')
    return hasCode(after['type'], system.service) && after['status'] === 'active';
  return after !== undefined && isPlan(after) && after['status'] === 'active';
}

function nextJudgement(
  record: PatientRecord,
  context: ProjectionContext,
  changes: readonly Change[],
): { nextAt?: number } {
  const changed = new Map(
    changes.flatMap((change) => (change.op === 'delete' ? [] : [[change.resource.id, change.resource] as const])),
  );
  const tasks = [...context.openTasks.map((task) => changed.get(task.id) ?? task), ...changed.values()];
  const times = [
    nextAt(record.engine),
    record.pauseEnd,
    ...tasks.filter((task) => task.resourceType === 'Task').map(redClockDue),
  ].filter((time): time is number => time !== undefined);
  return times.length === 0 ? {} : { nextAt: Math.min(...times) };
}

async function projectionContext(
  patient: Patient,
  record: PatientRecord,
  { tx, view, planned, by, now }: ReactionRequest,
  settings: FollowUpSettings,
): Promise<ProjectionContext> {
  const facts: PatientFacts = await patientFacts(tx, view, patient, planned);
  const ruleSet = planOf(record);
  return {
    patient: { reference: `Patient/${patient.id}` },
    patientId: patient.id,
    ...(ruleSet === undefined || record.plan === undefined ? {} : { plan: { reference: record.plan, ruleSet } }),
    ...facts,
    owner: record.owner ?? centreOf(by.controller),
    monitored: ruleSet !== undefined && record.ended !== true && record.engine.started !== undefined,
    redResponse: settings.redClock.response,
    now,
    ids: settings.ids,
  };
}

const centreOf = (controller: string): Reference => ({
  type: 'Organization',
  identifier: { system: identifierSystem.organisation, value: controller },
});

function readable(state: string): PatientRecord {
  try {
    return readRecord(state);
  } catch {
    return newRecord();
  }
}

/** A client's own DetectedIssue is ordinary FHIR: it ends no alert of the module. */
const feeds = (type: string, managed: boolean): boolean =>
  feedingTypes.has(type) && (type !== 'DetectedIssue' || managed);

/** The patients that the commit concerns, each with its events in the order of the changes. */
async function concernedPatients({ tx, planned, judgeTime, reconsider }: ReactionRequest): Promise<readonly Patient[]> {
  const events = new Map<number, Event[]>();
  const add = (key: number, event: Event): void => void events.set(key, [...(events.get(key) ?? []), event]);
  for (const item of planned) {
    if (!feeds(item.key.type, item.managed)) continue;
    const [was, is] = [new Set(item.before?.row.patients), new Set(item.kind === 'd' ? [] : item.patients)];
    for (const key of new Set([...was, ...is])) add(key, { ...eventOf(item), was: was.has(key), is: is.has(key) });
  }
  for (const { row, resource } of reconsider) {
    if (!feeds(row.type, row.managed)) continue;
    for (const key of row.patients)
      add(key, {
        was: false,
        is: true,
        change: { op: 'create', resource },
        before: undefined,
        after: resource,
        source: keyOf(row),
        version: row.version,
        received: row.updated,
      });
  }
  const keys = [...new Set([...events.keys(), ...judgeTime])].sort((a, b) => a - b);
  if (keys.length === 0) return [];
  const born = new Map(
    planned.flatMap((item) => (item.key.type === 'Patient' && item.kind === 'c' ? [[item.rid, item] as const] : [])),
  );
  const { rows } = await tx.query({
    name: 'patients-by-key',
    text: 'select rid, id, controller from resource where rid = any ($1::bigint[])',
    values: [keys],
  });
  const known = new Map(
    rows.map((row) => [Number(row['rid']), { id: row['id'] as string, controller: row['controller'] as number }]),
  );
  return keys.flatMap((key) => {
    const patient =
      known.get(key) ??
      (born.has(key) ? { id: born.get(key)!.key.id, controller: born.get(key)!.controller } : undefined);
    return patient === undefined ? [] : [{ key, ...patient, events: events.get(key) ?? [] }];
  });
}

function eventOf(item: Planned): Omit<Event, 'was' | 'is'> {
  const change =
    item.change.op === 'delete' || item.after === undefined ? item.change : { ...item.change, resource: item.after };
  const received = Date.parse(String(item.after?.meta?.lastUpdated ?? item.before?.resource?.meta?.lastUpdated ?? ''));
  return {
    change,
    before: item.before?.resource,
    after: item.after,
    source: keyOf(item.key),
    version: item.version,
    received,
  };
}

const measuring = new Set(['Observation', 'QuestionnaireResponse', 'Communication']);

/** What names a patient that is not known here is put on the centre's worklist (decision 3). */
function unknownPatients({ planned, by, now }: ReactionRequest, ids: Ids): Reaction {
  const changes = planned
    .filter((item) => item.unresolved && item.kind === 'c' && measuring.has(item.key.type))
    .map((item) =>
      worklistEntry(
        {
          code: 'unknown-patient',
          focus: { reference: keyOf(item.key) },
          owner: centreOf(by.controller),
          priority: 'urgent',
          description: 'Mottatt for en person som ikke er registrert her. Finn ut hvem det gjelder.',
          identifier: { system: identifierSystem.worklist, value: `unknown-patient|${keyOf(item.key)}` },
        },
        { ids, now },
      ),
    );
  return { changes, states: [], jobs: [] };
}

/** A reading of an unknown person that now names a patient: somebody has found out, and the worklist says so. */
async function knownPersons({ view, planned, reconsider, now }: ReactionRequest): Promise<Reaction> {
  const found = [
    ...planned
      .filter(
        (item) =>
          item.kind === 'u' &&
          measuring.has(item.key.type) &&
          !item.unresolved &&
          item.before?.row.patients.length === 0,
      )
      .map((item) => keyOf(item.key)),
    ...reconsider.filter(({ row }) => measuring.has(row.type)).map(({ row }) => keyOf(row)),
  ];
  const tasks: Resource[] = [];
  for (const focus of found)
    tasks.push(
      ...(await view.search(
        'Task',
        `focus=${focus}&code=unknown-patient&status=requested,received,accepted,in-progress,on-hold`,
      )),
    );
  return {
    changes: tasks.map((task) => updated(task, { status: 'completed', lastModified: instant(now) })),
    states: [],
    jobs: [],
  };
}

/** Keeps the index of open alerts: one open alert per patient and rule (decision 5). */
async function recordAlerts(tx: Queryable, written: readonly Planned[]): Promise<void> {
  for (const item of written) {
    if (item.key.type !== 'DetectedIssue' || !item.managed || item.after === undefined) continue;
    const alert = alertOf(item.after);
    const patient = item.patients[0];
    if (alert === undefined || patient === undefined) continue;
    const task = written.find(
      (one) =>
        one.key.type === 'Task' && (one.after?.['focus'] as Reference | undefined)?.reference === keyOf(item.key),
    );
    await writeAlert(tx, {
      patient,
      rule: alert.rule,
      issue: item.rid,
      task: task?.rid ?? null,
      open: item.after['status'] === 'preliminary',
    });
  }
}

const together = (reactions: readonly Reaction[]): Reaction => ({
  changes: reactions.flatMap((one) => one.changes),
  states: reactions.flatMap((one) => one.states),
  jobs: reactions.flatMap((one) => one.jobs),
});
