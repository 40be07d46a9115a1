import { Failure } from '../kernel/failure.js';
import type { IndexRow, SeriesPoint } from '../search/index-row.js';
import { ucumSystem } from '../search/canonical-unit.js';
import { isCommonParameter } from '../search/parameter.js';
import { BoundedMap } from './bounded-map.js';
import { ensureCodes, ensureNames, ensureParams, loadCodes, loadNames, loadParams } from './dictionary-statements.js';
import type { Queryable } from './pool.js';
import { type Missing, resolveInto, resolveSeriesInto } from './resolve-rows.js';
import { emptyRows, type ResolvedRows, type ResolvedSeries } from './resolved-rows.js';

/** What a write needs ids for. A system is ensured along with its codes. */
export interface DictionaryEntries {
  readonly types?: Iterable<string>;
  readonly systems?: Iterable<string>;
  readonly codes?: Iterable<{ readonly system: string; readonly code: string }>;
  readonly params?: Iterable<{ readonly type: string; readonly code: string }>;
  readonly parties?: Iterable<string>;
  readonly controllers?: Iterable<string>;
}

/** Codes and systems kept in memory (each generation). */
const mostCodes = 100_000;
const mostSystems = 20_000;
/** Milliseconds. */
const learnEvery = 1000;

/**
 * Ids of types, systems, codes, parameters, parties and controllers (decision 2). Ids never change, so what is cached is
 * true for ever; what is not cached may still exist. New entries are committed by statements of their own, before the
 * transaction that uses them, and any number of servers may do so at once.
 */
export class Dictionary {
  private readonly types = new Map<string, number>();
  private readonly typeNames = new Map<number, string>();
  private readonly params = new Map<string, number>();
  private readonly parties = new Map<string, number>();
  private readonly controllers = new Map<string, number>();
  private readonly systems = new BoundedMap<number>(mostSystems);
  private readonly codes = new BoundedMap<number>(mostCodes);
  private containedAt = Number.NEGATIVE_INFINITY;

  /** @param db a pool: never a client inside a transaction */
  private constructor(private readonly db: Queryable) {}

  /** Loads what the tables hold and adds the given entries (all resource types, all search parameters). */
  static async load(db: Queryable, entries: DictionaryEntries = {}): Promise<Dictionary> {
    const dictionary = new Dictionary(db);
    await dictionary.reload();
    await dictionary.ensure(entries);
    return dictionary;
  }

  typeId(name: string): number | undefined {
    return this.types.get(name);
  }

  /** @throws Failure `fault` for an id that is in no dictionary */
  typeName(id: number): string {
    const name = this.typeNames.get(id);
    if (name === undefined) throw new Failure('fault', `Resource type ${id} is not in the dictionary.`);
    return name;
  }

  systemId(url: string): number | undefined {
    return this.systems.get(url);
  }

  codeId(system: string, code: string): number | undefined {
    return this.codes.get(codeKey(system, code));
  }

  /** @param type resource type; parameters of every type (`_tag`) are found under each */
  paramId(type: string, code: string): number | undefined {
    return this.params.get(paramKey(type, code));
  }

  partyId(key: string): number | undefined {
    return this.parties.get(key);
  }

  controllerId(orgnr: string): number | undefined {
    return this.controllers.get(orgnr);
  }

  /** Remembers ids that a search read from the tables. */
  learnSystem(url: string, id: number): void {
    this.systems.set(url, id);
  }

  learnCode(system: string, code: string, id: number): void {
    this.codes.set(codeKey(system, code), id);
  }

  /**
   * The parameters of contained resources, which come as such resources do – also by other servers: asked for anew every second
   * by searches that need them.
   */
  async learnContained(): Promise<void> {
    const now = performance.now();
    if (now - this.containedAt < learnEvery) return;
    this.containedAt = now;
    for (const { type, code, id } of await loadParams(this.db, '#%')) this.params.set(paramKey(type, code), id);
  }

