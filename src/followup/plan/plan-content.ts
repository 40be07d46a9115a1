/** What a CarePlan says, read from its extensions. Not checked yet: `rule-set-from-care-plan.ts` does that. Needs no package, so pages can show it. */
import type { Resource } from '../../fhir/resource.js';
import type { Measure, PlanStatus, Rule, RuleSet, Schedule } from '../ruleset/grammar.js';
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

/** The frame of a plan's rule set: its identity, its patient, and whether it is in force. */
export function frameOf(plan: Resource): Partial<RuleSet> {
  const id = identifierIn(plan, identifierSystem.ruleSet);
  const patient = asReference(plan.subject)?.reference;
  return {
    ...(id === undefined ? {} : { id }),
    ...(patient === undefined ? {} : { patient }),
    status: statusOf(plan),
  };
}

export const detailsOf = (plan: Resource): readonly unknown[] =>
  many<{ detail?: unknown }>(plan.activity).map((one) => one.detail);

/**
 * The rule set of a resource with the plan's extensions (CarePlan, PlanDefinition), as it is written there.
 *
 * @throws Failure `unprocessable` for an extension that does not hold what its profile says
 */
export function contentOf(owner: Resource, details: readonly unknown[], frame: Partial<RuleSet>): RuleSet {
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
  return { ...frame, ...headOf(owner), measures, rules, schedules } as RuleSet;
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
