/**
 * `PlanDefinition/$apply`: one template, or several for a patient with several diagnoses → a draft CarePlan.
 * https://hl7.org/fhir/R4/plandefinition-operation-apply.html
 */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import type { Ids } from '../../kernel/ids.js';
import { instant } from '../../kernel/clock.js';
import type { RuleSet, ServiceCalendar } from '../ruleset/grammar.js';
import { annotation } from '../vocabulary/annotation.js';
import { type Extension, extensionOf, extensionsOf, many, type Reference } from '../vocabulary/element.js';
import { structure } from '../vocabulary/systems.js';
import { activityUrl, carePlanFromRuleSet } from './care-plan-from-rule-set.js';
import { code, member, text } from './extension-codec.js';
import { mergeRuleSets } from './merge-rule-sets.js';
import { ruleSetOf } from './rule-set-from-care-plan.js';
import { type Difference, disagreementExtension, templateDifferences } from './template-differences.js';

export const variantUrl = structure('dho-variant');

export interface Application {
  /** PlanDefinitions, the most important diagnosis first. */
  readonly templates: readonly Resource[];
  /** Variants that apply, such as `kols-o2`. */
  readonly variants?: readonly string[];
  /** As stored in the plan: literal, with the identifier where the caller named the patient so. */
  readonly subject: Reference;
  readonly author?: Reference | undefined;
  readonly careTeam?: readonly Reference[];
  /** First day of the schedules, `YYYY-MM-DD`. */
  readonly start: string;
  /** The centre's opening hours; default the templates'. */
  readonly serviceCalendar?: ServiceCalendar | undefined;
  /** The plan in force that the draft revises. */
  readonly replaces?: Reference | undefined;
  readonly now: number;
  readonly ids: Ids;
}

/** → the create of the draft; its resource has an id. */
export function applyPlanDefinition(application: Application): Change | Failure {
  const { templates, variants = [], start } = application;
  const unknown = variants.filter((name) => !templates.some((one) => variantsOf(one).includes(name)));
  if (templates.length === 0 || unknown.length > 0) {
    const what =
      templates.length === 0 ? 'Name at least one template.' : `No template has the variant ${unknown.join(', ')}.`;
    return new Failure('unprocessable', what, { expression: 'Parameters.parameter' });
  }
  try {
    const read = templates.map((template) => ({ template, ruleSet: ruleSetFromTemplate(template, variants) }));
    const merged = mergeRuleSets(read.map(({ template, ruleSet }) => ({ name: nameOf(template), ruleSet })));
    const differences = templateDifferences(
      read.map(({ template, ruleSet }) => ({ name: versioned(template), ruleSet })),
    );
    const ruleSet: RuleSet = {
      ...merged,
      status: 'draft',
      version: 1,
      templates: templates.map(versioned),
      schedules: merged.schedules.map((schedule) => ({ ...schedule, start })),
      ...(application.serviceCalendar === undefined ? {} : { serviceCalendar: application.serviceCalendar }),
    };
    return {
      op: 'create',
      managed: true,
      by: 'module',
      resource: withDifferences(draftOf(ruleSet, application), differences, application.now),
    };
  } catch (error) {
    if (error instanceof Failure) return new Failure('unprocessable', error.issues, { cause: error });
    throw error;
  }
}

function draftOf(ruleSet: RuleSet, application: Application): Resource {
  const { templates, subject, author, careTeam, replaces, now, ids } = application;
  return carePlanFromRuleSet(ruleSet, {
    id: ids.next(),
    subject,
    title: `Egenbehandlingsplan: ${templates.map((one) => String(one.title ?? one.name ?? '')).join(', ')}`,
    author,
    ...(careTeam === undefined ? {} : { careTeam }),
    replaces,
    created: instant(now),
  });
}

/** Where the templates disagree is said in the draft: as data, and in a note for people. */
function withDifferences(draft: Resource, differences: readonly Difference[], now: number): Resource {
  if (differences.length === 0) return draft;
  const text = `Malene er uenige om dette; se på det før planen godkjennes:\n${differences.map(({ words }) => `- ${words}`).join('\n')}`;
  return {
    ...draft,
    extension: [...many<Extension>(draft.extension), ...differences.map(disagreementExtension)],
    note: [annotation(text, now)],
  };
}

const versioned = (template: Resource): string => `${nameOf(template)}@${String(template.version ?? '1')}`;

/** The last part of the template's canonical: `kols`. */
const nameOf = (template: Resource): string =>
  String(template.url ?? template.id ?? '')
    .split('/')
    .at(-1)!;

interface Action {
  extension?: Extension[];
  code?: unknown[];
  definitionCanonical?: string;
  timingTiming?: object;
}

/**
 * The rules of a template. Its actions carry the same extensions as a plan's activities; an action of a variant
 * (`dho-variant`) stands in for the ordinary action of the same key where the variant is chosen, and is left out elsewhere.
 */
export function ruleSetFromTemplate(template: Resource, variants: readonly string[] = []): RuleSet {
  const actions = many<Action>(template.action);
  const chosen = actions.filter((action) => isChosen(action, variants));
  const replaced = new Set(chosen.map(keyOf));
  const kept = actions.filter(
    (action) => chosen.includes(action) || (variantOf(action) === undefined && !replaced.has(keyOf(action))),
  );
  const details = kept.map(({ extension, timingTiming }) => ({
    extension,
    ...(timingTiming === undefined ? {} : { scheduledTiming: timingTiming }),
  }));
  return ruleSetOf(template, details, {});
}

const variantOf = (action: Action): string | undefined => {
  const found = extensionOf(action, variantUrl);
  return found === undefined ? undefined : member(found, 'code', code());
};
const isChosen = (action: Action, variants: readonly string[]): boolean => {
  const variant = variantOf(action);
  return variant !== undefined && variants.includes(variant);
};
const keyOf = (action: Action): string | undefined => {
  const found = extensionOf(action, activityUrl);
  return found === undefined ? undefined : member(found, 'key', text);
};
const variantsOf = (template: Resource): string[] =>
  many<Action>(template.action).flatMap((action) =>
    extensionsOf(action, variantUrl).flatMap((one) => member(one, 'code', code()) ?? []),
  );
