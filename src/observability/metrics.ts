import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Label values; a closed, small set for each label. Never an id, an address or anything about a person. */
export type Labels = Readonly<Record<string, string>>;

export interface CounterMetric {
  add(labels?: Labels, amount?: number): void;
}
export interface GaugeMetric {
  set(value: number, labels?: Labels): void;
}
export interface HistogramMetric {
  /** @param seconds for durations, always seconds */
  observe(seconds: number, labels?: Labels): void;
}

export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): CounterMetric;
  gauge(name: string, help: string, labels?: readonly string[]): GaugeMetric;
  /** Reads its value when it is asked for. */
  watched(name: string, help: string, read: () => number): void;
  histogram(name: string, help: string, labels?: readonly string[]): HistogramMetric;
  /** The text of `GET /metrics`. https://prometheus.io/docs/instrumenting/exposition_formats/ */
  expose(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** Seconds; fine around a millisecond, where most requests are. */
const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** More combinations of label values than this are counted together as `other`. */
const mostSeries = 500;

/** A registry of its own: two servers in one process do not mix. Names get the prefix `hjemmebro_`. */
export function createMetrics(options: { readonly process?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.process ?? true) collectDefaultMetrics({ register: registry });
  const common = (name: string, help: string, labelNames: readonly string[] = []) => ({
    name: `hjemmebro_${name}`,
    help,
    labelNames: [...labelNames],
    registers: [registry],
  });
  return {
    counter(name, help, labels) {
      const counter = new Counter(common(name, help, labels));
      const bounded = boundLabels();
      return { add: (values = {}, amount = 1) => counter.inc(bounded(values), amount) };
    },
    gauge(name, help, labels) {
      const gauge = new Gauge(common(name, help, labels));
      const bounded = boundLabels();
      return { set: (value, values = {}) => gauge.set(bounded(values), value) };
    },
    watched(name, help, read) {
      new Gauge({
        ...common(name, help),
        collect() {
          this.set(read());
        },
      });
    },
    histogram(name, help, labels) {
      const histogram = new Histogram({ ...common(name, help, labels), buckets: durationBuckets });
      const bounded = boundLabels();
      return { observe: (seconds, values = {}) => histogram.observe(bounded(values), seconds) };
    },
    expose: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}

/** A label that turns out to be unbounded must not fill the memory, nor must its values be an identity number. */
function boundLabels(): (labels: Labels) => Labels {
  const seen = new Set<string>();
  return (labels) => {
    const key = Object.values(labels).join('\u0000');
    if (seen.has(key)) return labels;
    if (seen.size < mostSeries && !/\d{11}/.test(key)) {
      seen.add(key);
      return labels;
    }
    return Object.fromEntries(Object.keys(labels).map((name) => [name, 'other']));
  };
}
