import { tryDateRange } from '../../fhir/dates.js';
import { many } from '../vocabulary/element.js';

/**
 * The instant of a FHIR date or time, its earliest where it covers more than one; undefined where it is less exact than a
 * day. Times without offset are local to the zone.
 */
export function instantAt(value: unknown, zone: string): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d/.test(value)) return undefined;
  return tryDateRange(value, zone)?.low;
}

/** Observation.effective[x]: a period counts from its end, a timing from its last event. */
export function effectiveOf(observation: Readonly<Record<string, unknown>>, zone: string): number | undefined {
  const period = observation.effectivePeriod as { start?: string; end?: string } | undefined;
  const events = many<string>((observation.effectiveTiming as { event?: string[] } | undefined)?.event);
  return instantAt(
    observation.effectiveDateTime ?? observation.effectiveInstant ?? period?.end ?? period?.start ?? events.at(-1),
    zone,
  );
}
