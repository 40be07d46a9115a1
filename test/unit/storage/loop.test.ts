import { silentLog } from '../../../src/kernel/log.js';
import { startLoop } from '../../../src/storage/loop.js';

test('a loop that has nothing to do for two months rests, and wakes when it is asked to', async () => {
  let rounds = 0;
  const loop = startLoop({
    name: 'test',
    log: silentLog,
    everyMs: 1000,
    round: async () => {
      rounds += 1;
      return 60 * 86_400_000;
    },
  });
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(rounds).toBe(1);
  loop.wake();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(rounds).toBe(2);
  await loop.stop();
});
