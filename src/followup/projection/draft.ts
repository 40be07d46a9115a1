import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { created, replaced } from '../vocabulary/module-change.js';
import type { OpenAlertPair, ProjectionContext } from './projection-context.js';

/**
 * What the ops of one commit make of the resources: each is created or updated at most once, with its last content. Open
 * alerts and worklist entries are looked up as they stand after the ops so far.
 */
export class Draft {
  private readonly alerts: Map<string, OpenAlertPair>;
  private readonly tasks: Resource[];
  private readonly before = new Map<string, Resource>();
  private readonly written = new Map<string, Resource>();

  constructor(readonly context: ProjectionContext) {
    this.alerts = new Map(context.openAlerts);
    this.tasks = [...context.openTasks];
  }

  alert(rule: string): OpenAlertPair | undefined {
    return this.alerts.get(rule);
  }

  openAlerts(): Iterable<OpenAlertPair> {
    return this.alerts.values();
  }

  /** An alert, new or changed. */
  keep(rule: string, pair: OpenAlertPair): void {
    this.write(this.alerts.get(rule)?.issue, pair.issue);
    if (pair.task !== undefined) this.write(this.alerts.get(rule)?.task, pair.task);
    this.alerts.set(rule, pair);
  }

  /** It is open no longer; `last` is written where the module itself ends it. */
  end(rule: string, last?: OpenAlertPair): void {
    if (last !== undefined) this.keep(rule, last);
    this.alerts.delete(rule);
  }

  /** The open entry of the worklist with that identity. */
  task(identity: string): Resource | undefined {
    return this.tasks.find((task) =>
      (task.identifier as { value?: string }[] | undefined)?.some((one) => one.value === identity),
    );
  }

  keepTask(task: Resource): void {
    const at = this.tasks.findIndex((one) => one.id === task.id);
    this.write(at === -1 ? undefined : this.tasks[at], task);
    if (at === -1) this.tasks.push(task);
    else this.tasks[at] = task;
  }

  /** Any other new resource. */
  add(resource: Resource): void {
    this.write(undefined, resource);
  }

  changes(): Change[] {
    return [...this.written].map(([key, resource]) => {
      const before = this.before.get(key);
      return before === undefined ? created(resource) : replaced(before, resource);
    });
  }

  private write(stored: Resource | undefined, resource: Resource): void {
    const key = `${resource.resourceType}/${resource.id}`;
    if (!this.written.has(key) && stored !== undefined) this.before.set(key, stored);
    this.written.set(key, resource);
  }
}
