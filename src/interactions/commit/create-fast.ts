import { auditedBy } from '../../access/audit-agent.js';
import { checkWrite, patientRule } from '../../access/check-write.js';
import { rowScope } from '../../access/decide.js';
import { grants } from '../../access/grants.js';
import { narrowings } from '../../access/narrowing.js';
import type { Principal } from '../../access/principal.js';
import { bearsRelations } from '../../access/relations.js';
import type { Change } from '../../fhir/change.js';
import { stringifyJson } from '../../fhir/json.js';
import { patientLinks } from '../../fhir/patient-links.js';
import { instant } from '../../kernel/clock.js';
import type { CreateBatcher } from '../../storage/create-batcher.js';
import type { Written } from '../commit-types.js';
import type { CommitDeps } from './deps.js';
import { indexResource } from './index-resource.js';

/** Types whose create has consequences that need the long way. */
const longWay = new Set(['Patient', 'Subscription', 'SearchParameter', 'Provenance', 'Binary', 'Bundle', 'CarePlan']);

/** Is this a create that one round trip can do: nothing conditional, no relation, nothing managed? */
export function isSimpleCreate(change: Change): change is Extract<Change, { op: 'create' }> {
  return (
    change.op === 'create' &&
    change.ifNoneExist === undefined &&
    change.by !== 'module' &&
    change.resource.id === undefined &&
    !longWay.has(change.resource.resourceType) &&
    !bearsRelations(change.resource.resourceType)
  );
}

/**
 * The short way of `commit`: one statement that finds the patient, checks the relation and writes.
 *
 * @returns undefined when the long way is needed (a monitored patient, a patient that is not found)
 * @throws Failure forbidden when no relation runs
 */
export async function createFast(
  change: Extract<Change, { op: 'create' }>,
  by: Principal,
  deps: CommitDeps & { readonly creates: CreateBatcher },
  request: string,
): Promise<Written | undefined> {
  const { resource } = change;
  const type = resource.resourceType;
  // A citizen's right to write is about one patient, not a relation.
  if (by.role === 'citizen' || narrowings(by, ['create'], type)?.length !== undefined) return undefined;
  const facts = {
    visible: true,
    patients: [{ related: true, visible: true }],
    unknownPatient: false,
    narrowed: () => true,
    parties: () => [],
  };
  const refused = checkWrite(by, change, undefined, facts);
  if (refused !== undefined) throw refused;
  const links = patientLinks(resource, deps.base);
  if (links.inherits.length > 0) return undefined;
  const named = links.ids.length + links.identifiers.length;
  if (named === 0 && by.role === 'device' && deps.followUp?.concerns(type) === true) return undefined; // somebody must find out whose it is
  const now = deps.clock.now();
  const { dictionary } = deps;
  const granted = grants(change, by, undefined);
  const missing = [...granted, ...by.parties].filter((party) => dictionary.partyId(party) === undefined);
  const systems = links.identifiers.map((identifier) => dictionary.systemId(identifier.system));
  if (missing.length > 0) await dictionary.ensure({ parties: missing });
  if (systems.includes(undefined)) return undefined; // a system nobody has used names no patient yet
  const nobody = named === 0 && rowScope(by).visibility(type) === 'all';
  const controller = dictionary.controllerId(nobody ? '' : by.controller);
  if (controller === undefined) return undefined;

  const id = deps.ids.next();
  const { resourceType, id: _none, meta, ...content } = resource;
  const after = { resourceType, id, meta: { ...meta, versionId: '1', lastUpdated: instant(now) }, ...content };
  const text = stringifyJson(after);
  const [rid] = await deps.rids.take(1);
  const outcome = await deps.creates.create({
    write: {
      rid: rid!,
      type: dictionary.typeId(type)!,
      typeName: type,
      id,
      version: 1,
      controller,
      patients: [],
      managed: false,
      kind: 'c',
      text,
      rows: await indexResource(after, deps),
      grants: granted.map((party) => dictionary.partyId(party)!),
    },
    updated: now,
    ids: links.ids,
    identifiers: links.identifiers.map((identifier, at) => ({ system: systems[at]!, value: identifier.value })),
    parties: patientRule(by, resource) === 'any' ? null : by.parties.map((party) => dictionary.partyId(party)!),
    feeds: deps.followUp?.concerns(type) ?? false,
    audit: { request, organisation: null, ...auditedBy(by) },
  });
  if (outcome === 'long') return undefined;
  if (outcome === 'forbidden')
    throw checkWrite(by, change, undefined, { ...facts, patients: [{ related: false, visible: false }] })!;
  return { key: { type, id }, version: 1, updated: now, outcome: 'created', text };
}
