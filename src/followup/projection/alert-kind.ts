import type { Rule, RuleSet } from '../ruleset/grammar.js';
import { type AlertKind, alertKind, vkpAlertCode, vkpAlertDefault } from '../vocabulary/codes.js';
import type { Concept } from '../vocabulary/element.js';
import { system } from '../vocabulary/systems.js';

const byRuleType: Record<Rule['type'], AlertKind> = {
  zone: 'measurement-deviation',
  delta: 'trend',
  duration: 'duration',
  aggregate: 'mean',
  answer: 'form-answer',
  answerCount: 'form-answer',
  score: 'form-score',
  scoreDelta: 'form-score',
  composite: 'composite',
};
const byTechnicalNote: Readonly<Record<string, AlertKind>> = {
  impossible: 'technical-implausible',
  unconfirmed: 'technical-unconfirmed',
};
const byName: Readonly<Record<string, AlertKind>> = {
  grey: 'limits-missing',
  'engine-failed': 'engine-failed',
  'engine-down': 'engine-down',
  inactive: 'inactive',
};

/** Rule names of alerts: the rule's id, or `technical:<measure>`, `missing:<schedule>`, `message:<thread>`, `grey` … */
export function kindOf(rule: string, note: string | undefined, plan: RuleSet | undefined): AlertKind {
  const own = plan?.rules.find((one) => one.id === rule);
  if (own !== undefined) return byRuleType[own.type];
  const [family, ...rest] = rule.split(':');
  const name = rest.join(':');
  switch (family) {
    case 'technical':
      return byTechnicalNote[note ?? ''] ?? 'technical-device';
    case 'technical-time':
      return 'technical-time';
    case 'conflict':
      return 'technical-conflict';
    case 'message':
      return 'message';
    case 'missing':
      return missingKind(name, plan);
    default:
      return byName[rule] ?? 'measurement-deviation';
  }
}

function missingKind(schedule: string, plan: RuleSet | undefined): AlertKind {
  const what = plan?.schedules.find((one) => one.id === schedule)?.for;
  if (what === undefined || plan === undefined) return 'missing-measurement';
  if (Object.hasOwn(plan.measures, what)) return 'missing-measurement';
  const isForm = plan.rules.some((one) => 'questionnaire' in one && one.questionnaire === what);
  return isForm ? 'missing-form' : 'missing-task';
}

/** DetectedIssue.code: VKP's alert code (required there) and our own kind; the text is what a person reads. */
export function kindConcept(kind: AlertKind, text: string): Concept {
  const vkp = vkpAlertCode[kind] ?? vkpAlertDefault;
  return {
    coding: [
      { system: system.vkpAlert, ...vkp },
      { system: system.alertKind, code: kind, display: alertKind[kind] },
    ],
    text: text === '' ? alertKind[kind] : text,
  };
}
