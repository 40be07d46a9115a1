// https://hl7.org/fhir/uv/bulkdata/export.html#query-parameters – includeAssociatedData
import type { RowScope } from '../access/row-scope.js';
import { parseJsonObject } from '../fhir/json.js';
import type { Services } from '../interactions/services.js';
import { parseSearch } from '../search/parse/parse-search.js';
import type { Queryable } from '../storage/pool.js';
import { exportRows } from '../storage/search/export-rows.js';

const rowsAtOnce = 500;

interface Provenance {
  readonly recorded: string;
  readonly target: readonly { readonly reference?: string }[];
}

export interface ProvenanceOf {
  readonly snapshot: Queryable;
  readonly scope: RowScope;
  readonly services: Services;
}

/**
 * The Provenance of exported resources of one type, as far as the caller may see it.
 *
 * @param which `latest`: of each resource the one that was recorded last
 * @returns rid → JSON text
 */
export async function provenanceOf(
  type: string,
  ids: readonly string[],
  which: 'latest' | 'relevant',
  { snapshot, scope, services }: ProvenanceOf,
): Promise<ReadonlyMap<number, string>> {
  const { registry, base } = services;
  const targets = ids.map((id) => `${type}/${id}`);
  const { conditions } = parseSearch('Provenance', [['target', targets.join(',')]], registry, { strict: true, base });
  const found = new Map<number, string>();
  const latest = new Map<string, { readonly rid: number; readonly recorded: number }>();
  const wanted = new Set(targets);
  for (let after = 0; ; ) {
    const query = { type: 'Provenance', filters: [conditions], after, limit: rowsAtOnce };
    const rows = await exportRows(snapshot, query, scope, services);
    for (const { rid, text } of rows) {
      found.set(rid, text);
      if (which === 'relevant') continue;
      const provenance = parseJsonObject(text) as unknown as Provenance;
      const recorded = Date.parse(provenance.recorded);
      for (const { reference = '' } of provenance.target) {
        const target = reference.replace(`${base}/`, '').replace(/\/_history\/.*$/, '');
        const before = latest.get(target);
        if (wanted.has(target) && (before === undefined || before.recorded <= recorded))
          latest.set(target, { rid, recorded });
      }
    }
    if (rows.length < rowsAtOnce) break;
    after = rows.at(-1)!.rid;
  }
  if (which === 'relevant') return found;
  return new Map([...latest.values()].map(({ rid }) => [rid, found.get(rid)!]));
}
