import type { Principal } from '../access/principal.js';
import { reminderJob, remindOfApproval } from '../followup/plan/approval-reminder.js';
import { identifierSystem, system } from '../followup/vocabulary/systems.js';
import type { Services } from '../interactions/services.js';
import { addJob } from '../storage/jobs.js';
import type { Pool } from '../storage/pool.js';

const day = 86_400_000;

/** Handler of the job `approval-reminder`: reminds once, and comes again after as many days while there is no answer. */
export async function approvalReminder(
  payload: unknown,
  { services, pool, by }: { readonly services: Services; readonly pool: Pool; readonly by: Principal },
): Promise<void> {
  const { task: id, round } = payload as { readonly task: string; readonly round: number };
  const { ids, clock, commit, approvalDays } = services;
  const centre = {
    type: 'Organization',
    identifier: { system: identifierSystem.organisation, value: by.controller },
  };
  const written = await commit(
    {
      action: 'approval reminder',
      rows: [{ type: 'Task', id }],
      async decide(view) {
        const task = await view.read({ type: 'Task', id });
        if (task === undefined) return [];
        const [open] = await view.search(
          'Task',
          `focus=Task/${id}&code=${system.taskCode}|approval-overdue&status=requested,received,accepted,in-progress,on-hold`,
        );
        return remindOfApproval({ task, round, open, centre, now: view.now, ids });
      },
    },
    by,
    'jobs',
  );
  if (written.length > 0) await addJob(pool, reminderJob(id, round + 1, clock.now() + approvalDays * day));
}
