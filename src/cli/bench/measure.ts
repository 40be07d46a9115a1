/** Does the work once. `lane`: which of the parallel connections. */
export type Once = (lane: number) => Promise<unknown>;

/** One side of a comparison. */
export interface Contender {
  readonly name: string;
  /** Made ready before each of its runs; not measured. */
  readonly ready?: () => Promise<void>;
  readonly once: Once;
}

/** What a run of one contender gave; times in milliseconds. */
export interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
}

export interface Pace {
  readonly repeats: number;
  /** Milliseconds of one repeat. */
  readonly run: number;
  /** Milliseconds that each contender is warmed up for. */
  readonly warmUp: number;
}

/**
 * Runs the contenders in turn, A B A B …: what disturbs the machine meanwhile hits all of them alike.
 *
 * @returns per contender the median rate of its repeats, and percentiles over all of them; `ratios`: per contender, the first
 *   one's rate by its rate in each repeat
 */
export async function compare(
  contenders: readonly Contender[],
  lanes: number,
  pace: Pace,
): Promise<{ readonly figures: readonly Figures[]; readonly ratios: readonly (readonly number[])[] }> {
  for (const { once, ready } of contenders) {
    await ready?.();
    await run(once, lanes, pace.warmUp);
  }
  const rates: number[][] = contenders.map(() => []);
  const times: number[][] = contenders.map(() => []);
  for (let repeat = 0; repeat < pace.repeats; repeat++) {
    for (const [at, { once, ready }] of contenders.entries()) {
      await ready?.();
      const { took, seconds } = await run(once, lanes, pace.run);
      rates[at]!.push(took.length / seconds);
      for (const each of took) times[at]!.push(each);
    }
  }
  const figures = contenders.map((_, at) => {
    const sorted = times[at]!.sort((a, b) => a - b);
    return {
      perSecond: median(rates[at]!),
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
      count: sorted.length,
    };
  });
  return { figures, ratios: rates.map((each) => each.map((rate, repeat) => rates[0]![repeat]! / rate)) };
}

async function run(once: Once, lanes: number, milliseconds: number): Promise<{ took: number[]; seconds: number }> {
  const took: number[] = [];
  const began = performance.now();
  const end = began + milliseconds;
  const lane = async (number: number): Promise<void> => {
    for (let at = performance.now(); at < end; ) {
      await once(number);
      const now = performance.now();
      took.push(now - at);
      at = now;
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
  return { took, seconds: (performance.now() - began) / 1000 };
}

export const median = (values: readonly number[]): number =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );

function quantile(sorted: readonly number[], part: number): number {
  const at = (sorted.length - 1) * part;
  const below = sorted[Math.floor(at)] ?? 0;
  return below + ((sorted[Math.ceil(at)] ?? below) - below) * (at % 1);
}
