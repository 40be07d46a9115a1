import type { Operation } from '../operation.js';
import { close, delegate } from './alert.js';
import { apply, applySeveral } from './apply.js';
import { assign, assignBySerial, returned, returnedBySerial } from './device.js';
import { declinePlan } from './decline-plan.js';
import { dhoStatus } from './dho-status.js';
import { end, pause, resume, start } from './episode.js';
import { everything } from './everything.js';
import { handOver } from './hand-over-plan.js';
import { lastn } from './lastn.js';
import { approvePlan, rejectPlanOperation, submit } from './plan-approval.js';
import { diffPlan } from './plan-diff.js';
import { meta, metaAdd, metaDelete } from './meta.js';
import { proposePlanChange } from './propose-plan-change.js';
import { accept, reject } from './referral.js';
import { revise } from './revise-plan.js';
import { revoke } from './revoke-plan.js';
import { subscriptionOperations } from './subscription-operations.js';
import { meeting, overview, responses } from './worklist.js';
import { validateNew, validateStored } from './validate.js';

/** Every operation of the server; routes and CapabilityStatement come from here. */
export const operations: readonly Operation[] = [
  lastn,
  submit,
  approvePlan,
  rejectPlanOperation,
  proposePlanChange,
  revise,
  diffPlan,
  handOver,
  revoke,
  declinePlan,
  accept,
  reject,
  start,
  pause,
  resume,
  end,
  close,
  delegate,
  overview,
  meeting,
  responses,
  assign,
  assignBySerial,
  returned,
  returnedBySerial,
  dhoStatus,
  apply,
  applySeveral,
  everything,
  validateNew,
  validateStored,
  meta,
  metaAdd,
  metaDelete,
  ...subscriptionOperations,
];
