// https://hl7.org/fhir/R4/profiling.html, https://hl7.org/fhir/R4/elementdefinition.html
import type { Issue } from '../../kernel/failure.js';
import { isObject, type JsonObject } from '../visit.js';
import { checkBinding, type IsMember, membership } from './bound-codes.js';
import { nodesAt, type PathSurroundings, valuesAt } from './discriminator.js';
import { InsideTargets } from './inside-targets.js';
import { type Instance, instancesOf, isOfType } from './instances.js';
import { IssueList } from './issue-list.js';
import { hasPattern, isFixed } from './matches-value.js';
import { checkRule } from './profile-rule.js';
import type { ProfileNode, ProfileTree, ProfileType } from './profile-tree.js';
import { compareToLimit } from './value-limits.js';

/** What profiles refer to, found before the check begins. */
export interface ProfileSurroundings {
  /** A profile of an element's type; undefined where it is not known. */
  profile(url: string): ProfileTree | undefined;
  readonly isMember: IsMember;
}

const deepest = 60;

/**
 * What of a valid resource does not fit the profile, at most 100 issues. Errors break it; warnings and information say what an
 * extensible or preferred binding would rather have, and what could not be told here.
 */
export function checkProfile(
  resource: JsonObject,
  tree: ProfileTree,
  surroundings: ProfileSurroundings,
  place: { readonly at?: string; readonly targets?: InsideTargets } = {},
): readonly Issue[] {
  const found = new IssueList(tree.url);
  const targets = place.targets ?? new InsideTargets(resource);
  const check = new ProfileCheck(resource, targets, surroundings, found, tree.url);
  const at = place.at ?? tree.type;
  if (resource.resourceType !== tree.type) found.report('structure', `The profile is one of ${tree.type}.`, at);
  else check.instance({ value: resource, step: '' }, tree.root, at, 0);
  return found.issues;
}

/** As `checkProfile`, of one element: an extension. */
export function checkElement(
  instance: Instance,
  at: string,
  tree: ProfileTree,
  surroundings: ProfileSurroundings,
  targets: InsideTargets,
): readonly Issue[] {
  const found = new IssueList(tree.url);
  new ProfileCheck(targets.resource, targets, surroundings, found, tree.url).instance(instance, tree.root, at, 0);
  return found.issues;
}

class ProfileCheck {
  private readonly paths: PathSurroundings;
  /** A slice could not be told, since its value set is not known here. */
  private unsure = false;

  constructor(
    private readonly resource: JsonObject,
    private readonly targets: InsideTargets,
    private readonly surroundings: ProfileSurroundings,
    private readonly found: IssueList,
    private readonly url: string,
  ) {
    this.paths = { profile: (url) => surroundings.profile(url), targets };
  }

  /** One repetition, against what a node says of it and below it. */
  instance(instance: Instance, node: ProfileNode, at: string, depth: number): void {
    if (depth > deepest) return;
    this.value(instance, node, at, depth);
    for (const child of node.children.values()) this.element(instance, child, at, depth + 1);
    const { found, resource } = this;
    for (const rule of node.rules.values()) checkRule(instance, rule, node, at, { found, resource, root: resource });
  }

  /** All repetitions of an element: how many there are, each of them, and the slices that they belong to. */
  private element(parent: Instance, node: ProfileNode, at: string, depth: number): void {
    // The extensions of a primitive stand beside it.
    const inExtras = (node.name === 'extension' || node.name === 'id') && parent.extras !== undefined;
    const all = instancesOf(inExtras ? parent.extras : parent.value, node.name, node.step);
    this.count(all.length, node, at);
    for (const one of all) this.instance(one, node, at + one.step, depth);
    if (node.slices.size > 0) this.slices(all, node, at, depth);
  }

