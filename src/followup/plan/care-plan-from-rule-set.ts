/** RuleSet → CarePlan (egenbehandlingsplan). https://hl7.org/fhir/R4/careplan.html */
import type { Resource } from '../../fhir/resource.js';
import type { PlanStatus, Rule, RuleSet, Schedule } from '../ruleset/grammar.js';
import type { Concept, Extension, Reference } from '../vocabulary/element.js';
import { canonicalBase, identifierSystem, structure, system } from '../vocabulary/systems.js';
import {
  approvalExtension,
  calendarCodec,
  calendarUrl,
  escalationCodec,
  escalationUrl,
  headCodec,
  mergeCodec,
  mergeUrl,
  ruleSetUrl,
  zoneExtensions,
} from './frame-codec.js';
import { measureConcept, measureExtensions } from './measure-codec.js';
import { ruleExtension } from './rule-codec.js';
import { scheduleParts } from './schedule-codec.js';

export const activityUrl = structure('dho-activity');

/** What a CarePlan holds beside its rules. */
export interface PlanFrame {
  readonly id?: string;
  /** Default: `RuleSet.patient` as a literal reference. */
  readonly subject?: Reference | undefined;
  readonly title?: string | undefined;
  readonly author?: Reference | undefined;
  readonly contributor?: readonly Reference[];
  readonly careTeam?: readonly Reference[];
  /** The plan in force that this draft revises. */
  readonly replaces?: Reference | undefined;
  readonly created?: string | undefined;
  readonly addresses?: readonly Reference[];
  /** Canonical of a questionnaire by the name the rules use; default `http://hjemmebro.no/fhir/Questionnaire/<name>`. */
  readonly questionnaires?: Readonly<Record<string, string>>;
}

const planStatus: Record<PlanStatus, string> = {
  draft: 'draft',
  'in-review': 'draft',
  approved: 'active',
  interim: 'active',
  retired: 'completed',
};

/** Lossless: `ruleSetFromCarePlan` gives the same rule set back. A rule set without status becomes a draft. */
export function carePlanFromRuleSet(ruleSet: RuleSet, frame: PlanFrame = {}): Resource {
  const optional = {
    replaces: frame.replaces === undefined ? undefined : [frame.replaces],
    title: frame.title,
    created: frame.created,
    author: frame.author,
    contributor: frame.contributor,
    careTeam: frame.careTeam,
    addresses: frame.addresses,
    instantiatesCanonical:
      ruleSet.templates === undefined || ruleSet.templates.length === 0
        ? undefined
        : ruleSet.templates.map(templateCanonical),
    identifier: ruleSet.id === undefined ? undefined : [{ system: identifierSystem.ruleSet, value: ruleSet.id }],
  };
  const activity = activitiesOf(ruleSet, frame);
  const plan: Resource = {
    resourceType: 'CarePlan',
    ...(frame.id === undefined ? {} : { id: frame.id }),
    meta: { profile: [structure('dho-careplan')] },
    extension: planExtensions(ruleSet),
    status: planStatus[ruleSet.status ?? 'draft'],
    intent: 'plan',
    category: [{ coding: [{ system: system.vkpPlanCategory, code: '2', display: 'Egenbehandlingsplan' }] }],
    subject: frame.subject ?? { reference: ruleSet.patient ?? '' },
    ...(activity.length === 0 ? {} : { activity }),
  };
  for (const [name, value] of Object.entries(optional)) if (value !== undefined) plan[name] = value;
  return plan;
}

/** `kols@1.0` → canonical of the template. */
export function templateCanonical(template: string): string {
  const [name = '', version] = template.split('@');
  return `${canonicalBase}/PlanDefinition/${encodeURIComponent(name)}${version === undefined ? '' : `|${version}`}`;
}

