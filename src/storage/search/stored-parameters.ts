// https://hl7.org/fhir/R4/searchparameter.html
import { parseJson, stringifyJson } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import { ownParameters } from '../../search/own-parameter.js';
import type { SearchRegistry } from '../../search/registry.js';
import type { Dictionary } from '../dictionary.js';
import { addJob } from '../jobs.js';
import type { Queryable } from '../pool.js';

/** Woken whenever the stored search parameters have changed. */
export const parametersChannel = 'hjemmebro_parameters';

/** What a reindex job does; it goes on after `after`, a type by its place and a rid. */
export interface ReindexPayload {
  readonly types: readonly string[];
  readonly after?: { readonly type: number; readonly rid: number };
  /** The SearchParameter that is ready when it is done. */
  readonly parameter?: { readonly rid: number; readonly version: number };
}

/** Search parameters that are stored as resources: brings the registry of this process to what the database holds. */
export class StoredParameters {
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly db: Queryable,
    private readonly dictionary: Dictionary,
    private readonly registry: SearchRegistry,
  ) {}

  /** Resolves once the registry is at least as new as the database is now. */
  refresh(): Promise<void> {
    this.running = this.running.catch(() => {}).then(() => this.read());
    return this.running;
  }

  private async read(): Promise<void> {
    const { rows } = await this.db.query<{ generation: number; definition: string | null; ready: boolean | null }>(
      'select g.generation, p.definition, p.ready from search_generation g left join search_parameter p on true order by p.rid',
    );
    const generation = rows[0]!.generation;
    if (generation === this.registry.epoch) return;
    // Judged against the built-in ones alone: each was judged against all others when it was stored.
    this.registry.setOwn([], generation);
    const own = rows.flatMap(({ definition, ready }) =>
      definition === null
        ? []
        : ownParameters(parseJson(definition) as Resource, this.registry, { components: false }).map((one) => ({
            ...one,
            indexing: ready !== true,
          })),
    );
    this.registry.setOwn(own, generation);
    await this.dictionary.ensure({ params: this.registry.rowParams() });
  }
}

/** A SearchParameter as a commit leaves it; `after` undefined: deleted. */
export interface ParameterChange {
  readonly rid: number;
  readonly version: number;
  readonly before: Resource | undefined;
  readonly after: Resource | undefined;
}

/**
 * Notes, in the transaction of the change, what a SearchParameter now defines, and has the resources of its types indexed.
 * Waits until everybody who writes search rows by the former state has committed; who comes later is turned away (HB001)
 * and reads the new state.
 */
export async function keepParameter(
  tx: Queryable,
  change: ParameterChange,
  { registry, now }: { readonly registry: SearchRegistry; readonly now: number },
): Promise<void> {
  const definitions = change.after === undefined ? [] : ownParameters(change.after, registry);
  const former = await tx.query<{ definition: string }>('select definition from search_parameter where rid = $1', [
    change.rid,
  ]);
  const text = change.after === undefined ? '' : definitionText(change.after);
  if (definitions.length === 0 && former.rows.length === 0) return;
  if (definitions.length > 0 && former.rows[0]?.definition === text) return;
  await tx.query('select pg_advisory_xact_lock(1212809220, 0)');
  await tx.query('delete from search_parameter where rid = $1', [change.rid]);
  const types = typesOf(change, registry);
  const { rows } = await tx.query<{ any: boolean }>(
    `select exists (select from resource r join resource_type t on t.id = r.type where t.name = any ($1::text[]) and r.content is not null) as any`,
    [types],
  );
  const empty = rows[0]!.any !== true;
  if (definitions.length > 0)
    await tx.query('insert into search_parameter (rid, version, url, definition, ready) values ($1, $2, $3, $4, $5)', [
      change.rid,
      change.version,
      String(change.after!['url']),
      text,
      empty,
    ]);
  await announce(tx);
  if (empty) return;
  // After a parameter has gone, too: its rows go.
  const payload: ReindexPayload = { types, parameter: { rid: change.rid, version: change.version } };
  await addJob(tx, { kind: 'reindex', key: `${change.rid}/${change.version}`, payload, runAt: now });
}

/** What was there before is indexed: searches may use the parameter. */
export async function parameterReady(
  tx: Queryable,
  parameter: { readonly rid: number; readonly version: number },
): Promise<void> {
  const { rowCount } = await tx.query(
    'update search_parameter set ready = true where rid = $1 and version = $2 and not ready',
    [parameter.rid, parameter.version],
  );
  if (rowCount === 1) await announce(tx);
}

async function announce(tx: Queryable): Promise<void> {
  await tx.query('update search_generation set generation = generation + 1');
  await tx.query('select pg_notify($1, $2)', [parametersChannel, '']);
}

/** Without what differs from version to version. */
function definitionText({ meta: _meta, text: _text, ...resource }: Resource): string {
  return stringifyJson(resource);
}

function typesOf({ before, after }: ParameterChange, registry: SearchRegistry): readonly string[] {
  const bases = [before, after].flatMap((resource) =>
    Array.isArray(resource?.['base']) ? resource['base'].map(String) : [],
  );
  if (bases.includes('Resource') || bases.includes('DomainResource')) return [...registry.types];
  return [...new Set(bases)].filter((type) => registry.types.has(type));
}
