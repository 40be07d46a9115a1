import type { Operation } from '../operation.js';
import { close, delegate } from './alert.js';
import { apply, applySeveral } from './apply.js';
import { assign, assignBySerial, returned, returnedBySerial } from './device.js';
import { dhoStatus } from './dho-status.js';
import { end, pause, resume, start } from './episode.js';
import { everything } from './everything.js';
import { lastn } from './lastn.js';
import { approvePlan, rejectPlanOperation, submit } from './plan-approval.js';
import { meta, metaAdd, metaDelete } from './meta.js';
import { accept, reject } from './referral.js';
import { validateNew, validateStored } from './validate.js';

/** Every operation of the server; routes and CapabilityStatement come from here. */
export const operations: readonly Operation[] = [
  lastn,
  submit,
  approvePlan,
  rejectPlanOperation,
  accept,
  reject,
  start,
  pause,
  resume,
  end,
  close,
  delegate,
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
];
