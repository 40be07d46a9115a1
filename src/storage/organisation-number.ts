import { identifierSystems } from '../fhir/national-identifiers.js';
import type { Queryable } from './pool.js';

/**
 * Organisation number (ENH) of the Organization that has one of the HER-ids, or of what it is a part of; the first HER-id
 * that leads to one counts. Undefined when none is known here, or when several claim it.
 */
export async function organisationNumberOf(db: Queryable, herIds: readonly string[]): Promise<string | undefined> {
  for (const herId of herIds) {
    const { rows } = await db.query<{ content: string }>(byHerId, [identifierSystems.herId, herId]);
    const numbers = new Set<string>();
    for (const { content } of rows) {
      const number = await numberOf(db, JSON.parse(content) as Organisation);
      if (number !== undefined) numbers.add(number);
    }
    if (numbers.size === 1) return [...numbers][0];
  }
  return undefined;
}

const byHerId = `select r.content from sp_identifier i
  join dict_system s on s.id = i.system and s.url = $1
  join resource r on r.rid = i.rid and r.content is not null
  join resource_type t on t.id = r.type and t.name = 'Organization'
  where i.value = $2 limit 5`;

interface Organisation {
  readonly identifier?: readonly { readonly system?: string; readonly value?: string }[];
  readonly partOf?: { readonly reference?: string };
}

async function numberOf(db: Queryable, organisation: Organisation, depth = 0): Promise<string | undefined> {
  const own = organisation.identifier?.find((one) => one.system === identifierSystems.enh)?.value;
  const parent = /^Organization\/([A-Za-z0-9.-]{1,64})$/.exec(organisation.partOf?.reference ?? '')?.[1];
  if (own !== undefined || parent === undefined || depth > 3) return own;
  const { rows } = await db.query<{ content: string }>(
    `select r.content from resource r join resource_type t on t.id = r.type and t.name = 'Organization' where r.id = $1 and r.content is not null`,
    [parent],
  );
  return rows[0] && numberOf(db, JSON.parse(rows[0].content) as Organisation, depth + 1);
}
