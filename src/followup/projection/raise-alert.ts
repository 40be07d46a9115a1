import type { EscalateOp, OpenOp, UpdateOp } from '../engine/op.js';
import { colourRank } from '../vocabulary/codes.js';
import { colourOf } from './alert-element.js';
import type { Draft } from './draft.js';
import { escalateAlert } from './escalate-alert.js';
import { openAlert } from './open-alert.js';
import { updateAlert } from './update-alert.js';

/**
 * One open alert per rule: a finding opens it, is added to the open one, or raises its colour. It goes by what is open in
 * the store, so that an op that disagrees (an alert lost or closed meanwhile) still ends as an alert somebody sees.
 */
export function raiseAlert(op: OpenOp | EscalateOp | UpdateOp, draft: Draft): void {
  const open = draft.alert(op.rule);
  const colour = open === undefined ? undefined : colourOf(open.issue);
  if (op.op === 'update') {
    if (open !== undefined) updateAlert(op, draft);
    else openAlert({ ...op, op: 'open', due: { label: op.colour === 'red' ? 'ASAP' : 'as-needed' } }, draft, op.count);
  } else if (open === undefined) openAlert({ ...op, op: 'open' }, draft, op.op === 'escalate' ? op.count : undefined);
  else if (colour === undefined || colourRank[op.colour] > colourRank[colour])
    escalateAlert({ ...op, op: 'escalate' }, draft);
  else updateAlert({ ...op, op: 'update', count: 0 }, draft);
}
