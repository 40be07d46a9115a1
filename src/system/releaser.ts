import type { Log } from '../kernel/log.js';

/** What has been started, stopped in reverse. Each stop is tried, whatever the others do. */
export class Releaser {
  private readonly steps: { readonly name: string; readonly stop: () => Promise<void> }[] = [];
  private releasing: Promise<void> | undefined;

  constructor(private readonly log: Log) {}

  add(name: string, stop: () => Promise<void>): void {
    this.steps.push({ name, stop });
  }

  /** Asking again waits for the first time. */
  release(): Promise<void> {
    this.releasing ??= this.run();
    return this.releasing;
  }

  private async run(): Promise<void> {
    for (const { name, stop } of [...this.steps].reverse()) {
      try {
        await stop();
      } catch (error) {
        this.log.error(
          { part: name, error: error instanceof Error ? error.message : String(error) },
          'a part did not stop cleanly',
        );
      }
    }
  }
}
