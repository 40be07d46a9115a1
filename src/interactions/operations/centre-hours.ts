import type { ServiceCalendar } from '../../followup/ruleset/grammar.js';
import type { View } from '../commit-types.js';

interface AvailableTime {
  readonly daysOfWeek?: readonly string[];
  readonly allDay?: boolean;
  readonly availableStartTime?: string;
  readonly availableEndTime?: string;
}

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/**
 * The centre's opening hours, which the deadlines of alerts count by: `HealthcareService.availableTime` of the service
 * with that HER-id. Undefined where it has none, or hours that differ from day to day: then those of the template hold.
 * https://hl7.org/fhir/R4/healthcareservice.html
 *
 * @param afterHours who takes red alerts outside them
 */
export async function centreHours(
  view: View,
  herId: string,
  afterHours: 'none' | 'home-care' | 'legevakt',
): Promise<ServiceCalendar | undefined> {
  const [service] = await view.search('HealthcareService', `identifier=urn:oid:2.16.578.1.12.4.1.2|${herId}`);
  const times = (service?.['availableTime'] ?? []) as readonly AvailableTime[];
  const [first] = times;
  if (first?.availableStartTime === undefined || first.availableEndTime === undefined) return undefined;
  if (
    times.some(
      (time) =>
        time.availableStartTime !== first.availableStartTime || time.availableEndTime !== first.availableEndTime,
    )
  )
    return undefined;
  const open = new Set(times.flatMap((time) => time.daysOfWeek ?? days));
  return {
    days: days.flatMap((day, index) => (open.has(day) ? [index] : [])),
    from: first.availableStartTime.slice(0, 5),
    to: first.availableEndTime.slice(0, 5),
    holidays: 'NO',
    ...(afterHours === 'none' ? {} : { afterHours }),
  } as ServiceCalendar;
}
