import type { RowScope } from '../../access/row-scope.js';
import { loadDefinitions } from '../../fhir/definitions.js';
import { parseJson } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import type { TerminologySource } from '../../terminology/expand-codes.js';
import { standardResources, type CanonicalType } from '../../fhir/standard-resources.js';
import type { Queryable } from '../pool.js';
import { paramSql } from './param-sql.js';
import { hashed } from './row-conditions.js';
import { SearchContext, type SearchDeps } from './search-context.js';
import type { SearchIds } from './search-ids.js';

const noIds: SearchIds = { system: () => undefined, code: () => undefined, codes: () => [] };

/** ValueSets and CodeSystems that are stored and that the caller may see, beside those of R4. */
export function storedTerminology(
  db: Queryable,
  scope: RowScope,
  deps: SearchDeps,
): TerminologySource & {
  conceptMap(url: string): Promise<Resource | undefined>;
  structure(url: string): Promise<Resource | undefined>;
  questionnaire(url: string): Promise<Resource | undefined>;
} {
  const found = new Map<string, Promise<Resource | undefined>>();
  const once = (type: CanonicalType, url: string): Promise<Resource | undefined> => {
    const key = `${type} ${url}`;
    let known = found.get(key);
    if (known === undefined) {
      known = read(type, url).then((stored) => stored ?? standardResources().find(type, url));
      found.set(key, known);
      // What is not there yet may come, and what could not be read may be readable again.
      known.then(
        (resource) => resource === undefined && found.delete(key),
        () => found.delete(key),
      );
    }
    return known;
  };
  const read = async (type: CanonicalType | 'Questionnaire', url: string): Promise<Resource | undefined> => {
    const context = new SearchContext(deps, noIds, scope);
    const visible = context.visible('r', type);
    const parameter = deps.registry.param(type, 'url');
    if (visible === 'false' || parameter === undefined) return undefined;
    const [canonical = '', version] = url.split('|');
    const id = /^(?:ValueSet|CodeSystem|ConceptMap|StructureDefinition|Questionnaire)\/(.+)$/.exec(url)?.[1];
    const is =
      id === undefined
        ? `exists (select from sp_uri s where s.rid = r.rid and ${paramSql('s', type, parameter, context)} and ${hashed('s.value', [canonical], context)})`
        : `r.id = ${context.bind(id)}`;
    const { rows } = await db.query<{ content: string }>(
      `select r.content from resource r where ${visible} and ${is} order by r.updated desc limit 20`,
      context.params,
    );
    const resources = rows.map((row) => parseJson(row.content) as Resource);
    return resources.find((resource) => version === undefined || resource['version'] === version);
  };
  const definitions = loadDefinitions();
  return {
    valueSet: (url) => once('ValueSet', url),
    codeSystem: (url) => once('CodeSystem', url),
    conceptMap: (url) => once('ConceptMap', url),
    structure: (url) => once('StructureDefinition', url),
    questionnaire: (url) => read('Questionnaire', url),
    standard: (url) => definitions.valueSet(url),
  };
}

/** Another text whenever a definition has been written or deleted. */
export async function definitionsMark(db: Queryable, { dictionary }: Pick<SearchDeps, 'dictionary'>): Promise<string> {
  const types = ['StructureDefinition', 'ValueSet', 'CodeSystem'].map((type) => dictionary.typeId(type));
  const { rows } = await db.query<{ mark: string | null }>({
    name: 'definitions-mark',
    text: `select string_agg(m, ' ' order by m) as mark from (
      select type || ':' || count(*) || ':' || sum(version) || ':' || max(updated) as m from resource where type = any ($1::smallint[]) group by type) x`,
    values: [types],
  });
  return rows[0]?.mark ?? '';
}
