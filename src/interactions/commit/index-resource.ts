import type { Resource } from '../../fhir/resource.js';
import { extractRows } from '../../search/extract/extract-rows.js';
import { extractSeries } from '../../search/extract/extract-series.js';
import type { ResolvedRows, ResolvedSeries } from '../../storage/resolved-rows.js';
import { emptyRows } from '../../storage/resolved-rows.js';
import type { CommitDeps } from './deps.js';

const noSeries: ResolvedSeries = { code: [], low: [], high: [], value: [], unit: [], component: [] };

/** The search rows of a resource in dictionary ids. Waits only where a system or code is new to the dictionary. */
export async function indexResource(
  resource: Resource | undefined,
  deps: Pick<CommitDeps, 'dictionary' | 'registry' | 'base'>,
): Promise<ResolvedRows & { series: ResolvedSeries; generation?: number }> {
  if (resource === undefined) return { ...emptyRows(), series: noSeries };
  const { epoch } = deps.registry; // as it is while the rows are made
  const rows = deps.dictionary.resolveRows(
    extractRows(resource, deps.registry, { base: deps.base }),
    resource.resourceType,
  );
  const points =
    resource.resourceType === 'Observation' ? deps.dictionary.resolveSeries(extractSeries(resource)) : noSeries;
  return {
    ...(rows instanceof Promise ? await rows : rows),
    series: points instanceof Promise ? await points : points,
    ...(epoch === undefined ? {} : { generation: epoch }),
  };
}
