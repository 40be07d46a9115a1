/** `DetectedIssue/$close`: a person closes an alert, with what was assessed and done. Closed is final (decision 10). */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import { annotation, mitigation } from '../vocabulary/annotation.js';
import { type AlertAction, alertAction } from '../vocabulary/codes.js';
import { many, type Reference } from '../vocabulary/element.js';
import { updated } from '../vocabulary/module-change.js';
import { system } from '../vocabulary/systems.js';

export interface Closing {
  readonly issue: Resource;
  /** The Task `handle-alert` of the alert. */
  readonly task: Resource | undefined;
  readonly note: string;
  /** What was done, by code. */
  readonly actions?: readonly AlertAction[];
  readonly by: Reference;
  readonly now: number;
}

/** → DetectedIssue `final` with the mitigation, Task `completed` with the note. The zone follows in the same commit. */
export function closeAlert({ issue, task, note, by, now, actions = [] }: Closing): Change[] | Failure {
  if (note.trim() === '') {
    return new Failure('unprocessable', 'An alert is closed with a note: what was assessed, and what was done.', {
      expression: "Parameters.parameter.where(name='note')",
      code: 'required',
    });
  }
  if (issue.status !== 'preliminary') {
    return new Failure('conflict', `The alert is ${String(issue.status)}; a closed alert is not changed or reopened.`, {
      expression: 'DetectedIssue.status',
    });
  }
  const at = instant(now);
  const coding = actions.map((code) => ({ system: system.alertAction, code, display: alertAction[code] }));
  return [
    updated(issue, {
      status: 'final',
      mitigation: [...many<object>(issue.mitigation), mitigation(note, now, by, coding)],
    }),
    ...(task === undefined
      ? []
      : [
          updated(task, {
            status: 'completed',
            lastModified: at,
            executionPeriod: { ...(task.executionPeriod as object), end: at },
            note: [...many<object>(task.note), annotation(note, now, by)],
          }),
        ]),
  ];
}
