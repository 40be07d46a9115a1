import { identifierSystems } from '../../fhir/national-identifiers.js';
import { keyOf } from '../../fhir/resource.js';
import { addJob } from '../../storage/jobs.js';
import { auditedBy } from '../../access/audit-agent.js';
import type { Principal } from '../../access/principal.js';
import { adoptOrphans, keepPatientIdentifiers } from '../../storage/patients.js';
import { notePatched } from '../../storage/patched-versions.js';
import type { Queryable } from '../../storage/pool.js';
import { applyRelations } from '../../storage/relations.js';
import { keepBlocks } from '../../storage/record-blocks.js';
import { type ResourceWrite, writeResources } from '../../storage/write.js';
import type { CommitDeps } from './deps.js';
import type { Guarded } from './guard.js';
import { indexResource } from './index-resource.js';
import { identifiersOf } from './plan.js';
import type { Planned } from './planned.js';

export interface WriteContext {
  readonly tx: Queryable;
  readonly deps: CommitDeps;
  readonly by: Principal;
  readonly request: string;
  readonly action: string;
  readonly now: number;
  /** Why it is done, for the audit. */
  readonly detail?: string | undefined;
}

const national = new Set<string>([identifierSystems.fnr, identifierSystems.dnr, identifierSystems.fhn]);

/** Writes everything that was planned, with what follows: search rows, grants, relations, patient identifiers, audit, log. */
export async function writePlanned(
  planned: readonly Planned[],
  guarded: ReadonlyMap<Planned, Guarded>,
  context: WriteContext,
): Promise<void> {
  if (planned.length === 0) return;
  const { tx, deps, by, now } = context;
  await deps.dictionary.ensure({ parties: [...guarded.values()].flatMap((one) => one.grants) });
  const writes: ResourceWrite[] = [];
  for (const item of planned) {
    writes.push({
      rid: item.rid,
      type: deps.dictionary.typeId(item.key.type)!,
      typeName: item.key.type,
      id: item.key.id,
      version: item.version,
      controller: item.controller,
      patients: item.patients,
      managed: item.managed,
      kind: item.kind,
      text: item.text,
      rows: await indexResource(item.after, deps),
      grants: (guarded.get(item)?.grants ?? []).map((key) => deps.dictionary.partyId(key)!),
    });
  }
  const audit = {
    request: context.request,
    organisation: null,
    ...auditedBy(by),
    action: context.action,
    detail: context.detail ?? null,
  };
  await writeResources(tx, writes, audit, now);
  await notePatched(
    tx,
    planned.filter(({ change }) => change.op === 'update' && change.patched === true),
  );
  for (const item of planned) if (item.key.type === 'Patient') await keepPatient(item, context);
  for (const item of planned)
    if (item.key.type === 'Consent')
      await keepBlocks(tx, item, guarded.get(item)?.blocks ?? [], {
        dictionary: deps.dictionary,
        controller: by.controller,
        now,
      });
  const relations = planned.flatMap((item) => guarded.get(item)?.relations ?? []);
  if (relations.length > 0) await applyRelations(tx, relations, deps.dictionary, now);
}

async function keepPatient(item: Planned, { tx, deps, now }: WriteContext): Promise<void> {
  const active = item.after !== undefined && item.after['active'] !== false;
  const identifiers = active ? identifiersOf(item.after).filter((identifier) => national.has(identifier.system)) : [];
  await deps.dictionary.ensure({ systems: identifiers.map((identifier) => identifier.system) });
  await keepPatientIdentifiers(tx, { rid: item.rid, controller: item.controller, identifiers }, deps.dictionary);
  if (!active) return;
  const tied = await adoptOrphans(
    tx,
    { rid: item.rid, id: item.key.id, controller: item.controller, identifiers },
    deps.dictionary,
  );
  // What came for an unknown person is judged now that it is known who it was (decision 3).
  const resources = tied.filter(({ type }) => deps.followUp?.concerns(type) === true).map(keyOf);
  if (resources.length > 0)
    await addJob(tx, { kind: 're-evaluate', payload: { patient: item.rid, resources }, runAt: now });
}
