// https://hl7.org/fhir/R4/profiling.html, https://hl7.org/fhir/R4/elementdefinition.html
import { compilePath } from '../../fhir/fhirpath.js';
import { parseReference } from '../../fhir/reference.js';
import type { Rule } from '../../fhir/structure.js';
import type { Issue, IssueCode } from '../../kernel/failure.js';
import { isObject, type JsonObject } from '../visit.js';
import { type Instance, instancesOf, isOfType } from './instances.js';
import { hasPattern, isFixed } from './matches-value.js';
import type { ProfileNode, ProfileTree, ProfileType } from './profile-tree.js';
import { writtenRules } from './written-rules.js';

/** What profiles refer to, found before the check begins. */
export interface ProfileSurroundings {
  /** A profile of an element's type; undefined where it is not known. */
  profile(url: string): ProfileTree | undefined;
  /** Whether a code is in the value set; undefined where that cannot be told. `system` undefined: a bare code. */
  isMember(valueSet: string, system: string | undefined, code: string): boolean | undefined;
}

const mostIssues = 100;
const deepest = 60;

/**
 * What of a valid resource does not fit the profile, at most 100 issues. Errors break it; a warning says what an extensible
 * binding would rather have.
 */
export function checkProfile(
  resource: JsonObject,
  tree: ProfileTree,
  surroundings: ProfileSurroundings,
): readonly Issue[] {
  const check = new ProfileCheck(resource, surroundings, tree.url);
  if (resource.resourceType !== tree.type) check.report('structure', `The profile is one of ${tree.type}.`, tree.type);
  else check.instance({ value: resource, step: '' }, tree.root, tree.type, 0);
  return check.issues;
}

class ProfileCheck {
  readonly issues: Issue[] = [];

  constructor(
    private readonly resource: JsonObject,
    private readonly surroundings: ProfileSurroundings,
    private readonly url: string,
  ) {}

  report(code: IssueCode, what: string, at: string, severity: 'error' | 'warning' = 'error'): void {
    if (this.issues.length < mostIssues)
      this.issues.push({ severity, code, diagnostics: `${what} (${this.url})`, expression: [at] });
  }

  /** One repetition, against what a node says of it and below it. */
  instance(instance: Instance, node: ProfileNode, at: string, depth: number): void {
    if (depth > deepest) return;
    this.value(instance, node, at, depth);
    for (const child of node.children.values()) this.element(instance, child, at, depth + 1);
    for (const rule of node.rules.values()) this.rule(instance, rule, node, at);
  }

  /** All repetitions of an element: how many there are, each of them, and the slices that they belong to. */
  private element(parent: Instance, node: ProfileNode, at: string, depth: number): void {
    // The extensions of a primitive stand beside it.
    const inExtras = (node.name === 'extension' || node.name === 'id') && parent.extras !== undefined;
    const all = instancesOf(inExtras ? parent.extras : parent.value, node.name);
    this.count(all.length, node, at);
    for (const one of all) this.instance(one, node, at + one.step, depth);
    if (node.slices.size > 0) this.slices(all, node, at, depth);
  }

  private count(found: number, { min = 0, max, name, slice }: ProfileNode, at: string): void {
    const what = slice === undefined ? name : `${name} (${slice})`;
    const where = `${at}.${name.replace('[x]', '')}`;
    if (found < min)
      this.report('required', `${min === 1 ? 'There must be' : `There must be at least ${min} of`} ${what}.`, where);
    if (max !== undefined && found > max)
      this.report(
        'structure',
        max === 0 ? `There may be no ${what}.` : `There may be at most ${max} of ${what}.`,
        where,
      );
  }

