import type { Failure, FailureCategory } from '../kernel/failure.js';

/** https://hl7.org/fhir/R4/http.html#Status-Codes: the one table from a refusal to an HTTP status. */
const statuses: Readonly<Record<FailureCategory, number>> = {
  invalid: 400,
  'too-costly': 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'not-allowed': 405,
  'not-acceptable': 406,
  conflict: 409,
  gone: 410,
  precondition: 412,
  'too-large': 413,
  'unsupported-media': 415,
  unprocessable: 422,
  'too-many': 429,
  fault: 500,
  busy: 503,
};

export const statusOf = (failure: Failure): number => statuses[failure.category];
