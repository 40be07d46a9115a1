import type { RowScope } from '../../access/row-scope.js';
import type { Coding } from '../../fhir/resource.js';
import type { Queryable } from '../pool.js';
import { storageFailure } from '../transaction.js';
import { SearchContext, type SearchDeps } from './search-context.js';

/** Different labels of one kind. */
const most = 1000;

export interface LabelsInUse {
  readonly profile: readonly string[];
  readonly security: readonly Coding[];
  readonly tag: readonly Coding[];
}

/**
 * The profiles, security labels and tags of all resources of the types that the caller may see, at most 1000 of each, sorted.
 *
 * @throws Failure too-costly when the database gives up
 */
export async function labelsInUse(
  db: Queryable,
  types: readonly string[],
  scope: RowScope,
  deps: SearchDeps,
): Promise<LabelsInUse> {
  const labels = async (code: string, table: 'sp_token' | 'sp_uri'): Promise<Record<string, string>[]> => {
    const context = new SearchContext(deps, { system: () => undefined, code: () => undefined, codes: () => [] }, scope);
    const param = deps.dictionary.paramId('*', code);
    const visible = context.visibleAmong('r', types);
    if (param === undefined || visible === 'false') return [];
    const used = `from ${table} s join resource r on r.rid = s.rid where s.param = ${param} and ${visible}`;
    const text =
      table === 'sp_uri'
        ? `select distinct s.value ${used} order by 1 limit ${most}`
        : `select d.url as system, c.code from dict_code c join dict_system d on d.id = c.system where c.id in (select s.code ${used}) order by 1, 2 limit ${most}`;
    try {
      return (await db.query<Record<string, string>>(context.statement(text))).rows;
    } catch (error) {
      throw storageFailure(error);
    }
  };
  const codings = async (code: string): Promise<Coding[]> =>
    (await labels(code, 'sp_token')).map((row) => ({
      ...(row['system'] === '' ? {} : { system: row['system']! }),
      code: row['code']!,
    }));
  return {
    profile: (await labels('_profile', 'sp_uri')).map((row) => row['value']!),
    security: await codings('_security'),
    tag: await codings('_tag'),
  };
}
