import { Failure, type Issue } from '../kernel/failure.js';
import type { Resource } from './resource.js';

/** What went wrong (or well) as a resource. https://hl7.org/fhir/R4/operationoutcome.html */
export function operationOutcome(outcome: Failure | readonly Issue[]): Resource {
  const issues = outcome instanceof Failure ? outcome.issues : outcome;
  return {
    resourceType: 'OperationOutcome',
    issue: issues.length === 0 ? [allOk] : issues.map(outcomeIssue),
  };
}

const allOk = { severity: 'information', code: 'informational', diagnostics: 'No problems were found.' };

function outcomeIssue(issue: Issue): Record<string, unknown> {
  const { severity, code, details, diagnostics, expression, extension = [] } = issue;
  return {
    ...(extension.length === 0 ? {} : { extension: [...extension] }),
    severity,
    code,
    ...(details === undefined ? {} : { details: { coding: [{ ...details }] } }),
    diagnostics,
    ...(expression === undefined || expression.length === 0 ? {} : { expression: [...expression] }),
  };
}
