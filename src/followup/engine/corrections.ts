import { endAlert, countOf } from './alerts.js';
import type { StepContext } from './context.js';
import { uncount } from './escalation.js';
import type { CorrectInput } from './input.js';
import type { Entry } from './state.js';

/**
 * Something was entered in error: it is ignored from then on. Alerts whose only evidence it was are cancelled, others
 * count one less; a colour never goes down. What has not come yet is ignored when it comes.
 *
 * Where the resource is told, what came from it is meant and nothing else of the same identifier: of a reading that was
 * sent twice, withdrawing the second leaves the first.
 */
export function correct(ctx: StepContext, { identifier, resource, t }: CorrectInput): void {
  const entry = entryOf(ctx, resource === undefined ? byIdentifier(identifier) : bySource(resource));
  if (entry === undefined) {
    if (resource === undefined) ctx.draft.awaited[identifier] = t;
    return;
  }
  if (entry.withdrawn === true) return;
  entry.withdrawn = true;
  const key = `e${entry.id}`;
  uncount(ctx, key);
  for (const alert of ctx.draft.alerts) {
    const evidence = alert.evidence.find((other) => other.key === key);
    if (evidence === undefined) continue;
    alert.evidence = alert.evidence.filter((other) => other !== evidence);
    if (countOf(alert) > 0) continue;
    endAlert(ctx, alert.rule);
    ctx.say(
      { op: 'cancel', rule: alert.rule, reason: 'evidence-withdrawn', ended: true },
      { evidence: [evidence.source], words: 'feilregistrert' },
    );
  }
}

const byIdentifier =
  (identifier: string) =>
  (entry: Entry): boolean =>
    entry.identifier === identifier;
const bySource =
  (source: string) =>
  (entry: Entry): boolean =>
    entry.source === source && entry.withdrawn !== true;

/** The first such entry, in a series that may be written to. */
function entryOf(ctx: StepContext, isIt: (entry: Entry) => boolean): Entry | undefined {
  const { readings, forms } = ctx.draft;
  const reading = Object.keys(readings).find((key) => readings[key]?.some(isIt));
  if (reading !== undefined) return ctx.ownReadings(reading).find(isIt);
  const form = Object.keys(forms).find((key) => forms[key]?.some(isIt));
  return form === undefined ? undefined : ctx.ownForms(form).find(isIt);
}
