import type { Operation } from '../operation.js';
import { close, delegate } from './alert.js';
import { apply, applySeveral } from './apply.js';
import { breakGlass } from './break-glass.js';
import { cover } from './cover.js';
import { accessLog } from './access-log.js';
import { protectedAddress } from './protected-address.js';
import { assign } from './assign-device.js';
import { bulkFile } from './bulk-file.js';
import { bulkStatus } from './bulk-status.js';
import { check } from './check-device.js';
import { copy } from './copy-to-journal.js';
import { declinePlan } from './decline-plan.js';
import { stock } from './device-stock.js';
import { document } from './document.js';
import { dhoStatus } from './dho-status.js';
import { end, greenAlerts, pause, resume, start } from './episode.js';
import { dhoSummary, dhoSummaryByIdentifier } from './dho-summary.js';
import { evaluateMeasure, evaluateMeasures } from './evaluate-measure.js';
import { everything } from './everything.js';
import { expandGiven, expandStored } from './expand.js';
import { exportGroup, exportPatients, exportSystem } from './export.js';
import { giveNotice } from './give-notice.js';
import { graphql, graphqlOfOne } from './graphql.js';
import { handOver } from './hand-over-plan.js';
import { importLines } from './import.js';
import { include } from './include-patient.js';
import { labReport } from './lab-report.js';
import { lastn } from './lastn.js';
import { stats } from './stats.js';
import { lookup } from './lookup.js';
import { approvePlan, rejectPlanOperation, submit } from './plan-approval.js';
import { diffPlan } from './plan-diff.js';
import { meta, metaAdd, metaDelete, metaOfAll, metaOfType } from './meta.js';
import { populateGiven, populateStored } from './populate.js';
import { processMessage } from './process-message.js';
import { proposePlanChange } from './propose-plan-change.js';
import { accept, reject } from './referral.js';
import { reindex, reindexAll } from './reindex.js';
import { answer, askBack } from './referral-question.js';
import { replace } from './replace-device.js';
import { returned } from './return-device.js';
import { noContact } from './no-contact.js';
import { order } from './order-equipment.js';
import { rentalReport } from './rental-report.js';
import { reportFault } from './report-fault.js';
import { revise } from './revise-plan.js';
import { revoke } from './revoke-plan.js';
import { versions } from './versions.js';
import { subscriptionOperations } from './subscription-operations.js';
import { take } from './take.js';
import { meeting, overview, responses } from './worklist.js';
import { setState } from './set-state.js';
import { signLoan } from './sign-loan.js';
import { subsumesGiven, subsumesStored } from './subsumes.js';
import { translateGiven, translateStored } from './translate.js';
import { validateNew, validateStored } from './validate.js';
import {
  validateInGivenSystem,
  validateInGivenValueSet,
  validateInStoredSystem,
  validateInStoredValueSet,
} from './validate-code.js';

/** Every operation of the server; routes and CapabilityStatement come from here. */
export const operations: readonly Operation[] = [
  lastn,
  accessLog,
  protectedAddress,
  breakGlass,
  cover,
  stats,
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
  askBack,
  answer,
  include,
  start,
  pause,
  resume,
  end,
  greenAlerts,
  setState,
  close,
  copy,
  take,
  noContact,
  delegate,
  overview,
  meeting,
  responses,
  ...[assign, returned, check, replace, signLoan, giveNotice, reportFault].flatMap(({ instance, bySerial }) => [
    instance,
    bySerial,
  ]),
  stock,
  order,
  rentalReport,
  dhoStatus,
  dhoSummary,
  dhoSummaryByIdentifier,
  labReport,
  apply,
  applySeveral,
  evaluateMeasure,
  evaluateMeasures,
  everything,
  document,
  expandGiven,
  expandStored,
  validateInGivenValueSet,
  validateInStoredValueSet,
  validateInGivenSystem,
  validateInStoredSystem,
  lookup,
  subsumesGiven,
  subsumesStored,
  translateGiven,
  translateStored,
  exportSystem,
  exportPatients,
  exportGroup,
  importLines,
  bulkStatus,
  bulkFile,
  validateNew,
  validateStored,
  meta,
  metaOfType,
  metaOfAll,
  metaAdd,
  metaDelete,
  versions,
  processMessage,
  populateGiven,
  populateStored,
  graphql,
  graphqlOfOne,
  reindex,
  reindexAll,
  ...subscriptionOperations,
];
