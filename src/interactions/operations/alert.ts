// DetectedIssue/$close and Task/$delegate: profiles/operations/DetectedIssue-close.json, Task-delegate.json
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { closeAlert } from '../../followup/alert/close-alert.js';
import { delegateTask } from '../../followup/alert/delegate-task.js';
import { type AlertAction, alertAction, isAlertAction } from '../../followup/vocabulary/codes.js';
import { Failure } from '../../kernel/failure.js';
import { type Operation, OperationParameters } from '../operation.js';
import { journalChanges } from './copy-to-journal.js';
import { callerReference, demandRole, runOperation } from './run-operation.js';

/** A person closes an alert with a note. Closed is final. */
export const close: Operation = {
  name: 'close',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/DetectedIssue-close',
  type: 'DetectedIssue',
  level: 'instance',
  affectsState: true,
  amountsTo: 'update',
  followUp: true,
  async handle(request, context) {
    demandRole(context.principal, ['municipality', 'admin'], 'Only the follow-up centre closes an alert.');
    const parameters = new OperationParameters(request);
    const actions = actionsIn(parameters);
    return runOperation({
      request,
      context,
      name: '$close',
      key: { type: 'DetectedIssue', id: request.segments[1]! },
      decide: async (issue, view) => {
        const [task] = await view.search('Task', `focus=DetectedIssue/${issue.id}&code=handle-alert`);
        const by = callerReference(context.principal);
        const note = parameters.text('note') ?? '';
        const changes = closeAlert({ issue, task, note, actions, by, now: view.now });
        if (changes instanceof Failure || parameters.flag('copyToJournal') !== true) return changes;
        const copied = await journalChanges(resourceIn(changes[0]!) ?? issue, by, view);
        return copied instanceof Failure ? copied : [...changes, ...copied];
      },
    });
  },
};

/** A worklist entry is handed to a colleague or another service. */
export const delegate: Operation = {
  name: 'delegate',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/Task-delegate',
  type: 'Task',
  level: 'instance',
  affectsState: true,
  amountsTo: 'update',
  followUp: true,
  async handle(request, context) {
    demandRole(context.principal, ['municipality', 'admin'], 'Only the follow-up centre delegates.');
    const parameters = new OperationParameters(request);
    const owner = parameters.reference('owner');
    if (owner === undefined)
      throw new Failure('invalid', 'The parameter owner is needed: to whom?', {
        expression: "Parameters.parameter.where(name='owner')",
        code: 'required',
      });
    return runOperation({
      request,
      context,
      name: '$delegate',
      key: { type: 'Task', id: request.segments[1]! },
      decide: (task, view) =>
        delegateTask({
          task,
          owner,
          note: parameters.text('note'),
          by: callerReference(context.principal),
          now: view.now,
          ids: context.services.ids,
        }),
    });
  },
};

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
