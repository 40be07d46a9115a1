// Device/$give-notice: profiles/operations/Device-give-notice.json
import { DateTime } from 'luxon';
import { giveNotice as give, noticePeriod } from '../../followup/equipment/termination.js';
import { noticeToSupplier } from '../../followup/supplier/notice-to-supplier.js';
import { Failure } from '../../kernel/failure.js';
import { deviceOperation } from './device-operation.js';
import { supplierNamed } from './supplier-named.js';

/** Notice of rented equipment; its supplier, where it is named, gets it on its desk. */
export const giveNotice = deviceOperation(
  'give-notice',
  'Only the follow-up centre gives notice of equipment.',
  async ({ device, by, parameters, context, view }) => {
    const reason = parameters.text('reason');
    const notified =
      parameters.date('date')?.slice(0, 10) ?? DateTime.fromMillis(view.now, { zone: 'Europe/Oslo' }).toISODate()!;
    const given = give({ device, notified, reason });
    if (given instanceof Failure || parameters.reference('supplier') === undefined) return given;
    const supplier = await supplierNamed(parameters, view);
    if (supplier instanceof Failure) return supplier;
    const notice = noticePeriod(notified);
    return [
      ...given,
      noticeToSupplier({ device, notice, reason, supplier, by, now: view.now, ids: context.services.ids }),
    ];
  },
);
