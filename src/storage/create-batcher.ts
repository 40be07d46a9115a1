import type { Pool } from './pool.js';
import { type CreateOutcome, createResources, type SimpleCreate } from './write.js';

interface Waiting {
  readonly create: SimpleCreate;
  readonly done: (outcome: CreateOutcome) => void;
  readonly failed: (error: unknown) => void;
}

/** Measured on two cores: one statement at a time leaves the database idle while we work, three are no faster than two. */
const mostInFlight = 2;
const mostInBatch = 32;

/**
 * Simple creates that arrive while others are being written form the next statement: they share its round trip, its planning
 * and its flush to disk, as reads share the audit's. One that comes alone is written at once. Each has its own outcome; where
 * a statement fails, its creates are tried one by one, so that none suffers for another's content.
 */
export class CreateBatcher {
  private waiting: Waiting[] = [];
  private inFlight = 0;
  private scheduled = false;

  constructor(
    private readonly pool: Pool,
    private readonly patientType: number,
  ) {}

  /** Resolves once the resource is durable, or is not to be written this way. */
  create(create: SimpleCreate): Promise<CreateOutcome> {
    return new Promise((done, failed) => {
      this.waiting.push({ create, done, failed });
      this.schedule();
    });
  }

  /** After this turn of the event loop: requests that arrived together go together. */
  private schedule(): void {
    if (this.scheduled || this.inFlight >= mostInFlight) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      while (this.waiting.length > 0 && this.inFlight < mostInFlight)
        void this.write(this.waiting.splice(0, mostInBatch));
    });
  }

  private async write(batch: readonly Waiting[]): Promise<void> {
    this.inFlight += 1;
    try {
      const outcomes = await createResources(
        this.pool,
        this.patientType,
        batch.map((one) => one.create),
      );
      batch.forEach((one, at) => one.done(outcomes[at]!));
    } catch (error) {
      if (batch.length === 1) batch[0]!.failed(error);
      else await Promise.all(batch.map((one) => this.writeAlone(one)));
    } finally {
      this.inFlight -= 1;
      if (this.waiting.length > 0) this.schedule();
    }
  }

  private async writeAlone({ create, done, failed }: Waiting): Promise<void> {
    try {
      done((await createResources(this.pool, this.patientType, [create]))[0]!);
    } catch (error) {
      failed(error);
    }
  }
}
