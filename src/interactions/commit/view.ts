import type { RowScope } from '../../access/row-scope.js';
import { parseJson } from '../../fhir/json.js';
import type { Resource, ResourceKey } from '../../fhir/resource.js';
import { keyOf } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { parseQuery } from '../../search/parse/query-pairs.js';
import { parseSearch } from '../../search/parse/parse-search.js';
import type { Queryable } from '../../storage/pool.js';
import { findPatients } from '../../storage/patients.js';
import { resourcesNaming } from '../../storage/patient-merge.js';
import { related } from '../../storage/relations.js';
import { currentRows, type CurrentRow, visibleRows } from '../../storage/resources.js';
import { searchPage } from '../../storage/search/search-page.js';
import type { View } from '../commit-types.js';
import type { CommitDeps } from './deps.js';

/** The module's own eyes: no access rules (what is decided by it is checked where it is written). */
export const everything: RowScope = { parties: [], controllers: '*', visibility: () => 'all' };

/** The store inside one transaction. Rows read here are remembered, so that the write need not read them again. */
export class TransactionView implements View {
  private readonly cache = new Map<string, CurrentRow | undefined>();

  constructor(
    private readonly tx: Queryable,
    private readonly deps: CommitDeps,
    readonly now: number,
    private readonly controller: number,
    private readonly scope: RowScope,
  ) {}

  /** Current rows, deleted ones too. */
  async rows(keys: readonly ResourceKey[]): Promise<Map<string, CurrentRow>> {
    const unknown = keys.filter((key) => !this.cache.has(keyOf(key)));
    if (unknown.length > 0) {
      const found = await currentRows(this.tx, unknown, this.deps.dictionary, true);
      for (const key of unknown) this.cache.set(keyOf(key), found.get(keyOf(key)));
    }
    const result = new Map<string, CurrentRow>();
    for (const key of keys) {
      const row = this.cache.get(keyOf(key));
      if (row !== undefined) result.set(keyOf(key), row);
    }
    return result;
  }

  /** May the caller see this row? */
  async sees(row: CurrentRow): Promise<boolean> {
    return (await visibleRows(this.tx, [row], this.scope, this.deps.dictionary)).has(row.rid);
  }

  async read(key: ResourceKey): Promise<Resource | undefined> {
    const row = (await this.rows([key])).get(keyOf(key));
    return row === undefined || row.text === null ? undefined : (parseJson(row.text) as Resource);
  }

  /** Taking the lock of each organisation that is looked at, in whatever order, commits would wait for each other in a circle. */
  async glance(key: ResourceKey): Promise<Resource | undefined> {
    const row =
      this.cache.get(keyOf(key)) ?? (await currentRows(this.tx, [key], this.deps.dictionary, false)).get(keyOf(key));
    return row === undefined || row.text === null ? undefined : (parseJson(row.text) as Resource);
  }

  search(type: string, query: string): Promise<readonly Resource[]> {
    return this.searchAs(everything, type, query);
  }

  find(type: string, query: string): Promise<readonly Resource[]> {
    return this.searchAs(this.scope, type, query);
  }

  private async searchAs(scope: RowScope, type: string, query: string): Promise<readonly Resource[]> {
    const request = parseSearch(type, [...parseQuery(query), ['_count', '1000']], this.deps.registry, { strict: true });
    if (request.conditions.length === 0)
      throw new Failure(
        'precondition',
        'The criteria of a conditional interaction must name at least one search parameter with a value.',
      );
    const page = await searchPage(this.tx, request, scope, this.deps);
    return page.matches.map((row) => parseJson(row.text) as Resource);
  }

  async patients(identifier: { readonly system: string; readonly value: string }): Promise<readonly Resource[]> {
    const found = await findPatients(
      this.tx,
      { ids: [], identifiers: [identifier] },
      this.controller,
      this.deps.dictionary,
    );
    const keys = [...found.byIdentifier.values()].map((patient) => patient.key);
    if (keys.length === 0) return [];
    const { rows } = await this.tx.query<{ content: string }>(
      'select content from resource where rid = any ($1::bigint[]) and content is not null',
      [keys],
    );
    return rows.map((row) => parseJson(row.content) as Resource);
  }

  async naming(patient: string): Promise<readonly Resource[]> {
    const type = this.deps.dictionary.typeId('Patient')!;
    return (await resourcesNaming(this.tx, { type, id: patient })).map(({ content }) => parseJson(content) as Resource);
  }

  async related(patient: ResourceKey, parties: readonly string[]): Promise<boolean> {
    const row = (await this.rows([patient])).get(keyOf(patient));
    return row !== undefined && related(this.tx, row.rid, parties, this.now);
  }
}
