import { createHealth, heartbeat } from '../../../src/observability/health.js';

describe('health', () => {
  test('is not ready before the start is done, and not after the stop has begun', async () => {
    const health = createHealth();
    expect((await health.ready()).ok).toBe(false);
    health.release();
    expect((await health.ready()).ok).toBe(true);
    health.hold('stopping');
    expect(await health.ready()).toEqual({ ok: false, checks: { server: { ok: false, detail: 'stopping' } } });
    expect(health.live().ok).toBe(true);
  });

  test('one check that fails, throws or does not answer makes the whole not ready', async () => {
    const health = createHealth(20);
    health.release();
    health.register('good', () => ({ ok: true }));
    health.register('throwing', () => Promise.reject(new Error('12834812019')));
    health.register('silent', () => new Promise(() => undefined));
    expect(await health.ready()).toEqual({
      ok: false,
      checks: {
        good: { ok: true },
        throwing: { ok: false, detail: 'failed' },
        silent: { ok: false, detail: 'no answer in time' },
      },
    });
  });

  test('a loop that stands still for longer than its limit fails its check', () => {
    let now = 0;
    const loop = heartbeat(() => now, 300_000);
    now = 300_000;
    expect(loop.check()).toEqual({ ok: true });
    now = 301_000;
    expect(loop.check()).toEqual({ ok: false, detail: 'stands still for 301 s' });
    loop.beat();
    expect(loop.check()).toEqual({ ok: true });
  });
});