  private slices(all: readonly Instance[], node: ProfileNode, at: string, depth: number): void {
    const found = new Map<ProfileNode, Instance[]>([...node.slices.values()].map((slice) => [slice, []]));
    let last = -1;
    const order = [...node.slices.values()];
    let strayed = false;
    for (const one of all) {
      const slice = order.find((candidate) => this.belongs(one, candidate, node, depth));
      if (slice === undefined) {
        strayed = true;
        if (node.slicing?.rules === 'closed')
          this.report('structure', `${node.name} has none of the forms that the profile allows.`, at + one.step);
        continue;
      }
      if (strayed && node.slicing?.rules === 'openAtEnd')
        this.report('structure', `${slice.slice} must stand before what the profile does not name.`, at + one.step);
      if (node.slicing?.ordered === true && order.indexOf(slice) < last)
        this.report(
          'structure',
          `${slice.slice} stands in the wrong place: the order is that of the profile.`,
          at + one.step,
        );
      last = Math.max(last, order.indexOf(slice));
      found.get(slice)!.push(one);
    }
    for (const [slice, instances] of found) {
      this.count(instances.length, slice, at);
      for (const one of instances) this.instance(one, slice, at + one.step, depth);
      if (slice.slices.size > 0) this.slices(instances, slice, at, depth);
    }
  }

  /** https://hl7.org/fhir/R4/profiling.html#discriminator */
  private belongs(one: Instance, slice: ProfileNode, sliced: ProfileNode, depth: number): boolean {
    const discriminators = sliced.slicing?.discriminators ?? [];
    if (discriminators.length === 0) return this.byNature(one, slice, depth);
    return discriminators.every(({ type, path }) => {
      const nodes = nodesAt(slice, path);
      const values = valuesAt(one, path);
      switch (type) {
        case 'exists':
          return nodes.some(({ max }) => max === 0) ? values.length === 0 : values.length > 0;
        case 'type':
          return values.some((value) => nodes.some((node) => this.isOneOf(value, node.types)));
        case 'profile':
          return values.some((value) => nodes.some((node) => this.conforms(value, node, depth)));
        default:
          if (path === 'url' && nodes.length === 0)
            return (slice.types ?? []).some(({ profiles }) =>
              profiles.some((url) => isObject(one.value) && one.value.url === withoutVersion(url)),
            );
          return values.some((value) => nodes.some((node) => this.fits(value, node)));
      }
    });
  }

  /** Without a discriminator: an extension by its URL, a choice by its type. */
  private byNature(one: Instance, slice: ProfileNode, depth: number): boolean {
    const urls = (slice.types ?? []).flatMap(({ profiles }) => profiles);
    if (isObject(one.value) && typeof one.value.url === 'string' && urls.length > 0)
      return urls.some((url) => withoutVersion(url) === (one.value as JsonObject).url);
    if (one.type !== undefined)
      return this.isOneOf(one, slice.types) || isOfType(one.type, (slice.slice ?? '').slice(slice.name.length - 3));
    return this.conforms(one, slice, depth);
  }

  private conforms(one: Instance, node: ProfileNode, depth: number): boolean {
    const trial = new ProfileCheck(this.resource, this.surroundings, this.url);
    trial.instance(one, node, '', depth + 1);
    return trial.issues.every(({ severity }) => severity !== 'error');
  }

  /** What tells a slice from others: its fixed values and patterns, there and below. */
  private fits(one: Instance, node: ProfileNode): boolean {
    if (node.fixed !== undefined && !isFixed(one.value, node.fixed)) return false;
    if (node.pattern !== undefined && !hasPattern(one.value, node.pattern)) return false;
    if (node.binding?.strength === 'required' && this.boundCodes(one.value, node.binding.valueSet) === false)
      return false;
    return [...node.children.values()].every((child) => {
      const tells = [child, ...child.slices.values()].filter(isTelling);
      return tells.every((telling) => instancesOf(one.value, child.name).some((value) => this.fits(value, telling)));
    });
  }

  private value(instance: Instance, node: ProfileNode, at: string, depth: number): void {
    const { value } = instance;
    if (node.fixed !== undefined && !isFixed(value, node.fixed))
      this.report('value', `This must be ${shown(node.fixed)}.`, at);
    if (node.pattern !== undefined && !hasPattern(value, node.pattern))
      this.report('value', `This must hold ${shown(node.pattern)}.`, at);
    if (node.maxLength !== undefined && typeof value === 'string' && value.length > node.maxLength)
      this.report('too-long', `This may be at most ${node.maxLength} characters long.`, at);
    const isOfRightType =
      node.types === undefined || node.types.length === 0 || this.types(instance, node.types, at, depth);
    if (isOfRightType && node.binding !== undefined && value !== undefined) this.binding(value, node.binding, at);
  }

