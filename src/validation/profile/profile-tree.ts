// https://hl7.org/fhir/R4/profiling.html
import { loadDefinitions } from '../../fhir/definitions.js';
import type { Resource } from '../../fhir/resource.js';
import type { Rule } from '../../fhir/structure.js';
import { isStandardRule } from './standard-rules.js';
import { writtenRules } from './written-rules.js';

/** What one element of a profile demands; absent: nothing beyond the base. */
export interface ProfileNode {
  /** `component`, `value[x]`, or `valueQuantity` where the profile says it so. */
  readonly name: string;
  /** How a FHIRPath calls it, where that is not its name: `value`. */
  readonly step?: string;
  /** Its name among the slices; absent: it speaks of every repetition. */
  readonly slice?: string;
  /** As FHIRPath writes it, for `%resource`-free rules: `Observation.component`. */
  readonly path: string;
  min?: number;
  max?: number;
  types?: readonly ProfileType[];
  fixed?: unknown;
  pattern?: unknown;
  /** Least and greatest value, as JSON has them. */
  least?: unknown;
  greatest?: unknown;
  binding?: ProfileBinding;
  maxLength?: number;
  slicing?: Slicing;
  readonly rules: Map<string, ProfileRule>;
  readonly children: Map<string, ProfileNode>;
  readonly slices: Map<string, ProfileNode>;
}

export interface ProfileBinding {
  readonly strength: string;
  readonly valueSet: string;
  /** What an extensible or preferred binding may go to at most. */
  readonly most?: string;
}

/** An invariant, and whether breaking it breaks the profile. */
export interface ProfileRule extends Rule {
  readonly severity: 'error' | 'warning';
}

export interface ProfileType {
  readonly code: string;
  readonly profiles: readonly string[];
  readonly targets: readonly string[];
}

export interface Slicing {
  readonly rules: 'open' | 'closed' | 'openAtEnd';
  readonly ordered: boolean;
  readonly discriminators: readonly { readonly type: string; readonly path: string }[];
}

/** A profile, with all that it takes over from the profiles that it is derived from. */
export interface ProfileTree {
  readonly url: string;
  /** The type that it constrains. */
  readonly type: string;
  readonly root: ProfileNode;
}

interface ElementDefinition {
  readonly id?: string;
  readonly path: string;
  readonly sliceName?: string;
  readonly min?: number;
  readonly max?: string;
  readonly type?: readonly {
    readonly code: string;
    readonly profile?: readonly string[];
    readonly targetProfile?: readonly string[];
  }[];
  readonly binding?: {
    readonly strength?: string;
    readonly valueSet?: string;
    readonly extension?: readonly {
      readonly url: string;
      readonly valueCanonical?: string;
      readonly valueUri?: string;
    }[];
  };
  readonly constraint?: readonly {
    readonly key: string;
    readonly severity: string;
    readonly human: string;
    readonly expression?: string;
  }[];
  readonly maxLength?: number;
  readonly slicing?: {
    readonly rules?: Slicing['rules'];
    readonly ordered?: boolean;
    readonly discriminator?: Slicing['discriminators'];
  };
  readonly [other: string]: unknown;
}

/**
 * The demands of a chain of profiles as one tree. Only what the profiles say themselves is in it: the rules of R4 are checked
 * apart, so no snapshot is needed.
 *
 * @param chain the profile first, then what it is derived from, without the type itself
 */
export function profileTree(chain: readonly Resource[]): ProfileTree {
  const [own] = chain;
  const type = String(own!['type']);
  const root = newNode(type, type);
  for (const definition of [...chain].reverse())
    for (const element of elementsOf(definition)) apply(element, root, type);
  return { url: String(own!['url']), type, root };
}

function elementsOf(definition: Resource): readonly ElementDefinition[] {
  for (const view of ['differential', 'snapshot']) {
    const { element } = (definition[view] ?? {}) as { readonly element?: unknown };
    if (Array.isArray(element)) return element as ElementDefinition[];
  }
  return [];
}

const newNode = (name: string, path: string, slice?: string): ProfileNode => ({
  name,
  path,
  ...stepOf(name, path),
  ...(slice !== undefined && { slice }),
  rules: new Map(),
  children: new Map(),
  slices: new Map(),
});

/** A choice that is called by one of its types. */
function stepOf(name: string, path: string): { readonly step?: string } {
  const node = name.endsWith('[x]') ? undefined : loadDefinitions().elementAt(path)?.node;
  return node?.choice === true && node.name !== name ? { step: node.name } : {};
}

