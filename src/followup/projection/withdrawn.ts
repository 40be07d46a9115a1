import type { CancelOp, Op } from '../engine/op.js';
import { many, type Reference } from '../vocabulary/element.js';
import type { OpenAlertPair } from './projection-context.js';

/** Alerts that only the projection knows: a reading without a usable time, and one that contradicts another. */
const projectedOnly = /^(technical-time|conflict):/;

/**
 * What the engine leaves unsaid of withdrawn readings. An alert of the projection's own ends with its last evidence, a
 * conflict with the reading that contradicted; of any other that stays open, the Task says that evidence is gone.
 *
 * @param sources references of what was withdrawn
 * @param said what the engine has said of it
 */
export function withdrawnOps(
  sources: readonly string[],
  said: readonly Op[],
  { openAlerts, now }: { readonly openAlerts: ReadonlyMap<string, OpenAlertPair>; readonly now: number },
): CancelOp[] {
  if (sources.length === 0) return [];
  const ended = new Set(said.flatMap((op) => (op.op === 'cancel' && op.ended ? [op.rule] : [])));
  return [...openAlerts].flatMap(([rule, { issue }]) => {
    const evidence = many<Reference>(issue.implicated).map((one) => one.reference ?? '');
    const gone = evidence.filter((one) => sources.includes(one));
    if (gone.length === 0 || ended.has(rule)) return [];
    const last = rule.startsWith('conflict:') ? gone.includes(evidence.at(-1)!) : gone.length === evidence.length;
    return [
      {
        op: 'cancel',
        rule,
        reason: 'evidence-withdrawn',
        ended: projectedOnly.test(rule) && last,
        t: now,
        received: now,
        evidence: gone,
        words: 'feilregistrert',
      },
    ];
  });
}
