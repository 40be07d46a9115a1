import type { Clock } from './clock.js';

/** Gives new logical ids. */
export interface Ids {
  next(): string;
}

/**
 * UUIDv7: time-ordered, so that new rows land at the right edge of every index.
 * https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7
 */
export function uuidv7(clock: Clock): Ids {
  let pool = new Uint8Array(0);
  let used = 0;
  return {
    next() {
      if (used + 10 > pool.length) {
        pool = crypto.getRandomValues(new Uint8Array(2560));
        used = 0;
      }
      const bytes = Buffer.alloc(16);
      bytes.writeUIntBE(clock.now(), 0, 6);
      bytes.set(pool.subarray(used, used + 10), 6);
      used += 10;
      bytes[6] = 0x70 | (bytes[6]! & 0x0f);
      bytes[8] = 0x80 | (bytes[8]! & 0x3f);
      const hex = bytes.toString('hex');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    },
  };
}
