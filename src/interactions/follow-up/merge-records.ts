import { rankOf } from '../../followup/engine/colour-rank.js';
import type { Alert } from '../../followup/engine/state.js';
import { type PatientRecord, planOf } from './patient-record.js';

/** Is somebody watched by this record? */
const watched = (record: PatientRecord): boolean => planOf(record) !== undefined && record.ended !== true;

/**
 * What the engine knows of two patients who are one person. The plan, readings and schedules are those of the one who is
 * monitored (of the one that is left, where both are: a person is told); the open alerts are those of both.
 *
 * @param to of the patient that is left
 */
export function mergeRecords(from: PatientRecord, to: PatientRecord): PatientRecord {
  const [kept, other] = watched(to) || !watched(from) ? [to, from] : [from, to];
  const alerts: Alert[] = [...kept.engine.alerts];
  for (const alert of other.engine.alerts) {
    // Its entries stay behind, so their names must not be taken for those of the kept record.
    const evidence = alert.evidence.map((one) => ({ ...one, key: `merged-${one.key}` }));
    const at = alerts.findIndex(({ rule }) => rule === alert.rule);
    const same = alerts[at];
    if (same === undefined) alerts.push({ ...alert, evidence });
    else
      alerts[at] = {
        ...same,
        colour: rankOf(alert.colour) > rankOf(same.colour) ? alert.colour : same.colour,
        evidence: [...same.evidence, ...evidence],
        earlier: same.earlier + alert.earlier,
      };
  }
  return { ...kept, engine: { ...kept.engine, alerts } };
}