  private count(found: number, { min = 0, max, name, slice, step = name }: ProfileNode, at: string): void {
    const what = slice === undefined ? name : `${name} (${slice})`;
    const where = `${at}.${step.replace('[x]', '')}`;
    if (found < min)
      this.found.report(
        'required',
        `${min === 1 ? 'There must be' : `There must be at least ${min} of`} ${what}.`,
        where,
      );
    if (max !== undefined && found > max)
      this.found.report(
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
    let untold = false;
    for (const one of all) {
      this.unsure = false;
      const slice = order.find((candidate) => this.belongs(one, candidate, node, depth));
      if (slice === undefined && this.unsure) {
        untold = true;
        this.found.report(
          'incomplete',
          `Which of the forms of ${node.name} this is cannot be told here.`,
          at + one.step,
          'information',
        );
        continue;
      }
      if (slice === undefined) {
        strayed = true;
        if (node.slicing?.rules === 'closed')
          this.found.report('structure', `${node.name} has none of the forms that the profile allows.`, at + one.step);
        continue;
      }
      if (strayed && node.slicing?.rules === 'openAtEnd')
        this.found.report(
          'structure',
          `${slice.slice} must stand before what the profile does not name.`,
          at + one.step,
        );
      if (node.slicing?.ordered === true && order.indexOf(slice) < last)
        this.found.report(
          'structure',
          `${slice.slice} stands in the wrong place: the order is that of the profile.`,
          at + one.step,
        );
      last = Math.max(last, order.indexOf(slice));
      found.get(slice)!.push(one);
    }
    for (const [slice, instances] of found) {
      if (!untold || instances.length >= (slice.min ?? 0)) this.count(instances.length, slice, at);
      for (const one of instances) this.instance(one, slice, at + one.step, depth);
      if (slice.slices.size > 0) this.slices(instances, slice, at, depth);
    }
  }

  /** https://hl7.org/fhir/R4/profiling.html#discriminator */
  private belongs(one: Instance, slice: ProfileNode, sliced: ProfileNode, depth: number): boolean {
    const discriminators = sliced.slicing?.discriminators ?? [];
    if (discriminators.length === 0) return this.byNature(one, slice, depth);
    return discriminators.every(({ type, path }) => {
      const nodes = nodesAt(slice, path, this.paths);
      const values = valuesAt(one, path, this.paths);
      switch (type) {
        case 'exists':
          return nodes.some(({ max }) => max === 0) ? values.length === 0 : values.length > 0;
        case 'type':
          return this.byType(one, slice, path, nodes, values);
        case 'profile':
          return values.some((value) => nodes.some((node) => this.conforms(value, node, depth)));
        default:
          if (path === 'url' && !nodes.some(tells))
            return (slice.types ?? []).some(({ profiles }) =>
              profiles.some((url) => isObject(one.value) && one.value.url === withoutVersion(url)),
            );
          return values.some((value) => nodes.some((node) => tells(node) && this.fits(value, node)));
      }
    });
  }

  /** Of what a reference leads to, the reference itself may say the type. */
  private byType(
    one: Instance,
    slice: ProfileNode,
    path: string,
    nodes: readonly ProfileNode[],
    values: readonly Instance[],
  ): boolean {
    if (!path.endsWith('resolve()')) {
      if (nodes.every(({ types }) => types === undefined)) return this.byNature(one, slice, deepest);
      return values.some((value) => nodes.some((node) => this.isOneOf(value, node.types)));
    }
    const before = path.replace(/\.?resolve\(\)$/, '') || '$this';
    const wanted = nodesAt(slice, before, this.paths)
      .flatMap(({ types = [] }) => types)
      .flatMap(({ targets }) => targets)
      .map((url) => this.surroundings.profile(url)?.type ?? lastSegment(url));
    return valuesAt(one, before, this.paths).some(({ value }) => {
      const type = this.targets.typeOf(value);
      return type !== undefined && wanted.includes(type);
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
    if (depth >= deepest) return false;
    const trial = this.trial(this.url);
    trial.instance(one, node, '', depth + 1);
    return !trial.found.hasErrors;
  }

  private trial(url: string, resource = this.resource): ProfileCheck {
    const targets = resource === this.resource ? this.targets : this.targets.within(resource);
    return new ProfileCheck(resource, targets, this.surroundings, new IssueList(url), url);
  }

  /** What tells a slice from others: its fixed values and patterns, there and below. */
  private fits(one: Instance, node: ProfileNode): boolean {
    if (node.fixed !== undefined && !isFixed(one.value, node.fixed)) return false;
    if (node.pattern !== undefined && !hasPattern(one.value, node.pattern)) return false;
    if (node.binding?.strength === 'required') {
      const answer = membership(one.value, node.binding.valueSet, this.surroundings.isMember);
      if (answer === undefined) this.unsure = true;
      if (answer !== true) return false;
    }
    return [...node.children.values()].every((child) => {
      const telling = [child, ...child.slices.values()].filter(isTelling);
      return telling.every((inner) => instancesOf(one.value, child.name).some((value) => this.fits(value, inner)));
    });
  }

  private value(instance: Instance, node: ProfileNode, at: string, depth: number): void {
    const { value } = instance;
    if (node.fixed !== undefined && !isFixed(value, node.fixed))
      this.found.report('value', `This must be ${shown(node.fixed)}.`, at);
    if (node.pattern !== undefined && !hasPattern(value, node.pattern))
      this.found.report('value', `This must hold ${shown(node.pattern)}.`, at);
    if (node.maxLength !== undefined && typeof value === 'string' && value.length > node.maxLength)
      this.found.report('too-long', `This may be at most ${node.maxLength} characters long.`, at);
    if (node.least !== undefined && compareToLimit(value, node.least) === -1)
      this.found.report('value', `This may not be less than ${shown(node.least)}.`, at);
    if (node.greatest !== undefined && compareToLimit(value, node.greatest) === 1)
      this.found.report('value', `This may not be more than ${shown(node.greatest)}.`, at);
    const isOfRightType =
      node.types === undefined || node.types.length === 0 || this.types(instance, node.types, at, depth);
    if (isOfRightType && node.binding !== undefined && value !== undefined)
      checkBinding(value, node.binding, at, this.found, this.surroundings.isMember);
  }

  private types(instance: Instance, types: readonly ProfileType[], at: string, depth: number): boolean {
    if (instance.type !== undefined && !this.isOneOf(instance, types)) {
      this.found.report('structure', `The type must be ${types.map(({ code }) => code).join(' or ')}.`, at);
      return false;
    }
    const fitting = this.fittingTypes(instance, types);
    if (fitting.length === 0) {
      this.found.report('structure', `This must be a ${types.map(({ code }) => code).join(' or ')}.`, at);
      return false;
    }
    this.profiles(
      instance,
      fitting.flatMap((type) => type.profiles),
      at,
      depth,
    );
    const targets = fitting.flatMap((type) => type.targets);
    if (targets.length > 0 && isObject(instance.value)) this.target(instance.value, targets, at, depth);
    return true;
  }

  private fittingTypes({ value, type }: Instance, types: readonly ProfileType[]): readonly ProfileType[] {
    if (type !== undefined) return types.filter(({ code }) => isOfType(type, code));
    const resourceType = isObject(value) ? value.resourceType : undefined;
    if (typeof resourceType !== 'string') return types;
    return types.filter(({ code }) => code === resourceType || code === 'Resource' || code === 'DomainResource');
  }

  /** One of the profiles is enough; where one of them is not known here, it may be that one. */
  private profiles(instance: Instance, profiles: readonly string[], at: string, depth: number): void {
    const known = profiles.flatMap((url) => this.surroundings.profile(url) ?? []);
    const isKnown = known.length === profiles.length;
    if (known.length > 0) {
      const { value } = instance;
      const inner = isObject(value) && value.resourceType !== undefined ? value : this.resource;
      const trials = known.map((tree) => {
        const trial = this.trial(tree.url, inner);
        if (isObject(value) && value.resourceType !== undefined && value.resourceType !== tree.type)
          trial.found.report('structure', `This must be a ${tree.type}.`, at);
        else trial.instance(instance, tree.root, at, depth + 1);
        return trial.found;
      });
      const fitting = trials.find(({ hasErrors }) => !hasErrors);
      if (fitting !== undefined || isKnown) {
        for (const issue of (fitting ?? trials[0]!).issues) this.found.add(issue);
        return;
      }
    }
    if (!isKnown)
      this.found.report(
        'incomplete',
        `The profile ${profiles.find((url) => this.surroundings.profile(url) === undefined)} is not known here, so this was not held against it.`,
        at,
        'information',
      );
  }

  /** The type of a reference's target, where it can be told, and its profile, where the target is inside. */
  private target(reference: JsonObject, targets: readonly string[], at: string, depth: number): void {
    const allowed = targets.map((url) => this.surroundings.profile(url)?.type ?? lastSegment(url));
    const type = this.targets.typeOf(reference);
    const isName = (name: string): boolean => /^[A-Z][A-Za-z]+$/.test(name);
    // A target profile that is not known here names no type.
    if (type !== undefined && !allowed.includes('Resource') && !allowed.includes(type) && allowed.every(isName))
      return this.found.report(
        'value',
        `A reference to ${type} is not allowed here; it must be to ${[...new Set(allowed)].join(' or ')}.`,
        at,
      );
    const profiles = targets.filter((_, index) => allowed[index] === type || !isName(allowed[index]!));
    if (profiles.length === 0 || profiles.some((url) => isBase(url))) return;
    const target = this.targets.find(reference);
    if (target === undefined || depth > 20)
      return this.found.report(
        'incomplete',
        `Whether the target fits ${profiles.map(withoutVersion).join(' or ')} was not looked at.`,
        at,
        'information',
      );
    const known = profiles.flatMap((url) => this.surroundings.profile(url) ?? []);
    const fits = known.some((tree) => {
      const trial = this.trial(tree.url, target);
      trial.instance({ value: target, step: '' }, tree.root, tree.type, depth + 20);
      return !trial.found.hasErrors;
    });
    if (!fits && known.length === profiles.length)
      this.found.report('value', `What this refers to does not fit ${profiles.map(withoutVersion).join(' or ')}.`, at);
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
}

const withoutVersion = (url: string): string => url.split('|')[0]!;
const lastSegment = (url: string): string => withoutVersion(url).slice(withoutVersion(url).lastIndexOf('/') + 1);
/** A type of R4 itself, not a profile of it. */
const isBase = (url: string): boolean =>
  /^http:\/\/hl7\.org\/fhir\/StructureDefinition\/[A-Z][A-Za-z]+$/.test(withoutVersion(url));
const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? `“${value}”` : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
};

/** By which a discriminator can tell: what the value is, or of which value set. */
const tells = (node: ProfileNode): boolean => isTelling(node) || node.binding?.strength === 'required';

/** Whether a node, or something below it, says what the value is. */
function isTelling(node: ProfileNode): boolean {
  if (node.fixed !== undefined || node.pattern !== undefined) return true;
  return [...node.children.values(), ...node.slices.values()].some(isTelling);
}
