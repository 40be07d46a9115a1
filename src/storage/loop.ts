import type { Log } from '../kernel/log.js';

/** Work that is done over and over: when woken, and at the latest after a while. */
export interface Loop {
  /** Starts a round now, or another one right after the running one. */
  wake(): void;
  /** Waits for the running round; starts none any more. */
  stop(): Promise<void>;
}

export interface LoopOptions {
  readonly name: string;
  readonly log: Log;
  /** Longest time between two rounds, in milliseconds. */
  readonly everyMs: number;
  /** Shortest time from the start of one round to the next when woken meanwhile, in milliseconds: many wakes, few rounds. */
  readonly leastMs?: number;
  /** @returns milliseconds until the next round at the latest; nothing: `everyMs` */
  round(): Promise<number | undefined>;
}

const longestRest = 5000;
/** Node's timers know no longer time, and take a longer one for 1 millisecond. */
const longestTimer = 2 ** 31 - 1;

/** Rounds never overlap. A round that throws is logged and tried again, after a rest that doubles up to 5 seconds. */
export function startLoop(options: LoopOptions): Loop {
  let stopped = false;
  let woken = false;
  let failures = 0;
  let wakeUp: (() => void) | undefined;

  const rest = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(milliseconds, longestTimer));
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const runOnce = async (): Promise<number> => {
    try {
      const next = await options.round();
      failures = 0;
      return next ?? options.everyMs;
    } catch (error) {
      failures += 1;
      if (!stopped)
        options.log.error(
          { err: error, loop: options.name, failures },
          `${options.name}: a round failed; trying again`,
        );
      return Math.min(longestRest, 50 * 2 ** failures);
    }
  };

  const run = async (): Promise<void> => {
    while (!stopped) {
      woken = false;
      const began = performance.now();
      const pause = await runOnce();
      if (stopped) return;
      if (woken && failures === 0) {
        const early = (options.leastMs ?? 0) - (performance.now() - began);
        if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
        continue;
      }
      await rest(Math.max(1, pause));
    }
  };

  const running = run();
  return {
    wake() {
      woken = true;
      if (failures === 0) wakeUp?.();
    },
    async stop() {
      stopped = true;
      wakeUp?.();
      await running;
    },
  };
}
