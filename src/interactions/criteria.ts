// https://hl7.org/fhir/R4/http.html#cond-update
import { decide } from '../access/decide.js';
import type { Principal } from '../access/principal.js';
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import { printQuery } from '../search/parse/query-pairs.js';
import { isResultParameter } from '../search/parse/result-parameters.js';
import type { View } from './commit-types.js';
import { type FhirRequest, parametersOf } from './request.js';

/**
 * The search criteria of a conditional interaction, as a query: they may come in the URL, or in that of a Bundle entry.
 *
 * @throws Failure `precondition` without criteria, `invalid` with a parameter that chooses no resources, `forbidden` where the
 *   caller may not search: it could not find what is there, and every update would make another resource
 */
export function criteriaOf(request: FhirRequest, type: string, principal: Principal): string {
  const pairs = parametersOf(request).filter(([name]) => name !== '_format' && name !== '_pretty');
  if (!pairs.some(([, value]) => value !== ''))
    throw new Failure(
      'precondition',
      'The criteria of a conditional interaction must name at least one search parameter with a value.',
    );
  if (pairs.some(([name]) => isResultParameter(name)))
    throw new Failure(
      'invalid',
      'Criteria choose resources; _count, _sort, _include and the like have no place in them.',
      { code: 'not-supported' },
    );
  const decision = decide(principal, 'search', type);
  if (!decision.allowed) throw decision.failure;
  return printQuery(pairs);
}

/**
 * The one resource that fulfils the criteria, locked; undefined where none does. Looked for again under the lock: somebody
 * may have changed it in between.
 *
 * @throws Failure `precondition` where several do
 */
export async function oneMatch(
  find: View['find'],
  view: View,
  type: string,
  query: string,
): Promise<Resource | undefined> {
  for (let before: string | undefined; ; ) {
    const found = await find(type, query);
    if (found.length > 1)
      throw new Failure(
        'precondition',
        `The criteria match ${found.length === 1000 ? '1000 or more' : found.length} resources; make them more selective.`,
        { code: 'multiple-matches' },
      );
    const id = found[0]?.id;
    if (id === undefined) return undefined;
    if (id === before) return view.read({ type, id });
    await view.read({ type, id });
    before = id;
  }
}
