import type { EngineState } from '../../../src/followup/engine/state.js';
import type { EscalateOp, Op, OpenOp } from '../../../src/followup/engine/op.js';
import { taskCode } from '../../../src/followup/vocabulary/codes.js';

/** What the centre's list must show of an alert. */
export interface ExpectedAlert {
  readonly rule: string;
  colour: string;
  /** undefined: evidence was withdrawn since it was last told, and FHIR keeps what it had */
  count: number | undefined;
  due: string;
  /** restriction.period.end of the Task as the last `open` or `escalate` left it, an instant */
  end: number | undefined;
  status: 'preliminary' | 'final' | 'entered-in-error';
  cleared: boolean;
}

const redResponse = 15 * 60_000;

/** Keeps what the ops of the pure engine make of the centre's list: alerts in the order they were opened, other Tasks by code. */
export class Expectation {
  readonly alerts: ExpectedAlert[] = [];
  private readonly entries = new Map<string, Set<string>>();
  private serial = 0;

  /** @param after the engine's state after the ops */
  take(ops: readonly Op[], after: EngineState): void {
    for (const op of ops) this.one(op);
    for (const { rule, earlier, evidence } of after.alerts) {
      const open = this.open(rule);
      const told = ops.some(
        (op) => 'rule' in op && op.rule === rule && (op.op === 'open' || op.op === 'escalate' || op.op === 'update'),
      );
      const count = Math.max(earlier + evidence.length, 1);
      if (open !== undefined && told) open.count = count;
      else if (open !== undefined && open.count !== count) open.count = undefined;
    }
  }

  /** How many Tasks of each code. */
  tasks(): Record<string, number> {
    return Object.fromEntries([...this.entries].map(([code, about]) => [code, about.size]));
  }

  private open(rule: string): ExpectedAlert | undefined {
    return this.alerts.find((one) => one.rule === rule && one.status === 'preliminary');
  }

  private one(op: Op): void {
    switch (op.op) {
      case 'open':
      case 'escalate':
        return this.raised(op);
      case 'update':
        this.change(op.rule, { count: op.count, cleared: false });
        return;
      case 'cleared':
        return this.change(op.rule, { cleared: true });
      case 'closed':
        return this.change(op.rule, { status: 'final' });
      case 'close-auto':
        return this.change('grey', { status: 'final' });
      case 'cancel':
        return op.ended
          ? this.change(op.rule, { status: 'entered-in-error' })
          : this.change(op.rule, { count: undefined });
      case 'conflict':
        return this.contradiction(op.measure, op.t);
      default:
        return this.entry(op);
    }
  }

  private raised(op: OpenOp | EscalateOp): void {
    const end = op.colour === 'red' ? op.received + redResponse : op.due.at;
    const told = { colour: op.colour, due: op.due.label, end, cleared: false };
    if (op.op === 'open') this.alerts.push({ rule: op.rule, count: 1, status: 'preliminary', ...told });
    else this.change(op.rule, told);
  }

  private contradiction(measure: string, t: number): void {
    const open = this.open(`conflict:${measure}`);
    if (open !== undefined) open.count = (open.count ?? 0) + 1;
    else
      this.alerts.push({
        rule: `conflict:${measure}`,
        colour: 'technical',
        count: 1,
        due: '',
        end: t,
        status: 'preliminary',
        cleared: false,
      });
  }

  private change(rule: string, change: Partial<ExpectedAlert>): void {
    const open = this.open(rule);
    if (open !== undefined) Object.assign(open, change);
  }

  private entry(op: Op): void {
    this.serial += 1;
    const each = String(this.serial);
    switch (op.op) {
      case 'task':
        return this.add(op.action in taskCode ? op.action : 'escalation', each);
      case 'duplicate':
        return this.add('duplicate-measurement', each);
      case 'repeat-request':
        return this.add('repeat-measurement', op.measure);
      case 'unplanned':
        return this.add('unplanned-measurement', op.measure);
      case 'unread':
        return this.add(op.what === 'form' ? 'read-form' : 'read-message', op.name);
      case 'incomplete':
        return this.add('incomplete-form', each);
      case 'stored-paused':
        return op.zone === 'red' ? this.add('measured-under-pause', each) : undefined;
      case 'plan-not-active':
        return this.add('plan-not-active', op.status);
    }
  }

  private add(code: string, about: string): void {
    this.entries.set(code, (this.entries.get(code) ?? new Set()).add(about));
  }
}
