import type { Rule, ZoneColour } from '../ruleset/grammar.js';
import { openAlert, raise } from './alerts.js';
import { rankOf } from './colour-rank.js';
import type { StepContext } from './context.js';
import { countOccurrence } from './escalation.js';
import type { Found, Outcome } from './rules/rule-case.js';
import { isBefore } from './series.js';
import type { Entry, Evidence, Form, Reading } from './state.js';

/** An entry under judgement: which series it is of and how it is named as evidence. */
export interface Subject<E extends Reading | Form> {
  readonly entry: E;
  /** entries of the series up to and with this one, since the last resumption */
  readonly history: readonly E[];
  readonly evidenceOf: (entry: Entry) => Evidence;
  /** whether this input brought the entry (and did not merely make it be judged again) */
  readonly isNew: boolean;
}

/** What was found in this step; composites look at it. */
export interface Hit {
  readonly rule: string;
  readonly entry: Entry;
  readonly evidence: Evidence;
}

/**
 * Makes of an outcome what the centre should see: an alert, nothing for a signal, `incomplete`, or the marker that the
 * patient is back in green. Each rule fires at most once per entry and colour.
 */
export function conclude<E extends Reading | Form>(
  ctx: StepContext,
  rule: Rule,
  judged: { readonly outcome: Outcome; readonly subject: Subject<E> },
): Hit | undefined {
  const { outcome, subject } = judged;
  if (outcome === undefined) return undefined;
  if (outcome === 'green') return markCleared(ctx, rule, subject);
  if ('missing' in outcome) {
    if (subject.isNew) {
      const words = `mangler svar: ${outcome.missing.join(', ')}`;
      ctx.say(
        { op: 'incomplete', rule: rule.id, missing: outcome.missing },
        { evidence: [subject.evidenceOf(subject.entry).source], words },
      );
    }
    return undefined;
  }
  return alerts(rule, outcome.colour) ? fire(ctx, rule, { found: outcome, subject }) : undefined;
}

/** Red is alerted whatever the rule says: nothing suppresses red. */
function alerts(rule: Rule, colour: ZoneColour): boolean {
  return colour === 'red' || (rule.alertOn ?? ['yellow']).includes(colour);
}

function fire<E extends Reading | Form>(
  ctx: StepContext,
  rule: Rule,
  { found, subject }: { found: Found; subject: Subject<E> },
): Hit | undefined {
  const { entry } = subject;
  const before = Object.hasOwn(entry.hits, rule.id) ? entry.hits[rule.id] : undefined;
  if (before !== undefined && rankOf(before) >= rankOf(found.colour)) return undefined;
  entry.hits[rule.id] = found.colour;
  const evidence = subject.evidenceOf(entry);
  if (rule.signal !== true) {
    const reason = { evidence: found.basis.map((part) => subject.evidenceOf(part).source), words: found.words };
    raise(ctx, { rule: rule.id, colour: found.colour, evidence, reason, note: ctx.note });
    countOccurrence(ctx, found.colour, { evidence, reason });
  }
  return { rule: rule.id, entry, evidence };
}

/** So many greens in a row after the last evidence: said once, and the alert stays open for a person. */
function markCleared<E extends Reading | Form>(
  ctx: StepContext,
  rule: Rule,
  { entry, history, evidenceOf }: Subject<E>,
): undefined {
  const wanted = rule.clear?.consecutiveGreen ?? (rule.type === 'zone' ? 2 : undefined);
  const alert = openAlert(ctx, rule.id);
  if (wanted === undefined || alert === undefined || alert.cleared === true) return undefined;
  const lastEvidence = Math.max(...alert.evidence.map(({ t }) => t));
  const keys = new Set(alert.evidence.map(({ key }) => key));
  const after = history.filter(
    (other) =>
      other.t >= lastEvidence && !keys.has(evidenceOf(other).key) && (other === entry || isBefore(other, entry)),
  );
  const last = after.slice(-wanted);
  if (last.length < wanted || !last.every((other) => isGreen(rule, other))) return undefined;
  alert.cleared = true;
  ctx.say(
    { op: 'cleared', rule: rule.id },
    { evidence: last.map((other) => evidenceOf(other).source), words: `${wanted} grønne på rad` },
  );
  return undefined;
}

function isGreen(rule: Rule, entry: Reading | Form): boolean {
  return rule.type === 'zone' ? 'zone' in entry && entry.zone === 'green' : !Object.hasOwn(entry.hits, rule.id);
}
