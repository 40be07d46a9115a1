import { moved, windowStart } from '../calendar/elapsed.js';
import type { CompositeRule } from '../ruleset/grammar.js';
import { raise } from './alerts.js';
import type { StepContext } from './context.js';
import { countOccurrence } from './escalation.js';
import type { Hit } from './findings.js';
import { planAt } from './plan-versions.js';
import type { Entry, Evidence } from './state.js';
import { formEvidence, readingEvidence } from './words.js';

/** Where and when a member was found. */
interface MemberHit {
  readonly entry: Entry;
  readonly evidence: Evidence;
}

/**
 * After the rules: which composites are complete through what this input found? All members, signals or alerts, within
 * one span of time; it fires in the entry that was found now. Composites of composites follow until nothing is new.
 */
export function judgeComposites(ctx: StepContext, hits: readonly Hit[]): void {
  let found = hits;
  while (found.length > 0) {
    const complete = found.flatMap((hit) => compositesWith(ctx, hit)).sort((a, b) => a.place - b.place);
    found = complete.flatMap(({ composite, hit }) => fire(ctx, composite, hit) ?? []);
  }
}

interface Candidate {
  readonly composite: CompositeRule;
  readonly hit: Hit;
  /** in the plan */
  readonly place: number;
}

function compositesWith(ctx: StepContext, hit: Hit): Candidate[] {
  const rules = planAt(ctx.draft, hit.entry.t)?.rules ?? [];
  return rules.flatMap((rule, place) =>
    rule.type === 'composite' && rule.all.includes(hit.rule) ? [{ composite: rule, hit, place }] : [],
  );
}

function fire(ctx: StepContext, composite: CompositeRule, hit: Hit): Hit | undefined {
  if (Object.hasOwn(hit.entry.hits, composite.id)) return undefined;
  const basis = spanWith(ctx, composite, hit);
  if (basis === undefined) return undefined;
  hit.entry.hits[composite.id] = composite.colour;
  if (composite.signal !== true) {
    const words = composite.all.join(' + ');
    const reason = {
      evidence: [...new Set(basis.map(({ evidence }) => evidence.source))],
      words: composite.title ?? words,
    };
    raise(ctx, { rule: composite.id, colour: composite.colour, evidence: hit.evidence, reason, note: ctx.note });
    countOccurrence(ctx, composite.colour, { evidence: hit.evidence, reason });
  }
  return { rule: composite.id, entry: hit.entry, evidence: hit.evidence };
}

/** The members' hits in a span that contains this one: ending with it or, where it came late, with a later hit. */
function spanWith(ctx: StepContext, { all, within }: CompositeRule, hit: Hit): MemberHit[] | undefined {
  const zone = ctx.zone;
  const range = { from: windowStart(hit.entry.t, within, zone), to: moved(hit.entry.t, within, { zone }) };
  const members = all.map((rule) =>
    rule === hit.rule ? [{ entry: hit.entry, evidence: hit.evidence }] : hitsOf(ctx, rule, range),
  );
  const ends = [...new Set(members.flat().map(({ entry }) => entry.t))]
    .filter((end) => end >= hit.entry.t)
    .sort((a, b) => a - b);
  for (const end of ends) {
    const from = windowStart(end, within, zone);
    const last = members.map((found) => found.findLast(({ entry }) => entry.t >= from && entry.t <= end));
    const basis = last.filter((found) => found !== undefined);
    if (basis.length === all.length) return basis.sort((a, b) => a.entry.t - b.entry.t);
  }
  return undefined;
}

function hitsOf(
  ctx: StepContext,
  rule: string,
  { from, to }: { readonly from: number; readonly to: number },
): MemberHit[] {
  const inSpan = (entry: Entry): boolean =>
    entry.withdrawn !== true && entry.t >= from && entry.t <= to && Object.hasOwn(entry.hits, rule);
  const { readings, forms } = ctx.draft;
  const found = [
    ...Object.entries(readings).flatMap(([key, series]) => {
      ctx.budget.spend(series.length);
      return series.filter(inSpan).map((entry) => ({ entry, evidence: readingEvidence(key, entry, ctx.zone) }));
    }),
    ...Object.entries(forms).flatMap(([key, series]) => {
      ctx.budget.spend(series.length);
      return series.filter(inSpan).map((entry) => ({ entry, evidence: formEvidence(key, entry, ctx.zone) }));
    }),
  ];
  return found.sort((a, b) => a.entry.t - b.entry.t);
}
