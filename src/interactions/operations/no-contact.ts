// Task/$no-contact: profiles/operations/Task-no-contact.json
import { noContact as attempted } from '../../followup/alert/no-contact.js';
import { usualHours } from '../../followup/calendar/shift.js';
import { centreHours } from './centre-hours.js';
import { moduleOperation } from './module-operation.js';

/** The patient was not reached: the Task waits for the next attempt. */
export const noContact = moduleOperation({
  type: 'Task',
  name: 'no-contact',
  roles: ['municipality', 'admin'],
  refusal: 'Only the follow-up centre works on its list.',
  decide: async ({ resource: task, view, parameters, context, facts: { by, now } }) => {
    const { centre } = context.services;
    const retry = parameters.date('retry');
    return attempted({
      task,
      note: parameters.text('note'),
      retry: retry === undefined ? undefined : Date.parse(retry),
      hours: {
        calendar: (await centreHours(view, centre.herId, centre.afterHours)) ?? usualHours,
        zone: 'Europe/Oslo',
      },
      by,
      now,
    });
  },
});
