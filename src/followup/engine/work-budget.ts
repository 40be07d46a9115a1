import { Failure } from '../../kernel/failure.js';

/** How much work one input may cause; a unit is about one reading looked at. */
export class WorkBudget {
  private spent = 0;

  constructor(private readonly most: number) {}

  /** @throws Failure `too-costly` when the budget is used up */
  spend(units: number): void {
    this.spent += units;
    if (this.spent > this.most) {
      throw new Failure(
        'too-costly',
        `Judging one input took more than ${this.most} steps; the plan's windows and schedules reach too far.`,
      );
    }
  }
}
