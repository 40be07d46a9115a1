/** The engine's ops → changes of FHIR resources, and the Flag of the patient's zone after them. */
import type { Change } from '../../fhir/change.js';
import { dueFor } from '../calendar/due-for.js';
import { usualHours } from '../calendar/shift.js';
import type { Op, OpenOp } from '../engine/op.js';
import type { Untimely } from '../intake/intake-facts.js';
import type { FlagCode } from '../vocabulary/codes.js';
import { flagChanges } from '../vocabulary/flag.js';
import { colourOf } from './alert-element.js';
import { Draft } from './draft.js';
import { cancelAlert, closeGrey, pressGrey } from './end-alert.js';
import type { ProjectionContext } from './projection-context.js';
import { raiseAlert } from './raise-alert.js';
import { clearAlert } from './update-alert.js';
import {
  conflict,
  duplicate,
  escalationTask,
  incomplete,
  planNotActive,
  repeatRequest,
  storedPaused,
  unread,
  unplanned,
} from './worklist-ops.js';

/** All for the same commit as the input. Every op has its place here; none is dropped (decision 11). */
export function project(ops: readonly Op[], context: ProjectionContext): Change[] {
  const draft = new Draft(context);
  for (const op of ops) apply(op, draft);
  return [...draft.changes(), ...zoneFlag(draft)];
}

function apply(op: Op, draft: Draft): void {
  switch (op.op) {
    case 'open':
    case 'escalate':
    case 'update':
      // switched off for the patient: the engine counts on, and what becomes yellow is an alert
      if (op.colour === 'green' && draft.context.greenOff === true) return;
      return raiseAlert(op, draft);
    case 'cleared':
      return clearAlert(op, draft);
    case 'closed':
      return draft.end(op.rule); // $close has written it; here it only leaves the zone
    case 'cancel':
      return cancelAlert(op, draft);
    case 'task':
      return escalationTask(op, draft);
    case 'repeat-request':
      return repeatRequest(op, draft);
    case 'duplicate':
      return duplicate(op, draft);
    case 'conflict':
      return conflict(op, draft);
    case 'unplanned':
      return unplanned(op, draft);
    case 'stored-paused':
      return storedPaused(op, draft);
    case 'unread':
      return unread(op, draft);
    case 'incomplete':
      return incomplete(op, draft);
    case 'plan-not-active':
      return planNotActive(op, draft);
    case 'overdue':
      return pressGrey(op, draft);
    case 'close-auto':
      return closeGrey(op, draft);
    case 'paused':
    case 'resumed':
    case 'task-done':
      return; // the EpisodeOfCare or Task that caused it already says so
  }
}

/** Green, yellow or red: the worst open alert in one of the colours; none where nothing is monitored. */
function zoneFlag(draft: Draft): Change[] {
  const { context } = draft;
  const colours = new Set([...draft.openAlerts()].map((one) => colourOf(one.issue)));
  const zone: FlagCode = colours.has('red') ? 'zone-red' : colours.has('yellow') ? 'zone-yellow' : 'zone-green';
  return flagChanges(context, 'zone', context.monitored ? zone : undefined);
}

/** An `open` op for a value whose time is missing or in the future. */
export function untimelyOp(untimely: Untimely, plan: ProjectionContext['plan']): OpenOp {
  return technicalOp(
    {
      rule: `technical-time:${untimely.of}`,
      source: untimely.source,
      received: untimely.received,
      words: untimely.words,
    },
    plan,
  );
}

/** The engine threw or ran out of its budget: the input is stored, and this says that it has not been judged. */
export function engineFailedOp(
  facts: { readonly source: string; readonly received: number },
  plan: ProjectionContext['plan'],
): OpenOp {
  return technicalOp(
    {
      ...facts,
      rule: 'engine-failed',
      words: 'Målingen er lagret, men kunne ikke vurderes. Se på den selv; den vurderes på nytt.',
    },
    plan,
  );
}

/** Monitoring stood still and has recovered; misses within that time are its own. */
export function engineDownOp(
  facts: { readonly from: number; readonly to: number; readonly words: string },
  plan: ProjectionContext['plan'],
): OpenOp {
  return technicalOp(
    { rule: 'engine-down', source: `engine-down@${facts.from}`, received: facts.to, words: facts.words },
    plan,
  );
}

function technicalOp(
  facts: { rule: string; source: string; received: number; words: string },
  plan: ProjectionContext['plan'],
): OpenOp {
  const hours = {
    calendar: plan?.ruleSet.serviceCalendar ?? usualHours,
    zone: plan?.ruleSet.timezone ?? 'Europe/Oslo',
  };
  const { source, received, rule, words } = facts;
  return {
    op: 'open',
    rule,
    colour: 'technical',
    due: dueFor('technical', received, hours),
    t: received,
    received,
    evidence: [source],
    words,
  };
}
