import type { RowScope } from '../access/row-scope.js';
import { identifierSystems } from '../fhir/national-identifiers.js';
import type { Services } from '../interactions/services.js';
import { parseSearch } from '../search/parse/parse-search.js';
import type { Queryable } from '../storage/pool.js';
import { searchPage } from '../storage/search/search-page.js';

/** More than anybody is related to. */
const most = 50;

/**
 * Logical ids of the RelatedPersons in use that have a national identity number, of whichever kind, in the store of a
 * controller. Whether they may see anything is for the consents that name them (`access/consent-permits.ts`).
 */
export async function relatedPersonsByNumber(
  number: string,
  controller: string,
  { services, database }: { readonly services: Services; readonly database: Queryable },
): Promise<readonly string[]> {
  if (!/^\d{11}$/.test(number)) return [];
  const { clock, dictionary, registry, base } = services;
  const systems = [identifierSystems.fnr, identifierSystems.dnr, identifierSystems.fhn];
  const pairs: [string, string][] = [
    ['identifier', systems.map((system) => `${system}|${number}`).join(',')],
    ['active:not', 'false'],
    ['_count', String(most)],
  ];
  const search = parseSearch('RelatedPerson', pairs, registry, { strict: true, base, now: clock.now() });
  const ofController: RowScope = { parties: [], controllers: [controller], visibility: () => 'all' };
  const { matches } = await searchPage(database, search, ofController, { dictionary, registry });
  return matches.map(({ id }) => id);
}