  private types(instance: Instance, types: readonly ProfileType[], at: string, depth: number): boolean {
    if (instance.type !== undefined && !this.isOneOf(instance, types)) {
      this.report('structure', `The type must be ${types.map(({ code }) => code).join(' or ')}.`, at);
      return false;
    }
    const fitting = instance.type === undefined ? types : types.filter(({ code }) => isOfType(instance.type!, code));
    const profiles = fitting.flatMap((type) => type.profiles);
    const known = profiles.flatMap((url) => this.surroundings.profile(url) ?? []);
    // One of the profiles is enough; where one of them is not known here, it may be that one.
    if (known.length > 0 && known.length === profiles.length) {
      const trials = known.map((tree) => {
        const trial = new ProfileCheck(this.resource, this.surroundings, tree.url);
        if (
          isObject(instance.value) &&
          instance.value.resourceType !== undefined &&
          instance.value.resourceType !== tree.type
        )
          trial.report('structure', `This must be a ${tree.type}.`, at);
        else trial.instance(instance, tree.root, at, depth + 1);
        return trial.issues;
      });
      if (!trials.some((issues) => issues.every(({ severity }) => severity !== 'error')))
        for (const issue of trials[0]!) if (this.issues.length < mostIssues) this.issues.push(issue);
    }
    const targets = fitting.flatMap((type) => type.targets);
    if (targets.length > 0 && isObject(instance.value)) this.target(instance.value, targets, at);
    return true;
  }

  /** The type of a reference's target, where it can be told without reading it. */
  private target(reference: JsonObject, targets: readonly string[], at: string): void {
    const allowed = targets.map((url) => this.surroundings.profile(url)?.type ?? lastSegment(url));
    if (allowed.includes('Resource')) return;
    const parsed = typeof reference.reference === 'string' ? parseReference(reference.reference) : undefined;
    const type =
      parsed !== undefined && (parsed.kind === 'local' || parsed.kind === 'absolute')
        ? parsed.type
        : typeof reference.type === 'string'
          ? lastSegment(reference.type)
          : undefined;
    // A target profile that is not known here names no type.
    if (type === undefined || allowed.includes(type) || allowed.some((name) => !/^[A-Z][A-Za-z]+$/.test(name))) return;
    this.report(
      'value',
      `A reference to ${type} is not allowed here; it must be to ${[...new Set(allowed)].join(' or ')}.`,
      at,
    );
  }

  private isOneOf({ value, type }: Instance, types: readonly ProfileType[] | undefined): boolean {
    if (type !== undefined) return types?.some(({ code }) => isOfType(type, code)) ?? false;
    const resourceType = isObject(value) ? value.resourceType : undefined;
    return (
      types?.some(
        ({ code, profiles }) =>
          code === resourceType || profiles.some((url) => this.surroundings.profile(url)?.type === resourceType),
      ) ?? false
    );
  }

  private binding(
    value: unknown,
    { strength, valueSet }: { readonly strength: string; readonly valueSet: string },
    at: string,
  ): void {
    if (strength !== 'required' && strength !== 'extensible') return;
    if (this.boundCodes(value, valueSet) !== false) return;
    const codes = codingsOf(value);
    // An extensible binding leaves room for what is not in the set, and for text alone.
    if (strength === 'extensible') {
      if (codes.length > 0)
        this.report('code-invalid', `A code of the value set ${valueSet} is used here, if one fits.`, at, 'warning');
    } else if (codes.length > 0 || !isObject(value) || value.extension === undefined)
      this.report('code-invalid', `A code of the value set ${valueSet} is needed here.`, at);
  }

  /** Whether one of the codes is in the value set; undefined where that cannot be told. */
  private boundCodes(value: unknown, valueSet: string): boolean | undefined {
    const answers = codingsOf(value).map(({ system, code }) => this.surroundings.isMember(valueSet, system, code));
    if (answers.includes(true)) return true;
    return answers.includes(undefined)
      ? undefined
      : this.surroundings.isMember(valueSet, undefined, '') === undefined
        ? undefined
        : false;
  }