export function planExtensions(ruleSet: RuleSet): Extension[] {
  const { ruleSetVersion, version, timezone, templates, fatalDeviceStatus, safetyNet, news2 } = ruleSet;
  const head = { ruleSetVersion, version, timezone, templates, fatalDeviceStatus, safetyNet, news2 };
  return [
    ...headCodec.write(
      { ...head, ...(ruleSet.status === 'in-review' ? { state: 'in-review' } : {}) } as never,
      ruleSetUrl,
    ),
    ...zoneExtensions(ruleSet.ebp),
    ...(ruleSet.serviceCalendar === undefined ? [] : calendarCodec.write(ruleSet.serviceCalendar, calendarUrl)),
    ...(ruleSet.merge === undefined ? [] : mergeCodec.write(ruleSet.merge, mergeUrl)),
    ...ruleSet.escalations.flatMap((one) => escalationCodec.write(one, escalationUrl)),
    ...ruleSet.rules.flatMap((rule, order) =>
      keyOfRule(rule, ruleSet) === undefined ? [ruleExtension(rule, order, ruleSet.measures)] : [],
    ),
    ...(ruleSet.approval === undefined ? [] : [approvalExtension(ruleSet.approval)]),
  ];
}

/** The activity a rule is bound to: its measure or form; undefined for rules across measures. */
function keyOfRule(rule: Rule, ruleSet: RuleSet): string | undefined {
  if ('questionnaire' in rule)
    return Object.hasOwn(ruleSet.measures, rule.questionnaire) ? undefined : rule.questionnaire;
  return 'measure' in rule && Object.hasOwn(ruleSet.measures, rule.measure) ? rule.measure : undefined;
}

export interface Activity {
  detail: {
    extension: Extension[];
    code: Concept;
    status: string;
    instantiatesCanonical?: string[];
    scheduledTiming?: object;
  };
}

/** One activity per measure, form and task; a second schedule of the same thing has an activity of its own. */
export function activitiesOf(ruleSet: RuleSet, frame: PlanFrame): Activity[] {
  const forms = new Set(
    ruleSet.rules
      .flatMap((rule) => ('questionnaire' in rule ? [keyOfRule(rule, ruleSet) ?? ''] : []))
      .filter((key) => key !== ''),
  );
  const schedules = ruleSet.schedules.map((schedule, order) => ({ schedule, order }));
  const keys = [
    ...new Set([...Object.keys(ruleSet.measures), ...forms, ...schedules.map(({ schedule }) => schedule.for)]),
  ];
  return keys.flatMap((key) => {
    const mine = schedules.filter(({ schedule }) => schedule.for === key);
    const type = Object.hasOwn(ruleSet.measures, key)
      ? 'measure'
      : forms.has(key) || frame.questionnaires?.[key] !== undefined
        ? 'form'
        : 'task';
    const first = activity({ key, type, ruleSet, frame, scheduled: mine[0], whole: true });
    return [
      first,
      ...mine.slice(1).map((scheduled) => activity({ key, type, ruleSet, frame, scheduled, whole: false })),
    ];
  });
}

function activity(facts: {
  key: string;
  type: 'measure' | 'form' | 'task';
  ruleSet: RuleSet;
  frame: PlanFrame;
  scheduled: { schedule: Schedule; order: number } | undefined;
  whole: boolean;
}): Activity {
  const { key, type, ruleSet, frame, scheduled, whole } = facts;
  const measure = type === 'measure' ? ruleSet.measures[key] : undefined;
  const parts = scheduled === undefined ? undefined : scheduleParts(scheduled.schedule, scheduled.order);
  const rules = ruleSet.rules.flatMap((rule, order) =>
    keyOfRule(rule, ruleSet) === key ? [ruleExtension(rule, order, ruleSet.measures)] : [],
  );
  return {
    detail: {
      extension: [
        {
          url: activityUrl,
          extension: [
            { url: 'key', valueString: key },
            { url: 'type', valueCode: type },
          ],
        },
        ...(whole && measure !== undefined ? measureExtensions(measure) : []),
        ...(parts === undefined ? [] : [parts.extension]),
        ...(whole ? rules : []),
      ],
      ...(type === 'form'
        ? { instantiatesCanonical: [frame.questionnaires?.[key] ?? questionnaireCanonical(key)] }
        : {}),
      code: measure === undefined ? { text: scheduled?.schedule.title ?? key } : measureConcept(key, measure),
      status: scheduled === undefined ? 'not-started' : 'scheduled',
      ...(parts === undefined ? {} : { scheduledTiming: parts.scheduledTiming }),
    },
  };
}

export const questionnaireCanonical = (name: string): string =>
  `${canonicalBase}/Questionnaire/${encodeURIComponent(name)}`;
