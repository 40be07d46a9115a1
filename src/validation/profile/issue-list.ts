import type { Issue, IssueCode } from '../../kernel/failure.js';

const mostIssues = 100;

/** What a check has found so far, at most 100 issues. */
export class IssueList {
  readonly issues: Issue[] = [];

  /** @param source the canonical URL of what is broken, for whoever reads it */
  constructor(private readonly source: string) {}

  report(code: IssueCode, what: string, at: string, severity: Issue['severity'] = 'error'): void {
    this.add({ severity, code, diagnostics: `${what} (${this.source})`, expression: [at] });
  }

  add(issue: Issue): void {
    if (this.issues.length < mostIssues) this.issues.push(issue);
  }

  get hasErrors(): boolean {
    return this.issues.some(({ severity }) => severity === 'error');
  }
}
