/** The injected clock. Nothing but this file asks the machine for the time (architecture test). */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A clock for tests and `simulate`: stands still until it is set. */
export class ManualClock implements Clock {
  constructor(private at: number) {}
  now(): number {
    return this.at;
  }
  set(at: number): void {
    this.at = at;
  }
  advance(milliseconds: number): void {
    this.at += milliseconds;
  }
}

/** Instant → `2026-03-02T09:00:00.000Z`, the form of `meta.lastUpdated`. */
export function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
