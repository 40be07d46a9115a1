import type { ColourRange, Rule, RuleSet, ZoneColour } from '../ruleset/grammar.js';
import { expectedIn, weeksOf, windowsOf } from './expected-readings.js';
import { type Check, tablesOf } from './finding.js';

/** «Ring etter 3 gule» with rules that can find two in the window, or none: the call never comes. What is missed is not counted. */
export const checkEscalations: Check = (plan) =>
  plan.escalations.flatMap(({ id, colour, n, window }) => {
    const most = plan.rules.filter((rule) => gives(rule, colour, plan)).map((rule) => mostIn(rule, window, plan));
    const possible = most.reduce((sum, one) => sum + one, 0);
    if (possible >= n) return [];
    return [
      {
        severity: 'warning' as const,
        check: 'escalation-unattainable',
        place: { kind: 'escalation' as const, id },
        words: `The escalation ${id} waits for ${n} times ${colour} in ${window}; the plan's rules give at most ${possible}.`,
        values: { colour, window, needed: String(n), possible: String(possible) },
      },
    ];
  });

function gives(rule: Rule, colour: ZoneColour, plan: RuleSet): boolean {
  if (rule.signal === true) return false;
  if (rule.type === 'zone')
    return (
      (colour === 'red' || (rule.alertOn ?? ['yellow']).includes(colour)) &&
      tablesOf(plan).some(({ key, table }) => key === rule.measure && table.some(({ zone }) => zone === colour))
    );
  if ('zones' in rule && ((rule.zones ?? []) as readonly ColourRange[]).some((one) => one.colour === colour))
    return true;
  return 'colour' in rule && rule.colour === colour;
}

/** Each reading or form can be found once by a rule; without a schedule nobody knows how many come. */
function mostIn(rule: Rule, window: string, plan: RuleSet): number {
  if (rule.type === 'composite') return Number.POSITIVE_INFINITY;
  return countIn('measure' in rule ? rule.measure : rule.questionnaire, window, plan) ?? Number.POSITIVE_INFINITY;
}

function countIn(key: string, window: string, plan: RuleSet): number | undefined {
  const expected = expectedIn(plan, key, weeksOf(window));
  return expected === undefined
    ? undefined
    : windowsOf(expected, window).reduce((most, { first, last }) => Math.max(most, last - first + 1), 0);
}
