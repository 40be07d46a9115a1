// Device/$give-notice: profiles/operations/Device-give-notice.json
import { DateTime } from 'luxon';
import { giveNotice as give } from '../../followup/equipment/termination.js';
import { deviceOperation } from './device-operation.js';

/** Notice of rented equipment to its supplier. */
export const giveNotice = deviceOperation(
  'give-notice',
  'Only the follow-up centre gives notice of equipment.',
  async ({ device, parameters, view }) =>
    give({
      device,
      notified:
        parameters.date('date')?.slice(0, 10) ?? DateTime.fromMillis(view.now, { zone: 'Europe/Oslo' }).toISODate()!,
      reason: parameters.text('reason'),
    }),
);
