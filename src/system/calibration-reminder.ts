import type { Principal } from '../access/principal.js';
import { remindOfCalibration } from '../followup/equipment/calibration-reminder.js';
import { identifierSystem, system } from '../followup/vocabulary/systems.js';
import type { Services } from '../interactions/services.js';

/** Handler of the job `calibration-due`: one Task, unless there is an open one about the device. */
export async function calibrationReminder(
  payload: unknown,
  { services, by }: { readonly services: Services; readonly by: Principal },
): Promise<void> {
  const { device: id } = payload as { readonly device: string };
  const centre = { type: 'Organization', identifier: { system: identifierSystem.organisation, value: by.controller } };
  await services.commit(
    {
      action: 'calibration reminder',
      rows: [{ type: 'Device', id }],
      async decide(view) {
        const device = await view.read({ type: 'Device', id });
        if (device === undefined) return [];
        const open = await view.search(
          'Task',
          `focus=Device/${id}&code=${system.taskCode}|calibration-due&status=requested,received,accepted,in-progress,on-hold`,
        );
        return open.length > 0 ? [] : remindOfCalibration({ device, centre, now: view.now, ids: services.ids });
      },
    },
    by,
    'jobs',
  );
}
