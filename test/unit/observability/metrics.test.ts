import { createMetrics } from '../../../src/observability/metrics.js';
import { createServerMetrics } from '../../../src/observability/server-metrics.js';

describe('metrics', () => {
  test('what was counted is exposed in the text format', async () => {
    const metrics = createMetrics({ process: false });
    const server = createServerMetrics(metrics);
    server.requests.add({ interaction: 'create', status: '201' });
    server.requests.add({ interaction: 'create', status: '201' });
    server.requestDuration.observe(0.003, { interaction: 'create' });
    const { body, contentType } = await metrics.expose();
    expect(contentType).toContain('text/plain');
    expect(body).toContain('hjemmebro_http_requests_total{interaction="create",status="201"} 2');
    expect(body).toContain('hjemmebro_http_request_duration_seconds_bucket{le="0.005",interaction="create"} 1');
  });

  test('a label that is unbounded is cut off, and an identity number never becomes one', async () => {
    const metrics = createMetrics({ process: false });
    const counter = metrics.counter('things_total', 'Things', ['kind']);
    counter.add({ kind: '12834812019' });
    for (let kind = 0; kind < 2000; kind += 1) counter.add({ kind: `k${kind}` });
    const { body } = await metrics.expose();
    expect(body).not.toContain('12834812019');
    expect(body.split('\n').length).toBeLessThan(600);
    expect(body).toContain('hjemmebro_things_total{kind="other"} 1501');
  });

  test('a watched value is read when it is asked for', async () => {
    const metrics = createMetrics({ process: false });
    let value = 1;
    metrics.watched('pool_waiting', 'Waiting', () => value);
    value = 7;
    expect((await metrics.expose()).body).toContain('hjemmebro_pool_waiting 7');
  });
});
