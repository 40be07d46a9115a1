/** CarePlan → RuleSet. The engine takes nothing else for a plan; what it cannot read is refused, never guessed. */
import type { Resource } from '../../fhir/resource.js';
import type { Measure, PlanStatus, Rule, RuleSet, Schedule } from '../ruleset/grammar.js';
import { parseRuleSet } from '../ruleset/parse-rule-set.js';
import { asReference, type Extension, extensionOf, extensionsOf, identifierIn, many } from '../vocabulary/element.js';
import { identifierSystem } from '../vocabulary/systems.js';
import { activityUrl } from './care-plan-from-rule-set.js';
import { member, text } from './extension-codec.js';
import {
  approvalOf,
  calendarCodec,
  calendarUrl,
  escalationCodec,
  escalationUrl,
  headCodec,
  mergeCodec,
  mergeUrl,
  ruleSetUrl,
  zonesOf,
} from './frame-codec.js';
import { measureOf } from './measure-codec.js';
import { ruleOf, ruleUrl } from './rule-codec.js';
import { scheduleOf } from './schedule-codec.js';

/**
 * `status` is `approved` or `interim` only for an `active` plan with `dho-approval`; an `active` plan without one reads as
 * `draft` and is never monitored.
 *
 * @throws Failure `unprocessable` for an extension that does not hold what its profile says, `invalid` where the rules do
 *   not fit together
 */
export function ruleSetFromCarePlan(plan: Resource): RuleSet {
  const id = identifierIn(plan, identifierSystem.ruleSet);
  const patient = asReference(plan.subject)?.reference;
  return ruleSetOf(
    plan,
    many<{ detail?: unknown }>(plan.activity).map((one) => one.detail),
    {
      ...(id === undefined ? {} : { id }),
      ...(patient === undefined ? {} : { patient }),
      status: statusOf(plan),
    },
  );
}

/** The same from any resource with the plan's extensions and a list of activities (CarePlan, PlanDefinition). */
export function ruleSetOf(owner: Resource, details: readonly unknown[], frame: Partial<RuleSet>): RuleSet {
  const activities = details.flatMap((detail) => {
    const found = extensionOf(detail, activityUrl);
    const key = found === undefined ? undefined : member(found, 'key', text);
    return key === undefined ? [] : [{ key, detail }];
  });
  const measures: Readonly<Record<string, Measure>> = Object.fromEntries(
    activities.flatMap(({ key, detail }) => {
      const measure = measureOf(detail);
      return measure === undefined ? [] : [[key, measure] as const];
    }),
  );
  const ruleExtensions: Extension[] = [owner, ...activities.map((one) => one.detail)].flatMap((one) => [
    ...extensionsOf(one, ruleUrl),
  ]);
  const rules: Rule[] = inOrder(ruleExtensions.map((one) => ruleOf(one, measures))).map((one) => one.rule);
  const schedules: Schedule[] = inOrder(activities.flatMap(({ key, detail }) => scheduleOf(detail, key) ?? [])).map(
    (one) => one.schedule,
  );
  return parseRuleSet({ ...frame, ...headOf(owner), measures, rules, schedules });
}

function headOf(owner: Resource): object {
  const parts = <T>(url: string, read: (found: Extension) => T): T | undefined => {
    const found = extensionOf(owner, url);
    return found === undefined ? undefined : read(found);
  };
  const { state: _, ...head } = parts(ruleSetUrl, (found) => headCodec.read([found])) ?? {};
  const optional = {
    serviceCalendar: parts(calendarUrl, (found) => calendarCodec.read([found])),
    merge: parts(mergeUrl, (found) => mergeCodec.read([found])),
    ebp: zonesOf(owner),
    approval: approvalOf(owner),
  };
  return {
    ...head,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    escalations: extensionsOf(owner, escalationUrl).map((found) => escalationCodec.read([found])),
  };
}

function statusOf(plan: Resource): PlanStatus {
  if (plan.status === 'active') {
    const approval = approvalOf(plan);
    if (approval === undefined) return 'draft';
    return approval.state === 'interim' ? 'interim' : 'approved';
  }
  if (plan.status !== 'draft') return 'retired';
  const head = extensionOf(plan, ruleSetUrl);
  return head !== undefined && headCodec.read([head]).state === 'in-review' ? 'in-review' : 'draft';
}

const inOrder = <T extends { order: number }>(all: readonly T[]): T[] => [...all].sort((a, b) => a.order - b.order);
