import type { CounterMetric, GaugeMetric, HistogramMetric, Metrics } from './metrics.js';

/** What the server counts. Durations in seconds. */
export interface ServerMetrics {
  /** By interaction (`create`, `search-type` …) and status. */
  readonly requests: CounterMetric;
  readonly requestDuration: HistogramMetric;
  /** Write transactions tried again, by reason. */
  readonly commitRetries: CounterMetric;
  /** Follow-up reactions that threw or ran out of time (the measurement is stored with a technical alert). */
  readonly engineFailures: CounterMetric;
  /** Times that timers or delivery stood still for more than five minutes, by part; seen at recovery. */
  readonly standstills: CounterMetric;
  /** From the commit of a change to the answer of the subscriber. */
  readonly deliveryLag: HistogramMetric;
  /** By channel and outcome. */
  readonly deliveries: CounterMetric;
  /** By transport and receipt. */
  readonly messages: CounterMetric;
  /** Seconds since each loop (delivery, timers, jobs) last came round. */
  readonly loopAge: GaugeMetric;
}

export function createServerMetrics(metrics: Metrics): ServerMetrics {
  return {
    requests: metrics.counter('http_requests_total', 'HTTP requests answered', ['interaction', 'status']),
    requestDuration: metrics.histogram('http_request_duration_seconds', 'Time to answer a request', ['interaction']),
    commitRetries: metrics.counter('commit_retries_total', 'Write transactions tried again', ['reason']),
    engineFailures: metrics.counter('engine_failures_total', 'Follow-up reactions that failed'),
    standstills: metrics.counter('standstills_total', 'Standstills of more than five minutes, seen at recovery', [
      'part',
    ]),
    deliveryLag: metrics.histogram('delivery_lag_seconds', 'From a change to its delivery', ['channel']),
    deliveries: metrics.counter('deliveries_total', 'Notifications and messages sent', ['channel', 'outcome']),
    messages: metrics.counter('messages_total', 'Messages received', ['transport', 'receipt']),
    loopAge: metrics.gauge('loop_age_seconds', 'Since the loop last came round', ['loop']),
  };
}
