/** What the engine decides, as data. `shortForm` gives what simulations print and expect. */
import type { AlertColour, ZoneColour } from '../ruleset/grammar.js';
import type { PauseMode } from './input.js';

/** When an alert should be handled. `at` is missing where there is no instant: red (as soon as possible), green. */
export interface Due {
  /** `ASAP`, `ASAP/<afterHours>`, `ASAP/outside-hours`, local `YYYY-MM-DDTHH:MM`, `as-needed`, or a local date */
  readonly label: string;
  readonly at?: number;
}

/**
 * `technical`, `impossible`, `unconfirmed` say why a value was not judged; `late` that the hit was found because of late
 * input; `own-downtime` (never the engine's own word) that the server itself stood still while something was missed.
 */
export type Note = 'technical' | 'impossible' | 'unconfirmed' | 'late' | 'own-downtime';

/** What every op carries for its projection to FHIR; not part of the short form. */
export interface Provenance {
  /** effective time and receipt of the input that led to it */
  readonly t: number;
  readonly received: number;
  /** id and version of the plan in force then */
  readonly plan?: { readonly id?: string; readonly version?: number };
  /** sources of the readings, forms and messages it rests on, the triggering one last; without a source their identifier or a name made from content and time */
  readonly evidence: readonly string[];
  /** the triggering value in words, for people; Norwegian */
  readonly words: string;
}

export interface OpenOp extends Provenance {
  readonly op: 'open';
  readonly rule: string;
  readonly colour: AlertColour;
  readonly due: Due;
  readonly note?: Note;
}

export interface EscalateOp extends Provenance {
  readonly op: 'escalate';
  readonly rule: string;
  readonly colour: AlertColour;
  /** number of evidences now, where the engine says it; not part of the short form */
  readonly count?: number;
  readonly due: Due;
  readonly note?: Note;
}

export interface UpdateOp extends Provenance {
  readonly op: 'update';
  readonly rule: string;
  /** of the alert, which may be worse than the new evidence's */
  readonly colour: AlertColour;
  /** number of evidences now */
  readonly count: number;
  readonly note?: Note;
}

export interface ClearedOp extends Provenance {
  readonly op: 'cleared';
  readonly rule: string;
}

export interface ClosedOp extends Provenance {
  readonly op: 'closed';
  readonly rule: string;
}

export interface CancelOp extends Provenance {
  readonly op: 'cancel';
  readonly rule: string;
  /** `evidence-withdrawn`, or the instant of the occurrence that was not missed after all */
  readonly reason: string;
  /** whether the alert has ended with it (false: a missed occurrence less, others remain) */
  readonly ended: boolean;
}

export interface TaskOp extends Provenance {
  readonly op: 'task';
  readonly escalation: string;
  readonly action: string;
}

export interface MeasureOp extends Provenance {
  readonly op: 'repeat-request' | 'duplicate' | 'conflict' | 'unplanned';
  /** measure key (for `duplicate` also a questionnaire) */
  readonly measure: string;
  /** of a conflict: the value that was kept, in words */
  readonly kept?: string;
}

export interface StoredPausedOp extends Provenance {
  readonly op: 'stored-paused';
  /** measure key or questionnaire */
  readonly measure: string;
  /** the zone the value would have had, the worst that the form's answers would have given; a red one belongs on the worklist at once */
  readonly zone?: ZoneColour;
}

/**
 * Something came that a person has to look at, as nothing else would show it: a form that no rule reads, a message while
 * everything is paused. Not part of the short form.
 */
export interface UnreadOp extends Provenance {
  readonly op: 'unread';
  readonly what: 'form' | 'message';
  /** questionnaire or thread */
  readonly name: string;
}

export interface IncompleteOp extends Provenance {
  readonly op: 'incomplete';
  readonly rule: string;
  /** linkIds without an answer */
  readonly missing: readonly string[];
}

export interface PlanNotActiveOp extends Provenance {
  readonly op: 'plan-not-active';
  readonly status: string;
}

export interface PausedOp extends Provenance {
  readonly op: 'paused';
  readonly mode: PauseMode;
}

export interface ResumedOp extends Provenance {
  readonly op: 'resumed';
}

export interface TaskDoneOp extends Provenance {
  readonly op: 'task-done';
  readonly code: string;
}

export interface GreyOp extends Provenance {
  readonly op: 'overdue' | 'close-auto';
}

export type Op =
  | OpenOp
  | EscalateOp
  | UpdateOp
  | ClearedOp
  | ClosedOp
  | CancelOp
  | TaskOp
  | MeasureOp
  | StoredPausedOp
  | UnreadOp
  | IncompleteOp
  | PlanNotActiveOp
  | PausedOp
  | ResumedOp
  | TaskDoneOp
  | GreyOp;

/** The short form of the ops of one input, in their order. */
export function shortForm(ops: readonly Op[]): (string | number)[][] {
  return ops.flatMap((op) => (op.op === 'unread' ? [] : [toArray(op)]));
}

/** The op's name and its elements, in the order the scenario format gives. */
function toArray(op: Exclude<Op, UnreadOp>): (string | number)[] {
  switch (op.op) {
    case 'open':
    case 'escalate':
      return [op.op, op.rule, op.colour, op.due.label, ...noteOf(op)];
    case 'update':
      return [op.op, op.rule, op.colour, op.count, ...noteOf(op)];
    case 'cleared':
    case 'closed':
    case 'incomplete':
      return [op.op, op.rule];
    case 'cancel':
      return [op.op, op.rule, op.reason];
    case 'task':
      return [op.op, op.escalation, op.action];
    case 'repeat-request':
    case 'duplicate':
    case 'conflict':
    case 'unplanned':
    case 'stored-paused':
      return [op.op, op.measure];
    case 'plan-not-active':
      return [op.op, op.status];
    case 'paused':
      return [op.op, op.mode];
    case 'resumed':
      return [op.op];
    case 'task-done':
      return [op.op, op.code];
    case 'overdue':
      return [op.op, 'grey', 'grey'];
    case 'close-auto':
      return [op.op, 'grey'];
  }
}

function noteOf(op: { readonly note?: Note }): string[] {
  return op.note === undefined ? [] : [op.note];
}
