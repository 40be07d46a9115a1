import { rankOf } from '../engine/colour-rank.js';
import {
  type AnswerCountRule,
  type ColourRange,
  type CompositeRule,
  isComponentMeasure,
  type Rule,
  type RuleSet,
  type ZoneColour,
} from '../ruleset/grammar.js';
import { ExactDecimal } from '../units/exact-decimal.js';
import { decimalOf, inRange } from '../units/range.js';
import { type Check, type Finding, tablesOf } from './finding.js';

/** A rule, or one of its colours, that nothing can make come true: whoever wrote it trusts in what never comes. */
export const checkUnreachable: Check = (plan) => {
  const dead = new Set(
    plan.rules.filter((rule) => rule.type !== 'composite' && !canHit(rule, plan)).map(({ id }) => id),
  );
  for (let size = -1; size !== dead.size; ) {
    size = dead.size;
    for (const rule of plan.rules) if (rule.type === 'composite' && needsDead(rule, dead)) dead.add(rule.id);
  }
  return [
    ...plan.rules
      .filter((rule) => (dead.has(rule.id) && !isSaidElsewhere(rule, plan)) || isUnusedSignal(rule, plan))
      .map(
        (rule): Finding => ({
          severity: 'warning',
          check: 'rule-unreachable',
          place: { kind: 'rule', id: rule.id },
          words: isUnusedSignal(rule, plan)
            ? `The rule ${rule.id} is a signal that no other rule uses: it is never seen.`
            : `The rule ${rule.id} can never give an alert.`,
        }),
      ),
    ...plan.rules.flatMap(colours),
  ];
};

/** Red always alerts, other colours where `alertOn` has them (default yellow). */
const alerts = (rule: Rule, colour: ZoneColour): boolean =>
  colour === 'red' || (rule.alertOn ?? ['yellow']).includes(colour);

function canHit(rule: Rule, plan: RuleSet): boolean {
  return coloursOf(rule, plan).some((colour) => alerts(rule, colour));
}

function coloursOf(rule: Rule, plan: RuleSet): readonly ZoneColour[] {
  if (rule.type === 'zone') {
    if (plan.safetyNet === 'news2-3') return ['red'];
    return tablesOf(plan).flatMap(({ key, table }) => (key === rule.measure ? table.map(({ zone }) => zone) : []));
  }
  if ('zones' in rule && rule.zones !== undefined) return rule.zones.map(({ colour }) => colour);
  return 'colour' in rule && rule.colour !== undefined ? [rule.colour] : [];
}

const needsDead = ({ all }: CompositeRule, dead: ReadonlySet<string>): boolean => all.some((id) => dead.has(id));

const isUnusedSignal = ({ id, signal }: Rule, { rules }: RuleSet): boolean =>
  signal === true && !rules.some((other) => other.type === 'composite' && other.all.includes(id));

/** Of a measure that the plan lacks, or that is on schedule without any limits, is told already. */
function isSaidElsewhere(rule: Rule, plan: RuleSet): boolean {
  if (rule.type !== 'zone') return false;
  const measure = Object.hasOwn(plan.measures, rule.measure) ? plan.measures[rule.measure] : undefined;
  if (measure === undefined) return true;
  const parts = isComponentMeasure(measure) ? Object.values(measure.components) : [measure];
  const hasTable = parts.some(({ zones = [] }) => Object.keys(zones).length > 0);
  const others = plan.rules.some((one) => 'measure' in one && one.measure === rule.measure && one.type !== 'zone');
  return !hasTable && !others && plan.schedules.some((one) => one.for === rule.measure);
}

/** A colour whose values are all of a worse colour too, or more answers than there are questions. */
function colours(rule: Rule): Finding[] {
  if (!('zones' in rule) || rule.zones === undefined) return [];
  const zones: readonly ColourRange[] = rule.zones;
  const samples = samplesOf(rule.type === 'answerCount' ? rule : undefined, zones);
  const reached = (colour: ZoneColour): boolean =>
    samples.some(
      (value) =>
        zones.some((one) => one.colour === colour && inRange(value, one.when)) &&
        !zones.some((one) => rankOf(one.colour) > rankOf(colour) && inRange(value, one.when)),
    );
  return [...new Set(zones.map(({ colour }) => colour))]
    .filter((colour) => colour !== 'green' && !reached(colour))
    .map((colour) => ({
      severity: 'warning',
      check: 'colour-unreachable',
      place: { kind: 'rule', id: rule.id },
      words: `The rule ${rule.id} can never find ${colour}.`,
      values: { colour },
    }));
}

const tiny = new ExactDecimal('1e-9');

/** What a range holds changes only at the bounds. */
function samplesOf(count: AnswerCountRule | undefined, zones: readonly ColourRange[]): ExactDecimal[] {
  if (count !== undefined) return Array.from({ length: count.linkIds.length + 1 }, (_, n) => new ExactDecimal(n));
  return zones
    .flatMap(({ when }) => Object.values(when).map(decimalOf))
    .flatMap((bound) => [bound.minus(tiny), bound, bound.plus(tiny)]);
}
