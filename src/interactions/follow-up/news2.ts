import type { Change } from '../../fhir/change.js';
import { keyOf } from '../../fhir/resource.js';
import type { Input } from '../../followup/engine/input.js';
import { inputsFor } from '../../followup/intake/inputs-for.js';
import {
  deriveNews2,
  news2Code,
  news2LeastAge,
  withoutSource,
  withReadings,
} from '../../followup/news2/derive-news2.js';
import { parameterReadings } from '../../followup/news2/parameter-readings.js';
import { sameJson } from '../../followup/vocabulary/same-json.js';
import { created, updated } from '../../followup/vocabulary/module-change.js';
import { identityOf } from '../../followup/intake/observation.js';
import type { Ids } from '../../kernel/ids.js';
import type { View } from '../commit-types.js';
import type { Patient } from './concerned-patients.js';
import { type PatientRecord, planOf } from './patient-record.js';

/** Scores to write and to withdraw, and what the engine takes of them. */
export interface News2Reaction {
  readonly changes: readonly Change[];
  readonly inputs: readonly Input[];
}

const day = 86_400_000;

/**
 * NEWS2 of a patient whose readings change: a new derived Observation when the seven parameters make a complete set, and
 * the end of those that rest on a withdrawn reading. The plan's measure of that code, where it has one, is fed with it.
 */
export async function scoreNews2(
  patient: Patient,
  record: PatientRecord,
  { view, now, ids }: { readonly view: View; readonly now: number; readonly ids: Ids },
): Promise<News2Reaction> {
  const plan = planOf(record);
  const zone = plan?.timezone ?? 'Europe/Oslo';
  const before = record.news2 ?? {};
  let known = before;
  const withdrawn: string[] = [];
  for (const event of patient.events) {
    if (event.after?.resourceType !== 'Observation' && event.before?.resourceType !== 'Observation') continue;
    const facts = {
      source: event.source,
      received: event.received,
      zone,
      fatalDeviceStatus: plan?.fatalDeviceStatus ?? [],
    };
    const was = event.was && event.before !== undefined ? parameterReadings(event.before, facts) : {};
    const is = event.is && event.after !== undefined ? parameterReadings(event.after, facts) : {};
    if (sameJson(was, is)) continue;
    if (Object.keys(was).length > 0) {
      withdrawn.push(event.source);
      known = withoutSource(known, event.source);
    }
    known = withReadings(known, is);
  }
  if (withdrawn.length === 0 && sameJson(known, before)) return { changes: [], inputs: [] };
  record.news2 = known;
  const ended = await endScores(withdrawn, { view, now });
  const score = deriveNews2({
    readings: known,
    scale: plan?.news2 ?? 'scale-1',
    patient: { reference: `Patient/${patient.id}` },
    ids,
  });
  if (score === undefined || sameJson(known, before) || !(await isOldEnough(patient, { view, now }))) return ended;
  const measured = plan?.measures ?? {};
  const feeds = Object.values(measured).some((one) => one.code?.includes(`sct|${news2Code}`) === true);
  const intake = inputsFor({ op: 'create', resource: score }, undefined, {
    plan,
    source: keyOf({ type: 'Observation', id: score.id! }),
    received: now,
  });
  return {
    changes: [...ended.changes, created(score)],
    inputs: [...ended.inputs, ...(feeds ? intake.after : [])],
  };
}

/** What rests on a reading that is withdrawn is withdrawn with it. */
async function endScores(
  sources: readonly string[],
  { view, now }: { readonly view: View; readonly now: number },
): Promise<News2Reaction> {
  const changes: Change[] = [];
  const inputs: Input[] = [];
  const seen = new Set<string>();
  for (const source of sources) {
    const found = await view.search(
      'Observation',
      `derived-from=${source}&status=final&code=http://snomed.info/sct|${news2Code}`,
    );
    for (const score of found) {
      const own = `Observation/${score.id}`;
      if (seen.has(own)) continue;
      seen.add(own);
      changes.push(updated(score, { status: 'entered-in-error' }));
      inputs.push({
        type: 'correct',
        t: now,
        source: own,
        resource: own,
        identifier: identityOf(score) ?? own,
        status: 'entered-in-error',
      });
    }
  }
  return { changes, inputs };
}

/** Unknown age counts as grown up: most Patients of the service are. */
async function isOldEnough(
  patient: Patient,
  { view, now }: { readonly view: View; readonly now: number },
): Promise<boolean> {
  const born = Date.parse(String((await view.read({ type: 'Patient', id: patient.id }))?.['birthDate'] ?? ''));
  return Number.isNaN(born) || now - born >= news2LeastAge * 365.25 * day;
}
