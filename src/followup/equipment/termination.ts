/** `Device/$give-notice`: notice of rented equipment, three months from the first of the month after it. */
import { DateTime } from 'luxon';
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { extensionOf, withExtension } from '../vocabulary/element.js';
import { updated } from '../vocabulary/module-change.js';
import { structure } from '../vocabulary/systems.js';

export const terminationUrl = structure('dho-termination');
const months = 3;

export interface Notice {
  /** First day that counts, YYYY-MM-DD. */
  readonly start: string;
  /** Last day of the rent, YYYY-MM-DD. */
  readonly end: string;
}

/** @param notified the day of the notice, YYYY-MM-DD */
export function noticePeriod(notified: string): Notice {
  const start = DateTime.fromISO(notified, { zone: 'utc' }).startOf('month').plus({ months: 1 });
  return { start: start.toISODate()!, end: start.plus({ months }).minus({ days: 1 }).toISODate()! };
}

/** → Device with `dho-termination`. Notice is given once. */
export function giveNotice(facts: {
  readonly device: Resource;
  readonly notified: string;
  readonly reason?: string | undefined;
}): Change[] | Failure {
  const { device, notified, reason } = facts;
  if (extensionOf(device, terminationUrl) !== undefined)
    return new Failure('conflict', 'Notice has been given of this device already.', { expression: 'Device.extension' });
  const { start, end } = noticePeriod(notified);
  const noticed = updated(
    withExtension(device, terminationUrl, {
      url: terminationUrl,
      extension: [
        { url: 'notified', valueDate: notified },
        { url: 'start', valueDate: start },
        { url: 'end', valueDate: end },
        ...(reason === undefined ? [] : [{ url: 'reason', valueString: reason }]),
      ],
    }),
    {},
  );
  return [noticed];
}
