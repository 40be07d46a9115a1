import fc from 'fast-check';
import { waitAfter } from '../../../src/delivery/backoff.js';

const backoff = { firstMs: 1000, longestMs: 900_000 };

test('the wait doubles with each failure, between a half and the whole of it, and never exceeds the longest', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(), (failures, who) => {
      const whole = Math.min(900_000, 1000 * 2 ** Math.min(failures - 1, 40));
      const wait = waitAfter(failures, who, backoff);
      expect(wait).toBeGreaterThanOrEqual(whole / 2);
      expect(wait).toBeLessThanOrEqual(whole);
    }),
  );
});

test('subscriptions that failed at the same moment do not come back at the same moment', () => {
  expect(new Set(Array.from({ length: 100 }, (_, who) => waitAfter(8, who, backoff))).size).toBeGreaterThan(90);
});
