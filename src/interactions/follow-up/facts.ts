import { parseJson } from '../../fhir/json.js';
import { keyOf, type Resource } from '../../fhir/resource.js';
import { alertOf } from '../../followup/projection/alert-element.js';
import type { OpenAlertPair } from '../../followup/projection/projection-context.js';
import type { Queryable } from '../../storage/pool.js';
import type { View } from '../commit-types.js';
import type { Planned } from '../commit/planned.js';

/** The module's resources of one patient, as they stand after what this commit changes. */
export interface PatientFacts {
  readonly openAlerts: ReadonlyMap<string, OpenAlertPair>;
  readonly closedAlerts: ReadonlyMap<string, Resource>;
  readonly openTasks: readonly Resource[];
  readonly flags: readonly Resource[];
}

const openStatuses = 'requested,received,accepted,in-progress,on-hold,ready';

/** Reads under the patient lock. `patient` is the logical id, `key` the patient key. */
export async function patientFacts(
  tx: Queryable,
  view: View,
  patient: { readonly id: string; readonly key: number },
  planned: readonly Planned[],
): Promise<PatientFacts> {
  const { rows } = await tx.query({
    name: 'followup-alerts',
    text: `select a.rule, a.open, i.content as issue, t.content as task from followup_alert a
      join resource i on i.rid = a.issue left join resource t on t.rid = a.task
      where a.patient = $1 and (a.open or a.issue = (select max(b.issue) from followup_alert b where b.patient = a.patient and b.rule = a.rule))`,
    values: [patient.key],
  });
  const tasks = await view.search('Task', `patient=Patient/${patient.id}&status=${openStatuses}`);
  const flags = await view.search('Flag', `patient=Patient/${patient.id}&status=active`);
  const now = overlay(planned);

  const openAlerts = new Map<string, OpenAlertPair>();
  const closedAlerts = new Map<string, Resource>();
  for (const row of rows) {
    const issue = now(parseJson(row['issue'] as string) as Resource);
    const task = row['task'] === null ? undefined : now(parseJson(row['task'] as string) as Resource);
    if (issue === undefined) continue;
    const rule = alertOf(issue)?.rule ?? (row['rule'] as string);
    if (row['open'] === true && issue['status'] === 'preliminary') openAlerts.set(rule, { issue, task });
    else closedAlerts.set(rule, issue);
  }
  const fresh = (type: string): Resource[] =>
    planned.flatMap((item) =>
      item.key.type === type && item.kind === 'c' && item.after !== undefined && item.patients.includes(patient.key)
        ? [item.after]
        : [],
    );
  const alive = (list: readonly Resource[]): Resource[] => list.flatMap((resource) => now(resource) ?? []);
  return {
    openAlerts,
    closedAlerts,
    openTasks: [...alive(tasks), ...fresh('Task')].filter((task) => openStatuses.includes(String(task['status']))),
    flags: [...alive(flags), ...fresh('Flag')].filter((flag) => flag['status'] === 'active'),
  };
}

/** A stored resource as this commit leaves it; undefined where it is deleted. */
function overlay(planned: readonly Planned[]): (resource: Resource) => Resource | undefined {
  const changed = new Map(planned.filter((item) => item.kind !== 'c').map((item) => [keyOf(item.key), item.after]));
  return (resource) => {
    const key = keyOf({ type: resource.resourceType, id: resource.id! });
    return changed.has(key) ? changed.get(key) : resource;
  };
}
