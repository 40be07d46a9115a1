import { Decimal } from '../fhir/json.js';
import type { Issue, IssueCode } from '../kernel/failure.js';

/** An object of a resource as parsed JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Decimal);

/** What references of a resource can point at inside the same content. */
export interface Surroundings {
  /** %resource */
  readonly resource: JsonObject;
  /** %rootResource: the container of a contained resource, else the resource itself. */
  readonly root: JsonObject;
  /** Type of each contained resource by id. */
  readonly contained: ReadonlyMap<string, string>;
  /** Targets of all `#id` references seen so far in the root resource. */
  readonly localTargets: Set<string>;
  readonly isContained: boolean;
}

const mostIssues = 100;
/** Steps, not levels: an element in a list takes two. Deeper content is refused, so that no walk can exhaust the stack. */
const deepest = 400;

/** One validation: the way to where it stands, and what it has found. */
export class Visit {
  readonly issues: Issue[] = [];
  surroundings: Surroundings | undefined;
  /** Type by fullUrl of the entries of the Bundle it is in. */
  entryTypes: ReadonlyMap<string, string> | undefined;
  private readonly path: (string | number)[] = [];

  constructor(
    readonly entryResources: boolean,
    public conditionalReferences: boolean,
  ) {}

  /** Steps are written as they appear in FHIRPath: `.code` or an index. */
  enter(step: string | number): void {
    this.path.push(step);
  }

  leave(): void {
    this.path.pop();
  }

  get isTooDeep(): boolean {
    return this.path.length > deepest;
  }

  /** Enough found: no need to look further. */
  get isFull(): boolean {
    return this.issues.length >= mostIssues;
  }

  /** Something is wrong here, or at `step` below here. */
  report(code: IssueCode, diagnostics: string, step?: string | number): void {
    if (this.isFull) return;
    const path = step === undefined ? this.path : [...this.path, step];
    const expression = path.map((part) => (typeof part === 'number' ? `[${part}]` : part)).join('');
    this.issues.push({
      severity: 'error',
      code,
      diagnostics,
      ...(expression === '' ? {} : { expression: [expression] }),
    });
  }
}
