/**
 * The closed set of ways in which something can fail. Every refusal in Hjemmebro is one of these; one table in
 * `http/` maps a category to an HTTP status, another in `bridge/` maps it to an AppRec or an HL7 ACK.
 */
export type FailureCategory =
  | 'invalid' // 400: the client's request or content is malformed
  | 'too-costly' // 400: valid, but would cost more than the server allows
  | 'unauthenticated' // 401
  | 'forbidden' // 403
  | 'not-found' // 404
  | 'not-allowed' // 405
  | 'not-acceptable' // 406
  | 'conflict' // 409
  | 'gone' // 410
  | 'precondition' // 412
  | 'too-large' // 413
  | 'unsupported-media' // 415
  | 'unprocessable' // 422: well-formed, but breaks a rule
  | 'too-many' // 429
  | 'fault' // 500: our own error
  | 'busy'; // 503: overload, lost database, failed audit; try again

/** https://hl7.org/fhir/R4/valueset-issue-type.html (the codes used here). */
export type IssueCode =
  | 'invalid'
  | 'structure'
  | 'required'
  | 'value'
  | 'invariant'
  | 'security'
  | 'login'
  | 'expired'
  | 'forbidden'
  | 'processing'
  | 'not-supported'
  | 'duplicate'
  | 'multiple-matches'
  | 'not-found'
  | 'deleted'
  | 'too-long'
  | 'code-invalid'
  | 'extension'
  | 'too-costly'
  | 'business-rule'
  | 'conflict'
  | 'transient'
  | 'lock-error'
  | 'exception'
  | 'timeout'
  | 'throttled'
  | 'informational'
  | 'incomplete';

/** One thing that is wrong: what, where, and what to do. Becomes one OperationOutcome.issue. */
export interface Issue {
  readonly severity: 'fatal' | 'error' | 'warning' | 'information';
  readonly code: IssueCode;
  /** For a person: what was wrong and what to do about it. Never contains an identity number. */
  readonly diagnostics: string;
  /** FHIRPath of the element, for example `Observation.code` or `Bundle.entry[2].resource.status`. */
  readonly expression?: readonly string[];
  /** A code that a client can phrase in its own language. */
  readonly details?: { readonly system: string; readonly code: string };
  /** Extensions of the issue: what the code speaks of, as data. */
  readonly extension?: readonly object[];
}

const defaultIssueCode: Record<FailureCategory, IssueCode> = {
  invalid: 'invalid',
  'too-costly': 'too-costly',
  unauthenticated: 'login',
  forbidden: 'forbidden',
  'not-found': 'not-found',
  'not-allowed': 'not-supported',
  'not-acceptable': 'not-supported',
  conflict: 'conflict',
  gone: 'deleted',
  precondition: 'conflict',
  'too-large': 'too-long',
  'unsupported-media': 'not-supported',
  unprocessable: 'business-rule',
  'too-many': 'throttled',
  fault: 'exception',
  busy: 'transient',
};

/** Thrown or returned wherever something is refused. Nothing else is thrown on purpose. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly issues: readonly Issue[];
  /** Which of several changes it concerns, counted from 0, where that is known. */
  change?: number;
  /** The HTTP methods that are possible instead, of a `not-allowed`. */
  readonly allowed: readonly string[];

  /**
   * @param category which kind of refusal
   * @param what one sentence for a person, or the complete list of issues
   * @param options `expression` the element for the one-sentence form; `cause` the error behind a fault; `allowed` the methods
   *   that are possible instead
   */
  constructor(
    readonly category: FailureCategory,
    what: string | readonly Issue[],
    options: {
      readonly expression?: string;
      readonly code?: IssueCode;
      readonly cause?: unknown;
      readonly allowed?: readonly string[];
    } = {},
  ) {
    const issues: readonly Issue[] =
      typeof what === 'string'
        ? [
            {
              severity: 'error',
              code: options.code ?? defaultIssueCode[category],
              diagnostics: what,
              ...(options.expression === undefined ? {} : { expression: [options.expression] }),
            },
          ]
        : what;
    super(issues.map((issue) => issue.diagnostics).join('; '), { cause: options.cause });
    this.issues = issues;
    this.allowed = options.allowed ?? [];
  }

  /**
   * The same failure, its expressions moved below `prefix`: `Observation.code` → `Bundle.entry[1].resource.code`, and
   * `request.url` → `Bundle.entry[1].request.url`.
   */
  within(prefix: string): Failure {
    return new Failure(
      this.category,
      this.issues.map((issue) => ({
        ...issue,
        expression: (issue.expression ?? ['']).map((path) => {
          if (path.startsWith('request.')) return `${prefix}.${path}`;
          const tail = path.includes('.') ? path.slice(path.indexOf('.')) : '';
          return path === '' ? prefix : `${prefix}.resource${tail}`;
        }),
      })),
      { cause: this.cause },
    );
  }
}
