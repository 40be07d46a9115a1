import { parseJson } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { bodyText, type Context } from '../request.js';

interface SearchSet {
  readonly entry?: readonly { readonly resource?: Resource; readonly search?: { readonly mode?: string } }[];
  readonly link?: readonly { readonly relation: string; readonly url: string }[];
}

/** An overview that goes on for ever helps nobody: more matches than this are refused. */
const most = 20_000;

/**
 * Every match of a search, as the caller would find them: with the caller's scopes and relations, and in the audit.
 *
 * @throws Failure `too-costly` where there are more than 20 000
 */
export async function allFound(
  context: Context,
  type: string,
  query: readonly (readonly [string, string])[],
): Promise<readonly Resource[]> {
  const found: Resource[] = [];
  let pairs: readonly (readonly [string, string])[] | undefined = [...query, ['_count', '1000']];
  while (pairs !== undefined) {
    const response = await context.dispatch({ method: 'GET', segments: [type], query: pairs, headers: {} }, context);
    const bundle = parseJson(bodyText(response.body ?? '{}')) as unknown as SearchSet;
    if (response.status !== 200) throw new Failure('forbidden', `This client may not search ${type}.`);
    found.push(
      ...(bundle.entry ?? []).flatMap(({ resource, search }) =>
        resource === undefined || search?.mode === 'outcome' ? [] : [resource],
      ),
    );
    if (found.length > most) throw new Failure('too-costly', `More than ${most} matches of ${type}.`);
    const next = bundle.link?.find(({ relation }) => relation === 'next')?.url;
    pairs = next === undefined ? undefined : [...new URL(next).searchParams];
  }
  return found;
}
