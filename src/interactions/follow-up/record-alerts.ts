import { keyOf, type Resource } from '../../fhir/resource.js';
import { alertOf, colourOf } from '../../followup/projection/alert-element.js';
import { asReference, type Period } from '../../followup/vocabulary/element.js';
import { answerAlert, writeAlert } from '../../storage/alert-index.js';
import type { Queryable } from '../../storage/pool.js';
import type { Planned } from '../commit/planned.js';

/** Somebody has taken it. */
const taken = new Set(['accepted', 'in-progress', 'on-hold', 'completed']);

/** Keeps the index of alerts: one open alert per patient and rule (decision 5), and how long each waits. */
export async function recordAlerts(tx: Queryable, written: readonly Planned[]): Promise<void> {
  const tasks = written.filter(({ key, managed }) => key.type === 'Task' && managed);
  const focusOf = (item: Planned): string | undefined => asReference(item.after?.['focus'])?.reference;
  for (const item of written) {
    if (item.key.type !== 'DetectedIssue' || !item.managed || item.after === undefined) continue;
    const alert = alertOf(item.after);
    const patient = item.patients[0];
    if (alert === undefined || patient === undefined) continue;
    const task = tasks.find((one) => focusOf(one) === keyOf(item.key));
    await writeAlert(tx, {
      patient,
      rule: alert.rule,
      issue: item.rid,
      task: task?.rid ?? null,
      open: item.after['status'] === 'preliminary',
      cancelled: item.after['status'] === 'entered-in-error',
      colour: colourOf(item.after) ?? null,
      due: dueOf(task?.after),
      at: changedAt(item.after),
    });
  }
  for (const task of tasks) {
    const status = String(task.after?.['status']);
    if (task.kind === 'u' && taken.has(status) && focusOf(task)?.startsWith('DetectedIssue/') === true)
      await answerAlert(tx, task.rid, changedAt(task.after));
  }
}

function dueOf(task: Resource | undefined): number | null {
  const end = Date.parse((task?.['restriction'] as { period?: Period } | undefined)?.period?.end ?? '');
  return Number.isNaN(end) ? null : end;
}

const changedAt = (resource: Resource | undefined): number => Date.parse(String(resource?.meta?.lastUpdated));
