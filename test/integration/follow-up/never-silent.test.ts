import { type Alert, ruleSet, stageFor } from './stage.js';

const stage = stageFor('2026-03-03T07:00:00Z');

const until = async <T>(find: () => Promise<T | undefined>): Promise<T> => {
  for (let waited = 0; waited < 15_000; waited += 100) {
    const found = await find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('It did not come about in time.');
};
const noteOf = (alert: Alert | undefined) => alert?.note;

test('the server stood still: an alert at recovery, a metric, and what was missed meanwhile is marked as its own', async () => {
  const schedules = [
    { id: 'daily', for: 'spo2', times: ['09:00'], before: 'PT1H', after: 'PT2H', title: 'Oksygenmetning' },
  ];
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone'], { schedules }));
  const missing = async () => (await stage.alerts(person)).find(({ rule }) => rule === 'missing:daily');
  // nobody judges anything from eight to noon
  stage.clock.advance(4 * 3_600_000);
  const down = await until(async () => (await stage.search('DetectedIssue?code=engine-down'))[0]);
  expect(down.status).toBe('preliminary');
  expect(down.detail).toContain('sto stille');
  const miss = await until(missing);
  expect(noteOf(miss)).toBe('own-downtime');
  expect(miss!.task.description).toContain('tjenesten sto selv stille i denne tiden');
  const metrics = await stage.server.running.services.pool.query('select part from standstill');
  expect(metrics.rows.map(({ part }) => part)).toContain('ticker');
});