  private rule({ value, type }: Instance, { key, human, expression }: Rule, node: ProfileNode, at: string): void {
    if (value === undefined) return;
    const written = writtenRules.get(expression);
    if (written !== undefined) {
      if (!written(value)) this.report('invariant', `${human} (${key})`, at);
      return;
    }
    try {
      const isResource = isObject(value) && value.resourceType !== undefined;
      const evaluate = compilePath(
        expression,
        isResource ? undefined : type === undefined ? node.path : typeName(type),
      );
      // The engine takes in whatever it is given: the whole resource is, only where the rule speaks of it.
      const result = evaluate(
        value,
        aboutResource.test(expression) ? { resource: this.resource, rootResource: this.resource } : {},
      );
      if (result.every((item) => item !== false)) return;
    } catch {
      return this.report(
        'processing',
        `The rule ${key} could not be evaluated here; a person must look.`,
        at,
        'warning',
      );
    }
    this.report('invariant', `${human} (${key})`, at);
  }
}

/** Of the suffix of a choice: `DateTime` is the type `dateTime`, `Quantity` is itself. */
const typeName = (suffix: string): string =>
  primitives.has(suffix) ? suffix.charAt(0).toLowerCase() + suffix.slice(1) : suffix;
const primitives: ReadonlySet<string> = new Set(
  'Base64Binary Boolean Canonical Code Date DateTime Decimal Id Instant Integer Markdown Oid PositiveInt String Time UnsignedInt Uri Url Uuid'.split(
    ' ',
  ),
);

const aboutResource = /%(resource|rootResource)\b/;

const withoutVersion = (url: string): string => url.split('|')[0]!;
const lastSegment = (url: string): string => url.slice(url.lastIndexOf('/') + 1);
const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? `“${value}”` : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
};

/** Whether a node, or something below it, says what the value is. */
function isTelling(node: ProfileNode): boolean {
  if (node.fixed !== undefined || node.pattern !== undefined) return true;
  return [...node.children.values(), ...node.slices.values()].some(isTelling);
}

/** Steps of a discriminator; functions are left to the nodes: `extension('url')`, `resolve()`, `ofType(X)`. */
const stepsOf = (path: string): readonly string[] =>
  path === '$this' ? [] : (path.replace(/^\$this\./, '').match(/[^.(]+(?:\([^)]*\))?/g) ?? []);

/** The nodes of a slice at a path; what its own slices say counts too. */
function nodesAt(slice: ProfileNode, path: string): readonly ProfileNode[] {
  let nodes: readonly ProfileNode[] = [slice];
  for (const step of stepsOf(path)) {
    if (/^(resolve|ofType|as)\b/.test(step)) continue;
    const name = /^extension\('([^']+)'\)$/.test(step) ? 'extension' : step;
    nodes = nodes.flatMap((node) => {
      const direct = [node, ...node.slices.values()].flatMap((one) => [
        ...(one.children.get(name) === undefined ? [] : [one.children.get(name)!]),
        ...(one.children.get(`${name}[x]`) === undefined ? [] : [one.children.get(`${name}[x]`)!]),
      ]);
      return direct.flatMap((one) => [one, ...one.slices.values()]);
    });
  }
  return nodes;
}

function valuesAt(instance: Instance, path: string): readonly Instance[] {
  let values: readonly Instance[] = [instance];
  for (const step of stepsOf(path)) {
    if (/^(resolve|ofType|as)\b/.test(step)) continue;
    const url = /^extension\('([^']+)'\)$/.exec(step)?.[1];
    values = values.flatMap(({ value }) => {
      if (url !== undefined)
        return instancesOf(value, 'extension').filter((one) => isObject(one.value) && one.value.url === url);
      const plain = instancesOf(value, step);
      return plain.length > 0 ? plain : instancesOf(value, `${step}[x]`);
    });
  }
  return values;
}

/** The codes of a code, Coding, CodeableConcept or Quantity. */
function codingsOf(value: unknown): readonly { readonly system?: string; readonly code: string }[] {
  if (typeof value === 'string') return [{ code: value }];
  if (!isObject(value)) return [];
  if (Array.isArray(value.coding)) return value.coding.flatMap(codingsOf);
  const { system, code } = value;
  return typeof code === 'string' ? [{ ...(typeof system === 'string' && { system }), code }] : [];
}
