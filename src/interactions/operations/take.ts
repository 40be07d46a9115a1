// Task/$take: profiles/operations/Task-take.json
import { takeTask } from '../../followup/alert/take-task.js';
import { versionOf } from '../../followup/vocabulary/element.js';
import { Failure } from '../../kernel/failure.js';
import { ifMatch } from '../respond.js';
import { moduleOperation } from './module-operation.js';

/** A nurse takes an entry of the worklist. With If-Match only in the version that was seen. */
export const take = moduleOperation({
  type: 'Task',
  name: 'take',
  roles: ['municipality', 'admin'],
  refusal: 'Only the follow-up centre works on its list.',
  given: (_parameters, request) => ifMatch(request),
  decide({ resource: task, given: version, facts }) {
    const decided = takeTask({ task, by: facts.by, now: facts.now });
    // Who has it says more than that the version is another.
    if (decided instanceof Failure || version === undefined || version === versionOf(task)) return decided;
    return new Failure('precondition', 'The Task has changed since it was read.', {
      expression: 'Task.meta.versionId',
    });
  },
});
