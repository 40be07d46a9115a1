import type { Op } from '../../../src/followup/engine/op.js';
import { markOwnDowntime, missedSince } from '../../../src/followup/projection/own-downtime.js';
import { createHealth } from '../../../src/observability/health.js';
import { standstillCheck } from '../../../src/system/follow-up-timers.js';
import { ManualClock } from '../../../src/kernel/clock.js';
import { arrays, input, plan, run } from './engine/simulated.js';

const daily = plan({
  measures: { pulse: 'pulse' },
  rules: ['pulse-zone'],
  schedules: [{ id: 'd', for: 'pulse', start: '2026-03-02', times: ['09:00'], before: 'PT1H', after: 'PT2H' }],
});
const missed: readonly Op[] = run(daily, [
  input({ t: '2026-03-02T08:00', type: 'start' }),
  input({ t: '2026-03-03T12:00', type: 'clock' }),
]).ops.flat();
const at = (time: string): number => Date.parse(`${time}+01:00`);
const notes = (from: string, to: string): (string | undefined)[] =>
  markOwnDowntime(missed, daily, [{ from: at(from), to: at(to) }]).map((op) => ('note' in op ? op.note : undefined));

test('a miss whose window the standstill reaches into is marked, and no other', () => {
  expect(arrays([missed])[0]).toHaveLength(2);
  expect(missedSince(missed, daily)).toBe(at('2026-03-02T08:00:00'));
  expect(notes('2026-03-02T10:59:59', '2026-03-02T23:00:00')).toEqual(['own-downtime', undefined]);
  expect(notes('2026-03-02T11:00:00', '2026-03-03T08:00:00')).toEqual([undefined, undefined]);
  expect(notes('2026-03-02T11:00:00', '2026-03-03T08:00:01')).toEqual([undefined, 'own-downtime']);
});

test('readiness fails while a part has stood still for more than five minutes', async () => {
  const clock = new ManualClock(at('2026-03-02T08:00:00'));
  const health = createHealth();
  health.release();
  health.register('timers', standstillCheck({ last: () => at('2026-03-02T08:00:00') }, clock));
  clock.advance(5 * 60_000);
  expect((await health.ready()).ok).toBe(true);
  clock.advance(1);
  expect(await health.ready()).toMatchObject({ ok: false, checks: { timers: { ok: false, detail: 'stands still' } } });
});
