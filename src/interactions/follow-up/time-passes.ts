import type { Change } from '../../fhir/change.js';
import { dutyTask } from '../../followup/duties/duty-task.js';
import { markOverdue, overdueAt } from '../../followup/duties/overdue.js';
import { type DutyPolicy, nextDuties, type ServiceCourse } from '../../followup/duties/service-duties.js';
import { nextAt } from '../../followup/engine/next-at.js';
import type { ProjectionContext } from '../../followup/projection/projection-context.js';
import { redClockDue, redClockStep, type RedClockPolicy } from '../../followup/projection/red-clock.js';
import { type PatientRecord, planOf } from './patient-record.js';

const zoneOf = (record: PatientRecord): string => planOf(record)?.timezone ?? 'Europe/Oslo';

/** What of the worklist is due by now beside the engine's own: steps of the red clock, overdue Tasks, duties of the service. */
export function whatFallsDue(
  record: PatientRecord,
  context: ProjectionContext,
  policy: { readonly redClock: RedClockPolicy; readonly duties: DutyPolicy },
): readonly Change[] {
  const { openTasks, now, ids } = context;
  const clocked = openTasks.flatMap((task) => redClockStep({ task, policy: policy.redClock, now, ids }));
  const overdue = openTasks.flatMap((task) => markOverdue(task, now));
  return [...clocked, ...overdue, ...owed(record, context, policy.duties)];
}

/** The running service with what is owed for the plan in force. */
function courseOf({ course, hospital }: PatientRecord): ServiceCourse | undefined {
  return course === undefined || hospital === undefined ? course : { ...course, hospital };
}

function owed(record: PatientRecord, context: ProjectionContext, policy: DutyPolicy): Change[] {
  const course = courseOf(record);
  if (course === undefined) return [];
  const due = nextDuties(course, policy, context.now, zoneOf(record)).filter(({ at }) => at <= context.now);
  if (due.length === 0) return [];
  const { changed, ...running } = record.course!;
  const isTold = due.some(({ why }) => why !== undefined);
  const made = { ...running.made };
  for (const { duty, deadline } of due) made[duty] = Math.max(made[duty] ?? 0, deadline);
  record.course = { ...running, ...(changed === undefined || isTold ? {} : { changed }), made };
  // one Task of a kind: what changed comes first, and the regular one of the same time is the same conversation
  const first = due.filter((one, i) => due.findIndex(({ duty }) => duty === one.duty) === i);
  return first.flatMap((one) => dutyTask(one, context));
}

/** When time must be judged next for the patient, ms since 1970. */
export function nextJudgement(
  record: PatientRecord,
  context: ProjectionContext,
  { changes, duties }: { readonly changes: readonly Change[]; readonly duties: DutyPolicy },
): { nextAt?: number } {
  const changed = new Map(
    changes.flatMap((change) => (change.op === 'delete' ? [] : [[change.resource.id, change.resource] as const])),
  );
  const open = [...context.openTasks.map((task) => changed.get(task.id) ?? task), ...changed.values()];
  const tasks = open.filter((task) => task.resourceType === 'Task' && !ended.has(String(task['status'])));
  const owing =
    courseOf(record) === undefined
      ? []
      : nextDuties(courseOf(record)!, duties, context.now, zoneOf(record)).map(({ at }) => at);
  const times = [
    nextAt(record.engine),
    record.pauseEnd,
    ...tasks.map(redClockDue),
    ...tasks.map(overdueAt),
    ...owing,
  ].filter((time): time is number => time !== undefined);
  return times.length === 0 ? {} : { nextAt: Math.min(...times) };
}

const ended = new Set(['completed', 'cancelled', 'rejected', 'failed', 'entered-in-error']);
