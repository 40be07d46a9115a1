import { isObject, type JsonObject, type Visit } from './visit.js';
import { quoted } from './wording.js';

/** Checks one value at the place where the visit stands. */
export type ValueCheck = (value: unknown, visit: Visit) => void;

/** What may stand under one JSON name of an object. */
export interface Field {
  /** Its step in a FHIRPath: `.code`, `.value.ofType(Quantity)`. */
  readonly step: string;
  check(value: unknown, parent: JsonObject, visit: Visit): void;
}

/** An element that must be there: one of these JSON names. */
export interface Requirement {
  readonly step: string;
  readonly names: readonly string[];
}

/** `name[x]`: at most one of these JSON names. */
export interface Choice {
  readonly step: string;
  readonly names: readonly string[];
}

export interface Invariant {
  readonly key: string;
  readonly human: string;
  /** Only asked where nothing else is wrong inside the value. */
  holds(value: unknown, visit: Visit): boolean;
}

export interface ObjectContent {
  /** What it is for people: `Observation`, `Observation.component`, `HumanName`. */
  readonly title: string;
  readonly isResource: boolean;
  readonly fields: ReadonlyMap<string, Field>;
  readonly required: readonly Requirement[];
  readonly choices: readonly Choice[];
  readonly invariants: readonly Invariant[];
}

/** The rule for an object of one type or element. What it holds is compiled when it is first needed. */
export class ObjectRule {
  private content: ObjectContent | undefined;

  constructor(private readonly compile: () => ObjectContent) {}

  readonly check = (value: unknown, visit: Visit): void => {
    this.content ??= this.compile();
    const content = this.content;
    if (!isObject(value))
      return visit.report('structure', `This must be a JSON object with the elements of ${content.title}.`);
    if (visit.isTooDeep) return visit.report('structure', 'The content is nested too deep here.');
    const before = visit.issues.length;
    this.checkFields(content, value, visit);
    for (const requirement of content.required) {
      if (!requirement.names.some((name) => value[name] !== undefined)) {
        visit.report('required', `${content.title} must have ${requirement.step.slice(1)}; add it.`, requirement.step);
      }
    }
    for (const choice of content.choices) checkChoice(choice, value, visit);
    if (visit.issues.length === before && !visit.isFull) checkInvariants(content.invariants, value, visit);
  };

  private checkFields(content: ObjectContent, value: JsonObject, visit: Visit): void {
    let count = 0;
    for (const name in value) {
      if (visit.isFull) return;
      const field = content.fields.get(name);
      if (field === undefined) {
        if (content.isResource && name === 'resourceType') continue;
        reportUnknown(content, name, visit);
      } else {
        visit.enter(field.step);
        field.check(value[name], value, visit);
        visit.leave();
      }
      count += 1;
    }
    if (count === 0 && !content.isResource)
      visit.report('structure', 'An object may not be empty; leave the element out instead.');
  }
}

function reportUnknown(content: ObjectContent, name: string, visit: Visit): void {
  const isName = /^_?[A-Za-z]{1,64}$/.test(name);
  visit.report(
    'structure',
    `${content.title} has no element ${quoted(name, 'of this name')}; check the spelling, or leave it out.`,
    isName ? `.${name}` : undefined,
  );
}

function checkChoice(choice: Choice, value: JsonObject, visit: Visit): void {
  let seen = 0;
  for (const name of choice.names) if (value[name] !== undefined || value[`_${name}`] !== undefined) seen += 1;
  if (seen > 1)
    visit.report('structure', `Only one type of ${choice.step.slice(1)}[x] may be sent; keep one.`, choice.step);
}

/** Checks a value against invariants. */
export function checkInvariants(invariants: readonly Invariant[], value: unknown, visit: Visit): void {
  for (const invariant of invariants) {
    if (!invariant.holds(value, visit)) visit.report('invariant', `${invariant.human} (${invariant.key})`);
  }
}
