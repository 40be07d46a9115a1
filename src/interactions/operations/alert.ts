// DetectedIssue/$close and Task/$delegate: profiles/operations/DetectedIssue-close.json, Task-delegate.json
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { closeAlert } from '../../followup/alert/close-alert.js';
import { delegateTask } from '../../followup/alert/delegate-task.js';
import { type AlertAction, alertAction, isAlertAction } from '../../followup/vocabulary/codes.js';
import { Failure } from '../../kernel/failure.js';
import type { OperationParameters } from '../operation.js';
import { journalChanges } from './copy-to-journal.js';
import { moduleOperation } from './module-operation.js';

/** A person closes an alert with a note. Closed is final. */
export const close = moduleOperation({
  type: 'DetectedIssue',
  name: 'close',
  roles: ['municipality', 'admin'],
  refusal: 'Only the follow-up centre closes an alert.',
  given: actionsIn,
  decide: async ({ resource: issue, view, parameters, given: actions, facts }) => {
    const [task] = await view.search('Task', `focus=DetectedIssue/${issue.id}&code=handle-alert`);
    const { by, now } = facts;
    const note = parameters.text('note') ?? '';
    const changes = closeAlert({ issue, task, note, actions, by, now });
    if (changes instanceof Failure || parameters.flag('copyToJournal') !== true) return changes;
    const copied = await journalChanges(resourceIn(changes[0]!) ?? issue, by, view);
    return copied instanceof Failure ? copied : [...changes, ...copied];
  },
});

/** A worklist entry is handed to a colleague or another service. */
export const delegate = moduleOperation({
  type: 'Task',
  name: 'delegate',
  roles: ['municipality', 'admin'],
  refusal: 'Only the follow-up centre delegates.',
  given(parameters) {
    const owner = parameters.reference('owner');
    if (owner !== undefined) return owner;
    throw new Failure('invalid', 'The parameter owner is needed: to whom?', {
      expression: "Parameters.parameter.where(name='owner')",
      code: 'required',
    });
  },
  decide: ({ resource: task, parameters, given: owner, facts }) =>
    delegateTask({ ...facts, task, owner, note: parameters.text('note') }),
});

function actionsIn(parameters: OperationParameters): AlertAction[] {
  return parameters.all('action').map((code) => {
    if (typeof code === 'string' && isAlertAction(code)) return code;
    throw new Failure('invalid', `action is one of ${Object.keys(alertAction).join(', ')}.`, {
      expression: "Parameters.parameter.where(name='action')",
      code: 'code-invalid',
    });
  });
}

const resourceIn = (change: Change): Resource | undefined => (change.op === 'delete' ? undefined : change.resource);
