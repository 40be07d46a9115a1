/** What a change of the store means to the engine: FHIR → inputs. Pure; one function per resource type. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import type { Input, ObsInput, QrInput } from '../engine/input.js';
import { pauseOf } from '../episode/pause-element.js';
import { inForce } from '../managed/protected-elements.js';
import { isPlan } from '../managed/guard-managed.js';
import { ruleSetFromCarePlan } from '../plan/rule-set-from-care-plan.js';
import { alertOf } from '../projection/alert-element.js';
import {
  asReference,
  type Coding,
  type Concept,
  hasCode,
  many,
  type Period,
  targetOf,
  versionOf,
} from '../vocabulary/element.js';
import { sameJson } from '../vocabulary/same-json.js';
import { identifierSystem, system } from '../vocabulary/systems.js';
import { instantAt } from './effective-time.js';
import { allowedAhead, factsAt, type Intake, type IntakeFacts, nothing } from './intake-facts.js';
import { identityOf, obsInput } from './observation.js';
import { qrInput } from './questionnaire-response.js';

/** Types whose changes may feed the engine. */
export const feedingTypes: ReadonlySet<string> = new Set([
  'Observation',
  'QuestionnaireResponse',
  'Communication',
  'Task',
  'EpisodeOfCare',
  'CarePlan',
  'DetectedIssue',
  // tells nothing to judge by, but that the condition has changed
  'Encounter',
]);

/**
 * @param before the stored version that the change replaces; undefined for a create
 */
export function inputsFor(change: Change, before: Resource | undefined, facts: IntakeFacts): Intake {
  const after = change.op === 'delete' ? undefined : change.resource;
  const type = after?.resourceType ?? before?.resourceType;
  switch (type) {
    case 'Observation':
    case 'QuestionnaireResponse':
      return entry(before, after, facts);
    case 'Communication':
      return only(message(before, after, facts));
    case 'Task':
      return only(taskDone(before, after, facts));
    case 'EpisodeOfCare':
      return only(episode(before, after, facts));
    case 'CarePlan':
      return only(plan(before, after, facts));
    case 'DetectedIssue':
      return only(closing(before, after, facts));
    default:
      return nothing;
  }
}

const only = (input: Input | undefined): Intake => (input === undefined ? nothing : { before: [], after: [input] });

/** Status of a reading or form that is judged; `registered`, `in-progress` … are not yet one, `unknown` may be one. */
const judgedStatus: Readonly<Record<string, ReadonlySet<string>>> = {
  Observation: new Set(['preliminary', 'final', 'amended', 'corrected', 'unknown']),
  QuestionnaireResponse: new Set(['completed', 'amended']),
};
const isJudged = (resource: Resource | undefined): resource is Resource =>
  resource !== undefined && judgedStatus[resource.resourceType]?.has(String(resource.status)) === true;

/**
 * A reading or form. A changed one withdraws the old evidence and is judged anew; deleted and entered-in-error ones are
 * withdrawn; a change that does not touch the content (preliminary → final, a note) means nothing.
 */
function entry(before: Resource | undefined, after: Resource | undefined, facts: IntakeFacts): Intake {
  if (isJudged(before) && isJudged(after) && sameContent(before, after)) return nothing;
  const withdrawn: Input[] = isJudged(before)
    ? [
        {
          type: 'correct',
          t: facts.received,
          source: facts.source,
          identifier: identityOf(before) ?? facts.source,
          status: 'entered-in-error',
          resource: facts.source,
        },
      ]
    : [];
  if (!isJudged(after)) return { before: withdrawn, after: [] };
  const input = after.resourceType === 'Observation' ? obsInput(after, facts) : qrInput(after, facts);
  if (input.t === undefined || input.t > facts.received + allowedAhead) {
    return { before: withdrawn, after: [], untimely: untimely(input, facts) };
  }
  return { before: withdrawn, after: [{ ...input, t: Math.min(input.t, facts.received) } as Input] };
}

const contentElements = [
  'subject',
  'code',
  'identifier',
  'device',
  'component',
  'extension',
  'questionnaire',
  'item',
  'authored',
  'dataAbsentReason',
];
const sameContent = (before: Resource, after: Resource): boolean =>
  [...contentElements, ...Object.keys({ ...before, ...after }).filter((name) => /^(value|effective)/.test(name))].every(
    (name) => sameJson(before[name], after[name]),
  );

function untimely(input: Omit<ObsInput, 't'> | Omit<QrInput, 't'>, facts: IntakeFacts): Intake['untimely'] {
  const missing = (input as { t?: number }).t === undefined;
  const of = input.type === 'obs' ? input.measure : input.questionnaire;
  const words = `${of}: ${missing ? 'tidspunktet mangler eller er for unøyaktig' : 'tidspunktet ligger fram i tid'}`;
  return { of, source: facts.source, received: facts.received, words };
}

const personal = new Set<string | undefined>([identifierSystem.fnr, identifierSystem.dnr, identifierSystem.fhn]);

