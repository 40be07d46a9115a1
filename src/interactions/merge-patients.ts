/**
 * Two Patients are one person: keys, series, open alerts and relations of the one become the other's in one commit
 * (decision 3). https://hl7.org/fhir/R4/patient.html#merging
 */
import type { Change } from '../fhir/change.js';
import { binariesOf } from '../fhir/binaries-of.js';
import { isIdentityNumberSystem } from '../fhir/national-identifiers.js';
import { keyOf, type Resource, type ResourceKey } from '../fhir/resource.js';
import { rewriteReferences } from '../fhir/rewrite-references.js';
import { rankOf } from '../followup/engine/colour-rank.js';
import { alertOf, colourOf } from '../followup/projection/alert-element.js';
import { annotation, mitigation } from '../followup/vocabulary/annotation.js';
import { type Identifier, many, type Reference, versionOf } from '../followup/vocabulary/element.js';
import { instant } from '../kernel/clock.js';
import { readStates, writeState } from '../storage/followup-state.js';
import { movePatientKeys } from '../storage/patient-merge.js';
import type { Queryable } from '../storage/pool.js';
import { moveRelations } from '../storage/relations.js';
import type { View, Work } from './commit-types.js';
import { mergeRecords } from './follow-up/merge-records.js';
import { readRecord, writeRecord } from './follow-up/patient-record.js';

export interface PatientMerge {
  readonly changes: readonly Change[];
  /** For `Work.conclude`: what only carries the patient's key moves with it. */
  readonly conclude: NonNullable<Work['conclude']>;
}

/** Statements about what was done then: they go on naming whom they named. */
const kept = new Set(['AuditEvent', 'Provenance']);

/**
 * The commit that merges `from` into `to` sets `Work.reaction` to `none`: nothing about the person has changed, so nothing is
 * judged anew.
 */
export async function mergePatients(from: Resource, to: Resource, view: View): Promise<PatientMerge> {
  const resources = (await view.naming(from.id!)).filter(
    (one) => !kept.has(one.resourceType) && !(one.resourceType === 'Patient' && one.id === to.id),
  );
  const name = `Patient/${from.id}`;
  const drafts = new Map<string, Draft>(
    resources.map((before) => [
      keyOf(key(before)),
      { before, after: rewriteReferences(before, (one) => (one === name ? `Patient/${to.id}` : undefined)) },
    ]),
  );
  await joinAlerts(from, to, drafts, view);
  const also = resources.flatMap((one) => binariesOf(one));
  return {
    changes: [
      // The number is free before the other takes it.
      changeOf({ before: from, after: retired(from, to) }),
      changeOf({ before: to, after: survivor(from, to) }),
      ...[...drafts.values()].filter(({ before, after }) => before !== after).map(changeOf),
    ],
    conclude: (tx) => conclude(tx, { from: from.id!, to: to.id!, also }, view.now),
  };
}

interface Draft {
  readonly before: Resource;
  readonly after: Resource;
}

const key = ({ resourceType, id }: Resource): ResourceKey => ({ type: resourceType, id: id! });

function changeOf({ before, after }: Draft): Change {
  const version = versionOf(before);
  return { op: 'update', resource: after, by: 'module', ...(version !== undefined && { ifMatch: version }) };
}

interface Link {
  readonly other: Reference;
  readonly type: string;
}
const linked = (patient: Resource, link: Link): readonly Link[] => [
  ...many<Link>(patient.link).filter(({ other }) => other.reference !== link.other.reference),
  link,
];

const retired = (from: Resource, to: Resource): Resource => ({
  ...from,
  active: false,
  link: linked(from, { other: { reference: `Patient/${to.id}` }, type: 'replaced-by' }),
});

/** The numbers of the other still lead here: messages may name them for a long time. */
function survivor(from: Resource, to: Resource): Resource {
  const own = many<Identifier>(to.identifier);
  const taken = many<Identifier>(from.identifier)
    .filter((one) => !own.some(({ system, value }) => system === one.system && value === one.value))
    .map((one) =>
      one.system !== undefined && isIdentityNumberSystem(one.system) ? { ...one, use: 'secondary' } : one,
    );
  return {
    ...to,
    identifier: [...own, ...taken],
    link: linked(to, { other: { reference: `Patient/${from.id}` }, type: 'replaces' }),
  };
}

/**
 * One open alert per patient and rule (decision 5): where both have one, the worse stays and gets the evidence of the other,
 * which ends with a note that says where it went.
 */
async function joinAlerts(from: Resource, to: Resource, drafts: Map<string, Draft>, view: View): Promise<void> {
  const open = (patient: Resource): Promise<readonly Resource[]> =>
    view.search('DetectedIssue', `patient=Patient/${patient.id}&status=preliminary`);
  const own = await open(to);
  for (const other of await open(from)) {
    const rule = alertOf(other)?.rule;
    const same = rule === undefined ? undefined : own.find((one) => alertOf(one)?.rule === rule);
    if (same === undefined) continue;
    const worse = rankOf(colourOf(other) ?? 'grey') > rankOf(colourOf(same) ?? 'grey');
    const [stays, goes] = worse ? [other, same] : [same, other];
    const draft = (resource: Resource): Draft =>
      drafts.get(keyOf(key(resource))) ?? { before: resource, after: resource };
    const change = (resource: Resource, set: Readonly<Record<string, unknown>>): void => {
      const { before, after } = draft(resource);
      drafts.set(keyOf(key(resource)), { before, after: { ...after, ...set } });
    };
    const note = `Pasientene er slått sammen; varselet går videre i DetectedIssue/${stays.id}.`;
    change(stays, { implicated: [...many(stays.implicated), ...many(goes.implicated)] });
    change(goes, { status: 'final', mitigation: [...many(goes.mitigation), mitigation(note, view.now)] });
    const tasks = await view.search('Task', `focus=DetectedIssue/${goes.id}`);
    for (const task of tasks.filter(
      ({ status }) => !['completed', 'cancelled', 'entered-in-error'].includes(String(status)),
    ))
      change(task, {
        status: 'completed',
        lastModified: instant(view.now),
        note: [...many(task.note), annotation(note, view.now)],
      });
  }
}

async function conclude(
  tx: Queryable,
  merge: { readonly from: string; readonly to: string; readonly also: readonly ResourceKey[] },
  now: number,
): Promise<void> {
  const keys = await movePatientKeys(tx, merge);
  await moveRelations(tx, keys.from, keys.to);
  await moveState(tx, keys, now);
}

/** The engine goes on with one state, as if it had always been this patient's. */
async function moveState(
  tx: Queryable,
  { from, to }: { readonly from: number; readonly to: number },
  now: number,
): Promise<void> {
  const states = await readStates(tx, [from, to]);
  const [old, own] = [states.get(from), states.get(to)];
  if (old === undefined) return;
  const record = own === undefined ? readRecord(old.state) : mergeRecords(readRecord(old.state), readRecord(own.state));
  const times = [old.nextAt, own?.nextAt].filter((time) => time !== undefined);
  const { rows } = await tx.query<{ controller: number }>('select controller from followup_state where patient = $1', [
    from,
  ]);
  await writeState(
    tx,
    { patient: to, state: writeRecord(record), ...(times.length > 0 && { nextAt: Math.min(...times) }) },
    rows[0]!.controller,
    now,
  );
  await tx.query('delete from followup_state where patient = $1', [from]);
}