function apply(element: ElementDefinition, root: ProfileNode, type: string): void {
  const node = nodeAt(element, root, type);
  if (node === undefined) return;
  if (element.min !== undefined) node.min = element.min;
  if (element.max !== undefined) node.max = element.max === '*' ? Number.POSITIVE_INFINITY : Number(element.max);
  if (element.type !== undefined)
    node.types = element.type.map(({ code, profile = [], targetProfile = [] }) => ({
      code: code.startsWith('http://hl7.org/fhirpath/') ? 'string' : code,
      profiles: profile,
      targets: targetProfile,
    }));
  if (element.maxLength !== undefined) node.maxLength = element.maxLength;
  if (element.binding?.strength !== undefined && element.binding.valueSet !== undefined)
    node.binding = bindingOf({
      ...element.binding,
      strength: element.binding.strength,
      valueSet: element.binding.valueSet,
    });
  if (element.slicing !== undefined)
    node.slicing = {
      rules: element.slicing.rules ?? 'open',
      ordered: element.slicing.ordered === true,
      discriminators: element.slicing.discriminator ?? [],
    };
  for (const name in element) {
    if (/^fixed[A-Z]/.test(name)) node.fixed = element[name];
    if (/^pattern[A-Z]/.test(name)) node.pattern = element[name];
    if (/^minValue[A-Z]/.test(name)) node.least = element[name];
    if (/^maxValue[A-Z]/.test(name)) node.greatest = element[name];
  }
  for (const { key, severity, human, expression } of element.constraint ?? [])
    if (expression !== undefined && !isStandardRule(key, expression))
      node.rules.set(key, { key, human, expression, severity: severity === 'warning' ? 'warning' : 'error' });
}

const maxValueSet = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet';

function bindingOf({
  strength,
  valueSet,
  extension = [],
}: {
  readonly strength: string;
  readonly valueSet: string;
  readonly extension?: NonNullable<ElementDefinition['binding']>['extension'];
}): ProfileBinding {
  const most = extension.find(({ url }) => url === maxValueSet);
  const greatest = most?.valueCanonical ?? most?.valueUri;
  return { strength, valueSet, ...(greatest !== undefined && { most: greatest }) };
}

/**
 * The place of an element, by its id; made where it is not there yet. Where there is no id the path and the name of the slice
 * have to do.
 */
function nodeAt(element: ElementDefinition, root: ProfileNode, type: string): ProfileNode | undefined {
  const id = element.id?.includes('.') === true || element.id === type ? element.id : undefined;
  const last = element.sliceName === undefined ? '' : `:${element.sliceName}`;
  const [first, ...steps] = (id ?? `${element.path}${last}`).split('.');
  if (first?.split(':')[0] !== type) return undefined;
  let node = root;
  for (const step of steps) {
    const [name = '', ...slices] = step.split(':');
    const path = `${node.path}.${name.replace('[x]', '')}`;
    node = childOf(node.children, name, () => newNode(name, path));
    // `a/b` is a slice of the slice `a`.
    for (const slice of slices
      .join(':')
      .split('/')
      .filter((one) => one !== ''))
      node = childOf(node.slices, slice, () => newNode(name, path, slice));
  }
  return node;
}

function childOf(map: Map<string, ProfileNode>, key: string, make: () => ProfileNode): ProfileNode {
  let node = map.get(key);
  if (node === undefined) map.set(key, (node = make()));
  return node;
}

/** What a tree leans on: profiles of the types of its elements, and value sets. */
export function neededBy({ root }: ProfileTree): {
  readonly profiles: readonly string[];
  readonly valueSets: readonly string[];
} {
  const [profiles, valueSets] = [new Set<string>(), new Set<string>()];
  const visit = (node: ProfileNode): void => {
    for (const { profiles: wanted, targets } of node.types ?? [])
      for (const url of [...wanted, ...targets]) profiles.add(url);
    if (node.binding !== undefined && node.binding.strength !== 'example') valueSets.add(node.binding.valueSet);
    if (node.binding?.most !== undefined) valueSets.add(node.binding.most);
    for (const one of node.children.values()) visit(one);
    for (const one of node.slices.values()) visit(one);
  };
  visit(root);
  return { profiles: [...profiles], valueSets: [...valueSets] };
}

/** Whether one of its invariants goes to the FHIRPath engine. */
export function hasExpressions({ root }: ProfileTree): boolean {
  const asks = (node: ProfileNode): boolean =>
    [...node.rules.values()].some(({ expression }) => !writtenRules.has(expression)) ||
    [...node.children.values(), ...node.slices.values()].some(asks);
  return asks(root);
}
