import { IANAZone } from 'luxon';
import { Failure } from '../kernel/failure.js';

const dayLength = 86_400_000;

/** Offsets of one zone, remembered per UTC day: asking the calendar costs microseconds, and nearly every day has one offset. */
class ZoneOffsets {
  private readonly days = new Map<number, number>();
  private readonly zone: IANAZone;

  constructor(name: string) {
    this.zone = IANAZone.create(name);
    if (!this.zone.isValid)
      throw new Failure('invalid', 'This time zone is not known; use a name such as Europe/Oslo.');
  }

  /** Milliseconds to add to UTC at this instant. */
  at(instant: number): number {
    const day = Math.floor(instant / dayLength);
    let offset = this.days.get(day);
    if (offset === undefined) {
      const first = this.ask(day * dayLength);
      offset = first === this.ask((day + 1) * dayLength - 1) ? first : Number.NaN; // NaN: the clocks change on this day
      if (this.days.size > 50_000) this.days.clear();
      this.days.set(day, offset);
    }
    return Number.isNaN(offset) ? this.ask(instant) : offset;
  }

  private ask(instant: number): number {
    return Math.round(this.zone.offset(instant) * 60_000);
  }
}

const zones = new Map<string, ZoneOffsets>();

function offsetsOf(zone: string): ZoneOffsets {
  let offsets = zones.get(zone);
  if (offsets === undefined) {
    offsets = new ZoneOffsets(zone);
    zones.set(zone, offsets);
  }
  return offsets;
}

/** Milliseconds to add to UTC to get local time in `zone` at this instant. Throws `invalid` for an unknown zone. */
export const offsetAt = (instant: number, zone: string): number => offsetsOf(zone).at(instant);

/**
 * Local (wall clock) time in `zone`, given as if it were UTC → the instant. A time the clocks skip becomes the instant as
 * much later; of a time that occurs twice the first is meant.
 */
export function localToInstant(wall: number, zone: string): number {
  const offsets = offsetsOf(zone);
  // The larger offset gives the earlier instant; when it does not read back, the wall time is after the change, or skipped.
  const before = offsets.at(wall - dayLength);
  const early = wall - before;
  if (offsets.at(early) === before) return early;
  const late = wall - offsets.at(early);
  return offsets.at(late) === offsets.at(early) ? late : early;
}
