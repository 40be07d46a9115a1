import { existsSync } from 'node:fs';
import path from 'node:path';
import { operationOutcome } from '../../../src/fhir/operation-outcome.js';
import { packageRoot } from '../../../src/fhir/package-root.js';
import { Failure } from '../../../src/kernel/failure.js';

test('a failure becomes an OperationOutcome that names the element', () => {
  expect(
    operationOutcome(
      new Failure('unprocessable', 'Send a status.', { expression: 'Observation.status', code: 'required' }),
    ),
  ).toEqual({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code: 'required', diagnostics: 'Send a status.', expression: ['Observation.status'] }],
  });
});

test('no issues are good news, and an OperationOutcome is never without an issue', () => {
  expect(operationOutcome([]).issue).toEqual([
    { severity: 'information', code: 'informational', diagnostics: 'No problems were found.' },
  ]);
});

test('the package root holds package.json', () => {
  expect(existsSync(path.join(packageRoot(), 'package.json'))).toBe(true);
});
