import type { Resource } from '../../fhir/resource.js';
import type { AlertColour } from '../ruleset/grammar.js';
import { colourText } from '../vocabulary/codes.js';
import { type Extension, extensionOf, extensionsOf, type Reference } from '../vocabulary/element.js';
import { structure, system } from '../vocabulary/systems.js';

export const alertUrl = structure('dho-alert');
export const colourUrl = structure('dho-colour');

/** Extension `dho-alert` of DetectedIssue and its Task: which rule of which plan found it. */
export interface AlertFacts {
  readonly rule: string;
  /** Version of the plan in force: `CarePlan/1/_history/3`. */
  readonly plan?: string | undefined;
  /** Number of evidences. */
  readonly count: number;
  /** The deadline as the engine names it: `ASAP`, `ASAP/legevakt`, a local time, `as-needed`. */
  readonly due?: string | undefined;
  /** `technical`, `impossible`, `unconfirmed`, `late`, `own-downtime` */
  readonly note?: string | undefined;
  /** Back in green, as often as the rule asks for: the marker for the person who closes it. */
  readonly cleared?: string | undefined;
  /** The closed alert of the same rule that came before. */
  readonly former?: Reference | undefined;
  /** The first yellow of the rule: a checklist goes with it. */
  readonly first?: boolean | undefined;
}

export function alertExtension(alert: AlertFacts): Extension {
  const { rule, plan, count, due, note, cleared, former, first } = alert;
  return {
    url: alertUrl,
    extension: [
      { url: 'rule', valueString: rule },
      ...(plan === undefined ? [] : [{ url: 'plan', valueReference: { reference: plan } }]),
      { url: 'count', valueInteger: count },
      ...(due === undefined ? [] : [{ url: 'due', valueString: due }]),
      ...(note === undefined ? [] : [{ url: 'note', valueCode: note }]),
      ...(cleared === undefined ? [] : [{ url: 'cleared', valueInstant: cleared }]),
      ...(former === undefined ? [] : [{ url: 'former', valueReference: former }]),
      ...(first === undefined ? [] : [{ url: 'first', valueBoolean: first }]),
    ],
  };
}

/** The rule and what goes with it; undefined where the resource is no alert of the module. */
export function alertOf(resource: Resource): AlertFacts | undefined {
  const found = extensionOf(resource, alertUrl);
  if (found === undefined) return undefined;
  const value = (name: string, element: string): unknown => extensionsOf(found, name)[0]?.[element];
  const rule = value('rule', 'valueString');
  if (typeof rule !== 'string') return undefined;
  return {
    rule,
    plan: (value('plan', 'valueReference') as Reference | undefined)?.reference,
    count: Number(value('count', 'valueInteger') ?? 1),
    due: value('due', 'valueString') as string | undefined,
    note: value('note', 'valueCode') as string | undefined,
    cleared: value('cleared', 'valueInstant') as string | undefined,
    former: value('former', 'valueReference') as Reference | undefined,
    first: value('first', 'valueBoolean') as boolean | undefined,
  };
}

export const colourExtension = (colour: AlertColour): Extension => ({
  url: colourUrl,
  valueCoding: { system: system.colour, code: colour, display: colourText[colour] },
});

export const colourOf = (resource: Resource): AlertColour | undefined =>
  (extensionOf(resource, colourUrl)?.valueCoding as { code?: AlertColour } | undefined)?.code;
