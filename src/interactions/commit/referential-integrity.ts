// https://hl7.org/fhir/R4/http.html#integrity – by configuration: a reference into this server leads somewhere
import { parseReference } from '../../fhir/reference.js';
import { Failure, type Issue } from '../../kernel/failure.js';
import type { CommitDeps } from './deps.js';
import type { Queryable } from '../../storage/pool.js';
import { unknownTargets, referrerOf } from '../../storage/reference-targets.js';
import type { Planned } from './planned.js';

interface Found {
  readonly type: string;
  readonly id: string;
  /** FHIRPath of the element that refers. */
  readonly at: string;
}

/**
 * Every literal reference to a resource of this server leads to one that is there, or that this commit makes; and nothing is
 * deleted that others refer to, as far as their search parameters tell. The targets stay until this transaction ends. What the
 * follow-up module itself writes is not asked.
 *
 * @throws Failure `invalid` naming each element that leads nowhere, `conflict` for a deletion
 */
export async function demandIntegrity(tx: Queryable, planned: readonly Planned[], deps: CommitDeps): Promise<void> {
  const made = new Set(planned.filter(({ after }) => after !== undefined).map(({ key }) => `${key.type}/${key.id}`));
  const wanted: Found[] = [];
  for (const { after, change } of planned)
    if (after !== undefined && change.by !== 'module') collect(after, after.resourceType, deps.base, wanted);
  const asked = wanted.filter(({ type, id }) => !made.has(`${type}/${id}`));
  const absent = asked.length === 0 ? new Set() : await unknownTargets(tx, asked, deps.dictionary);
  const issues = asked
    .filter(({ type, id }) => absent.has(`${type}/${id}`))
    .slice(0, 100)
    .map(
      ({ type, at }): Issue => ({
        severity: 'error',
        code: 'not-found',
        diagnostics: `There is no such ${type} here; store it first, or in the same transaction.`,
        expression: [at],
      }),
    );
  if (issues.length > 0) throw new Failure('invalid', issues);
  const gone = planned.filter(({ kind, change }) => kind === 'd' && change.by !== 'module');
  const going = gone.map(({ rid }) => rid);
  for (const { key } of gone) {
    const referrer = await referrerOf(tx, key, going, deps.dictionary);
    if (referrer !== undefined)
      throw new Failure('conflict', `The ${key.type} cannot be deleted: a resource of type ${referrer} refers to it.`, {
        expression: key.type,
      });
  }
}

function collect(value: unknown, at: string, base: string, found: Found[]): void {
  if (Array.isArray(value)) return value.forEach((item, index) => collect(item, `${at}[${index}]`, base, found));
  if (typeof value !== 'object' || value === null) return;
  for (const [name, item] of Object.entries(value)) {
    if (name === 'reference' && typeof item === 'string') {
      const parsed = parseReference(item, base);
      if (parsed.kind === 'local') found.push({ type: parsed.type, id: parsed.id, at: `${at}.reference` });
    } else collect(item, `${at}.${name}`, base, found);
  }
}
