/** What a check found. `detail` is for operators: no addresses, no data. */
export interface CheckResult {
  readonly ok: boolean;
  readonly detail?: string;
}
export type Check = () => CheckResult | Promise<CheckResult>;

export interface HealthReport {
  readonly ok: boolean;
  readonly checks: Readonly<Record<string, CheckResult>>;
}

export interface Health {
  /** Registers a check that readiness depends on. */
  register(name: string, check: Check): void;
  /** From now on not ready, whatever the checks say (start not finished, stop begun). */
  hold(reason: string): void;
  /** The start is done. */
  release(): void;
  /** The process answers: that is all. */
  live(): HealthReport;
  /** Everything that work depends on answers. */
  ready(): Promise<HealthReport>;
}

/** @param timeout milliseconds after which a check that has not answered has failed */
export function createHealth(timeout = 2_000): Health {
  const checks = new Map<string, Check>();
  let held: string | undefined = 'starting';
  return {
    register: (name, check) => void checks.set(name, check),
    hold: (reason) => {
      held = reason;
    },
    release: () => {
      held = undefined;
    },
    live: () => ({ ok: true, checks: {} }),
    async ready() {
      if (held !== undefined) return { ok: false, checks: { server: { ok: false, detail: held } } };
      const results = await Promise.all(
        [...checks].map(async ([name, check]) => [name, await run(check, timeout)] as const),
      );
      return { ok: results.every(([, { ok }]) => ok), checks: Object.fromEntries(results) };
    },
  };
}

async function run(check: Check, timeout: number): Promise<CheckResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<CheckResult>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, detail: 'no answer in time' }), timeout);
  });
  try {
    return await Promise.race([late, Promise.resolve(check())]);
  } catch {
    return { ok: false, detail: 'failed' };
  } finally {
    clearTimeout(timer);
  }
}

/** A check that fails when a loop has not come round for `limit` ms; call `beat` each time it does. */
export function heartbeat(now: () => number, limit: number): { beat(): void; age(): number; check: Check } {
  let last = now();
  const age = (): number => now() - last;
  return {
    beat: () => {
      last = now();
    },
    age,
    check: () =>
      age() <= limit ? { ok: true } : { ok: false, detail: `stands still for ${Math.round(age() / 1000)} s` },
  };
}