  /** Makes sure that each entry has an id here; new ones are committed when this returns. */
  async ensure(entries: DictionaryEntries): Promise<void> {
    await this.ensureInto(
      'resource_type',
      'name',
      absent(entries.types, (name) => this.types.get(name)),
      (name, id) => {
        this.types.set(name, id);
        this.typeNames.set(id, name);
      },
    );
    const codes = absentCodes(entries.codes, (system, code) => this.codeId(system, code));
    const systems = absent([...(entries.systems ?? []), ...codes.map((code) => code.system)], (url) =>
      this.systems.get(url),
    );
    await this.ensureInto('dict_system', 'url', systems, (url, id) => this.systems.set(url, id));
    if (codes.length > 0) {
      const withSystem = codes.map(({ system, code }) => ({ system: this.systems.get(system)!, url: system, code }));
      for (const row of await ensureCodes(this.db, withSystem)) this.learnCode(row.url, row.code, row.id);
    }
    const params = [...(entries.params ?? [])].filter(({ type, code }) => this.paramId(type, code) === undefined);
    if (params.length > 0)
      for (const row of await ensureParams(this.db, params)) this.params.set(paramKey(row.type, row.code), row.id);
    await this.ensureInto(
      'dict_party',
      'key',
      absent(entries.parties, (key) => this.parties.get(key)),
      (key, id) => this.parties.set(key, id),
    );
    await this.ensureInto(
      'dict_controller',
      'orgnr',
      absent(entries.controllers, (orgnr) => this.controllers.get(orgnr)),
      (orgnr, id) => this.controllers.set(orgnr, id),
    );
  }

  /**
   * Search rows of one resource as columns with ids. Answers at once where every entry is known (nearly always), and only
   * else with a promise that first adds the missing ones.
   */
  resolveRows(rows: readonly IndexRow[], type: string): ResolvedRows | Promise<ResolvedRows> {
    const columns = emptyRows();
    const missing = newMissing();
    resolveInto(columns, rows, type, { dictionary: this, missing });
    if (isEmpty(missing)) return columns;
    return this.ensureMissing(missing).then(() => this.resolveRows(rows, type));
  }

  /** As `resolveRows`, for the time-series points of an Observation. */
  resolveSeries(points: readonly SeriesPoint[]): ResolvedSeries | Promise<ResolvedSeries> {
    const columns: ResolvedSeries = { code: [], low: [], high: [], value: [], unit: [], component: [] };
    const missing = newMissing();
    resolveSeriesInto(columns, points, { dictionary: this, missing, unitSystem: ucumSystem });
    if (isEmpty(missing)) return columns;
    return this.ensureMissing(missing).then(() => this.resolveSeries(points));
  }

  private ensureMissing(missing: Missing): Promise<void> {
    return this.ensure({
      systems: missing.systems,
      codes: missing.codes.values(),
      params: missing.params.values(),
    });
  }

  private async ensureInto(
    table: string,
    column: string,
    names: readonly string[],
    keep: (name: string, id: number) => void,
  ): Promise<void> {
    if (names.length === 0) return;
    for (const row of await ensureNames(this.db, table, column, names)) keep(row.name, row.id);
  }

  private async reload(): Promise<void> {
    for (const { name, id } of await loadNames(this.db, 'resource_type', 'name')) {
      this.types.set(name, id);
      this.typeNames.set(id, name);
    }
    for (const { name, id } of await loadNames(this.db, 'dict_system', 'url', mostSystems / 2))
      this.systems.set(name, id);
    for (const { url, code, id } of await loadCodes(this.db, mostCodes / 2)) this.learnCode(url, code, id);
    for (const { type, code, id } of await loadParams(this.db)) this.params.set(paramKey(type, code), id);
    for (const { name, id } of await loadNames(this.db, 'dict_party', 'key')) this.parties.set(name, id);
    for (const { name, id } of await loadNames(this.db, 'dict_controller', 'orgnr')) this.controllers.set(name, id);
  }
}

const codeKey = (system: string, code: string): string => `${system}|${code}`;
const paramKey = (type: string, code: string): string => (isCommonParameter(code) ? code : `${type}.${code}`);

const newMissing = (): Missing => ({ systems: new Set(), codes: new Map(), params: new Map() });
const isEmpty = (missing: Missing): boolean => missing.systems.size + missing.codes.size + missing.params.size === 0;

function absent(names: Iterable<string> | undefined, idOf: (name: string) => number | undefined): readonly string[] {
  return names === undefined ? [] : [...new Set(names)].filter((name) => idOf(name) === undefined);
}

function absentCodes(
  codes: DictionaryEntries['codes'],
  idOf: (system: string, code: string) => number | undefined,
): readonly { system: string; code: string }[] {
  const found = new Map<string, { system: string; code: string }>();
  for (const { system, code } of codes ?? [])
    if (idOf(system, code) === undefined) found.set(codeKey(system, code), { system, code });
  return [...found.values()];
}
