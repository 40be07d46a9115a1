/** How long to wait after failures, in milliseconds. */
export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * Exponential, with jitter that spreads many who failed at the same moment: between a half and the whole of the doubled
 * time. The jitter comes from `who`, so that it needs no source of randomness and is the same after a restart.
 *
 * @param failures in a row, the latest included (≥ 1)
 */
export function waitAfter(failures: number, who: number, { firstMs, longestMs }: Backoff): number {
  const whole = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 40));
  return Math.round(whole / 2 + (whole / 2) * spread(who * 31 + failures));
}

/** A number → [0, 1), neighbours far apart. https://en.wikipedia.org/wiki/MurmurHash (finaliser) */
function spread(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
