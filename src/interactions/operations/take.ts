// Task/$take: profiles/operations/Task-take.json
import { takeTask } from '../../followup/alert/take-task.js';
import { versionOf } from '../../followup/vocabulary/element.js';
import { Failure } from '../../kernel/failure.js';
import type { Operation } from '../operation.js';
import { ifMatch } from '../respond.js';
import { callerReference, demandRole, runOperation } from './run-operation.js';

/** A nurse takes an entry of the worklist. With If-Match only in the version that was seen. */
export const take: Operation = {
  name: 'take',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/Task-take',
  type: 'Task',
  level: 'instance',
  affectsState: true,
  amountsTo: 'update',
  followUp: true,
  async handle(request, context) {
    demandRole(context.principal, ['municipality', 'admin'], 'Only the follow-up centre works on its list.');
    const version = ifMatch(request);
    return runOperation({
      request,
      context,
      name: '$take',
      key: { type: 'Task', id: request.segments[1]! },
      decide(task, view) {
        const decided = takeTask({ task, by: callerReference(context.principal), now: view.now });
        // Who has it says more than that the version is another.
        if (decided instanceof Failure || version === undefined || version === versionOf(task)) return decided;
        return new Failure('precondition', 'The Task has changed since it was read.', {
          expression: 'Task.meta.versionId',
        });
      },
    });
  },
};
