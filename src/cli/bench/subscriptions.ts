import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from './child-process.js';
import { HttpConnection, requestText } from './http-connection.js';
import { observationText } from './observation.js';
import { fhirJson, succeeded, type World } from './world.js';

/** What subscriptions cost and how soon they tell. Times in milliseconds. */
export interface SubscriptionFigures {
  readonly subscriptions: number;
  readonly matching: number;
  /** CPU of the server process per write with its notifications, and time until the write is acknowledged. */
  readonly few: Cost;
  readonly many: Cost;
  /** From the acknowledgement of a write to the arrival at a local endpoint, at `rate` writes a second. */
  readonly latency: { readonly rate: number; readonly writes: number; readonly p50: number; readonly p99: number };
}

interface Cost {
  readonly cpu: number;
  readonly p50: number;
}

export interface SubscriptionBench {
  readonly server: Child;
  readonly world: World;
  /** All subscriptions, those that match included. */
  readonly total: number;
  readonly writes: number;
}

const matching = 10;
const rate = 100;

/**
 * Ten subscriptions match each write: once alone, once among `total` of other patients. Then writes at a steady rate, while
 * one subscription is told of each.
 */
export async function benchSubscriptions(bench: SubscriptionBench): Promise<SubscriptionFigures> {
  const sink = await openSink();
  const connection = await HttpConnection.open(bench.server.port);
  const caller = new Caller(connection, bench.world.token);
  try {
    const patient = bench.world.patients[0]!;
    const hook = (name: string): object => subscription(`patient=Patient/${patient}`, `${sink.url}/${name}`);
    const ten: string[] = [];
    for (let at = 0; at < matching; at++) ten.push(await caller.create('Subscription', hook(`ten${at}`)));
    await sleep(2000);
    const few = await cost(caller, sink, bench, patient);
    const others = bench.total - matching;
    for (let done = 0; done < others; done += 100)
      await caller.many(
        Array.from({ length: Math.min(100, others - done) }, (_, at) =>
          subscription(`patient=Patient/other-${done + at}`, `${sink.url}/never`),
        ),
      );
    await quiet(bench.server);
    const many = await cost(caller, sink, bench, patient);
    for (const id of ten.slice(1)) await caller.remove(`Subscription/${id}`);
    await quiet(bench.server);
    const latency = await latencies(caller, sink, bench, patient);
    return { subscriptions: bench.total, matching, few, many, latency };
  } finally {
    connection.close();
    await sink.close();
  }
}

async function cost(caller: Caller, sink: Sink, { server, writes }: SubscriptionBench, patient: string): Promise<Cost> {
  for (let at = 0; at < writes / 2; at++) await caller.observe(patient);
  await sink.rest();
  const before = await server.cpu();
  const times: number[] = [];
  for (let at = 0; at < writes; at++) {
    const started = performance.now();
    await caller.observe(patient);
    times.push(performance.now() - started);
  }
  await sink.rest();
  return { cpu: ((await server.cpu()) - before) / writes, p50: percentile(times, 0.5) };
}

async function latencies(
  caller: Caller,
  sink: Sink,
  { writes }: SubscriptionBench,
  patient: string,
): Promise<SubscriptionFigures['latency']> {
  const acknowledged = new Map<string, number>();
  const count = writes * 2;
  const begin = performance.now();
  for (let at = 0; at < count; at++) {
    const early = begin + (at * 1000) / rate - performance.now();
    if (early > 0) await sleep(early);
    const id = await caller.observe(patient);
    acknowledged.set(id, performance.now());
  }
  await sink.rest();
  const waits = [...acknowledged].map(([id, at]) => Math.max(0, sink.arrived.get(id)! - at));
  return { rate, writes: count, p50: percentile(waits, 0.5), p99: percentile(waits, 0.99) };
}

const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!;

/** Waits until the server has nothing left to do. */
async function quiet(server: Child): Promise<void> {
  for (let before = await server.cpu(); ; ) {
    await sleep(1000);
    const now = await server.cpu();
    if (now - before < 60) return;
    before = now;
  }
}

const subscription = (query: string, endpoint: string): object => ({
  resourceType: 'Subscription',
  status: 'requested',
  reason: 'bench',
  criteria: `Observation?${query}`,
  channel: { type: 'rest-hook', endpoint, payload: fhirJson },
});

let number = 5_000_000;

class Caller {
  constructor(
    private readonly connection: HttpConnection,
    private readonly token: string,
  ) {}

  async create(type: string, body: object | string): Promise<string> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return (JSON.parse(await this.send('POST', `/fhir/${type}`, text)) as { id: string }).id;
  }

  observe(patient: string): Promise<string> {
    return this.create('Observation', observationText(patient, ++number));
  }

  async many(resources: readonly object[]): Promise<void> {
    const entry = resources.map((resource) => ({ resource, request: { method: 'POST', url: 'Subscription' } }));
    await this.send('POST', '/fhir', JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry }));
  }

  async remove(path: string): Promise<void> {
    await this.connection.send(requestText('DELETE', `/fhir/${path}`, { authorization: `Bearer ${this.token}` }));
  }

  private async send(method: 'POST', path: string, body: string): Promise<string> {
    const headers = { authorization: `Bearer ${this.token}`, accept: fhirJson, 'content-type': fhirJson };
    return succeeded(await this.connection.send(requestText(method, path, headers, body))).body.toString();
  }
}

interface Sink {
  readonly url: string;
  /** When a notification of the resource with this id first came. */
  readonly arrived: Map<string, number>;
  /** Waits until nothing has come for a while. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

async function openSink(): Promise<Sink> {
  const arrived = new Map<string, number>();
  let last = performance.now();
  const server: Server = createServer((request, response) => {
    last = performance.now();
    const id = request.url!.split('/').at(-1)!;
    if (!arrived.has(id)) arrived.set(id, last);
    request.resume();
    request.on('end', () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    async rest() {
      do await sleep(200);
      while (performance.now() - last < 1000);
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export function subscriptionLines({ subscriptions, few, many, latency }: SubscriptionFigures): string {
  const figure = (value: number): string => value.toFixed(2);
  return [
    `subscriptions: a write that matches ${matching} of ${matching} costs ${figure(few.cpu)} ms CPU with its notifications (acknowledged after ${figure(few.p50)} ms, p50)`,
    `subscriptions: a write that matches ${matching} of ${subscriptions} costs ${figure(many.cpu)} ms CPU (${figure(many.p50)} ms): × ${figure(many.cpu / few.cpu)}, goal ≤ 1.2`,
    `subscriptions: at ${latency.rate} writes/s from acknowledgement to arrival p50 ${figure(latency.p50)} ms (goal ≤ 15), p99 ${figure(latency.p99)} ms (goal ≤ 60)`,
  ].join('\n');
}