/** A Communication that the patient or a relative has sent. */
function message(before: Resource | undefined, after: Resource | undefined, facts: IntakeFacts): Input | undefined {
  if (after === undefined || !isSent(after) || (before !== undefined && isSent(before))) return undefined;
  const sender = asReference(after.sender);
  const type = targetOf(sender)?.type ?? sender?.type;
  if (type !== 'Patient' && type !== 'RelatedPerson' && !personal.has(sender?.identifier?.system)) return undefined;
  const answered = targetOf(asReference(many(after.inResponseTo)[0] ?? many(after.partOf)[0]));
  const thread = facts.thread ?? answered?.id ?? facts.source.slice(facts.source.indexOf('/') + 1);
  const sent = instantAt(after.sent, facts.plan?.timezone ?? 'Europe/Oslo') ?? facts.received;
  return { type: 'message', t: Math.min(sent, facts.received), received: facts.received, source: facts.source, thread };
}

const isSent = (communication: Resource): boolean =>
  communication.status === 'completed' || communication.status === 'in-progress';

/** A Task of the plan's schedule is done. */
function taskDone(before: Resource | undefined, after: Resource | undefined, facts: IntakeFacts): Input | undefined {
  if (after?.status !== 'completed' || before?.status === 'completed') return undefined;
  const zone = facts.plan?.timezone ?? 'Europe/Oslo';
  const done = instantAt((after.executionPeriod as Period | undefined)?.end, zone) ?? facts.received;
  const { plan: own } = factsAt(facts, done);
  const concept = after.code as Concept | undefined;
  const names = new Set([...many<Coding>(concept?.coding).map((one) => one.code), concept?.text]);
  const found = own?.schedules.find((one) => names.has(one.for) && !Object.hasOwn(own.measures, one.for));
  if (found === undefined) return undefined;
  return {
    type: 'taskdone',
    t: Math.min(done, facts.received),
    received: facts.received,
    source: facts.source,
    for: found.for,
  };
}

/** Start, pause, resume. A service that has ended is a pause of everything: what still comes is kept, and red is seen. */
function episode(before: Resource | undefined, after: Resource | undefined, facts: IntakeFacts): Input | undefined {
  if (after === undefined || !hasCode(after.type, system.service)) return undefined;
  const changed =
    before?.status !== after.status || (after.status === 'onhold' && !sameJson(pauseOf(before!), pauseOf(after)));
  if (!changed) return undefined;
  const common = { t: facts.received, source: facts.source };
  switch (after.status) {
    case 'active':
      return { type: before?.status === 'onhold' ? 'resume' : 'start', ...common };
    case 'onhold':
      return pauseInput(after, common);
    case 'finished':
    case 'cancelled':
    case 'entered-in-error':
      return before === undefined || before.status === 'planned'
        ? undefined
        : { type: 'pause', ...common, mode: 'all' };
    default:
      return undefined;
  }
}

/** A planned end ends the pause for the engine, whether or not somebody remembers to resume. */
function pauseInput(episode: Resource, common: { t: number; source: string }): Input {
  const pause = pauseOf(episode);
  const end = pause?.plannedEnd === undefined ? Number.NaN : Date.parse(pause.plannedEnd);
  return { type: 'pause', ...common, mode: pause?.mode ?? 'missing-only', ...(end > common.t ? { end } : {}) };
}

const over = new Set<unknown>(['revoked', 'completed', 'entered-in-error']);

/**
 * A plan that comes into force, or that is `active` without an approval (reads as a draft, so that the engine says so). A
 * plan that is over leaves nothing to judge by, unless its successor is in force already.
 */
function plan(before: Resource | undefined, after: Resource | undefined, facts: IntakeFacts): Input | undefined {
  const id = facts.source.slice(facts.source.indexOf('/') + 1);
  if (over.has(after?.status) && before !== undefined && isPlan(before) && inForce(before) && facts.plan?.id === id) {
    const none = { status: 'retired', measures: {}, rules: [], schedules: [], escalations: [] } as const;
    return {
      type: 'plan',
      t: facts.received,
      source: facts.source,
      plan: { ...ruleSetFromCarePlan(before), id, ...none },
      over: true,
    };
  }
  if (after?.status !== 'active' || !isPlan(after)) return undefined;
  if (before !== undefined && before.status === 'active' && inForce(before) === inForce(after)) return undefined;
  // The engine's ops name the plan by these: the CarePlan and the version that this change makes.
  const version = (before === undefined ? 0 : (versionOf(before) ?? 0)) + 1;
  const inForcePlan = { ...ruleSetFromCarePlan(after), id, version };
  return { type: 'plan', t: facts.received, source: facts.source, plan: inForcePlan };
}

function closing(before: Resource | undefined, after: Resource | undefined, facts: IntakeFacts): Input | undefined {
  if (before?.status !== 'preliminary' || after?.status !== 'final') return undefined;
  const alert = alertOf(before);
  return alert === undefined ? undefined : { type: 'close', t: facts.received, source: facts.source, rule: alert.rule };
}
