import type { Change } from '../../fhir/change.js';
import type { Input } from '../../followup/engine/input.js';
import type { Op } from '../../followup/engine/op.js';
import { newlyOutside, outsideLimits } from '../../followup/engine/outside-limits.js';
import { planAt } from '../../followup/engine/plan-versions.js';
import { step } from '../../followup/engine/step.js';
import type { Untimely } from '../../followup/intake/intake-facts.js';
import { feedingTypes, inputsFor } from '../../followup/intake/inputs-for.js';
import { isPlan } from '../../followup/managed/guard-managed.js';
import { engineFailedOp, project, untimelyOp } from '../../followup/projection/project.js';
import type { ProjectionContext } from '../../followup/projection/projection-context.js';
import { withdrawnOps } from '../../followup/projection/withdrawn.js';
import type { RedClockPolicy } from '../../followup/projection/red-clock.js';
import { hasCode, many, type Reference } from '../../followup/vocabulary/element.js';
import { identifierSystem, system } from '../../followup/vocabulary/systems.js';
import type { Ids } from '../../kernel/ids.js';
import { readStates, type StoredState } from '../../storage/followup-state.js';
import type { FollowUp, Reaction, ReactionRequest } from '../commit/follow-up.js';
import { type DutyPolicy, usualDuties } from '../../followup/duties/service-duties.js';
import { concernedPatients, type Event, type Patient } from './concerned-patients.js';
import { type PatientFacts, patientFacts } from './facts.js';
import { knownPersons, unknownPatients } from './unknown-persons.js';
import { nextJudgement, whatFallsDue } from './time-passes.js';
import { withOwnDowntime } from './own-downtime.js';
import { scoreNews2 } from './news2.js';
import { plannedResume } from './planned-resume.js';
import { referralsOverFhir } from './referrals.js';
import { recordAlerts } from './record-alerts.js';
import { noteReds, noteService } from './service-course.js';
import { newRecord, type PatientRecord, planOf, readRecord, writeRecord } from './patient-record.js';

export interface FollowUpSettings {
  readonly ids: Ids;
  readonly redClock: RedClockPolicy;
  /** What the service owes its patients, and how often. */
  readonly duties?: DutyPolicy;
  /** Work that one input may cause before the engine is stopped (decision 11). */
  readonly maxWork?: number;
  /** For tests of the failure rule: stands in for the engine's step. */
  readonly engine?: typeof step;
  /** The engine failed: for the metrics. */
  readonly onFailure?: () => void;
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
    unknownPatients(request, centreOf(request.by.controller), ids),
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
  const before = outsideLimits(record.engine);
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
      planAt: (t) => planAt(record.engine, t),
      source: event.source,
      received: event.received,
    });
    if (event.was && intake.before.length > 0) withdrawn.push(event.source);
    for (const input of [...(event.was ? intake.before : []), ...(event.is ? intake.after : [])]) {
      take(input);
      note(record, input, event);
    }
    if (intake.untimely !== undefined && event.is) untimely.push(intake.untimely);
    noteService(record, event);
  }
  const news2 = await scoreNews2(patient, record, { view: request.view, now, ids: settings.ids });
  for (const input of news2.inputs) take(input);
  const tick = request.judgeTime.includes(patient.key);
  if (tick) take({ type: 'clock', t: now });
  const said = tick ? await withOwnDowntime(ops.splice(0), record, request.tx) : ops.splice(0);
  ops.push(...said);
  noteReds(record, ops, now);
  const context = await projectionContext(patient, record, request, settings);
  ops.push(...withdrawnOps(withdrawn, ops, context));
  ops.push(...untimely.map((one) => untimelyOp(one, context.plan)));
  const changes = [...news2.changes, ...project(ops, context)];
  const duties = settings.duties ?? usualDuties;
  const clocked = tick ? whatFallsDue(record, context, { redClock: settings.redClock, duties }) : [];
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
        ...nextJudgement(record, context, { changes: all, duties }),
      },
    ],
    jobs: [],
    outsideLimits: newlyOutside(before, record.engine, ops),
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

/** Does the change make a patient followed up who was not? */
function begins({ after }: Event): boolean {
  if (after?.resourceType === 'EpisodeOfCare')
    return hasCode(after['type'], system.service) && after['status'] === 'active';
  return after !== undefined && isPlan(after) && after['status'] === 'active';
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
    ...(settings.redClock.desks === undefined ? {} : { desks: settings.redClock.desks }),
    greenOff: record.greenOff === true,
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

const together = (reactions: readonly Reaction[]): Reaction => ({
  changes: reactions.flatMap((one) => one.changes),
  states: reactions.flatMap((one) => one.states),
  jobs: reactions.flatMap((one) => one.jobs),
  outsideLimits: reactions.flatMap((one) => one.outsideLimits ?? []),
});
