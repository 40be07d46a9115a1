// https://hl7.org/fhir/R4/http.html#ccreate
import { Failure } from '../kernel/failure.js';
import type { FhirRequest } from './request.js';

/**
 * The query of If-None-Exist, which may begin with `?`, with the type, or with the URL of the type; undefined without one.
 *
 * @throws Failure('invalid') where it names another type than the resource is of
 */
export function ifNoneExist({ headers }: Pick<FhirRequest, 'headers'>, type: string): string | undefined {
  const criteria = headers['if-none-exist'];
  const at = criteria?.indexOf('?') ?? -1;
  if (criteria === undefined || at === -1 || criteria.slice(0, at).includes('=')) return criteria;
  const named = /[^/]*$/.exec(criteria.slice(0, at))![0];
  if (named !== '' && named !== type)
    throw new Failure('invalid', `If-None-Exist names another type than ${type}.`, { expression: type });
  return criteria.slice(at + 1);
}
