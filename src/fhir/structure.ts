/**
 * The compact form of a StructureDefinition's snapshot: what validation and search need, as a tree, without prose.
 * Imports nothing, as scripts/definitions.mjs runs it when the definitions are generated; profiles are reduced by it too.
 * https://hl7.org/fhir/R4/structuredefinition.html
 */

/** One type, resource or profile. */
export interface TypeDefinition {
  /** `Observation`, `HumanName`, `Quantity`; of a profile the type it constrains. */
  readonly name: string;
  readonly url: string;
  readonly kind: 'resource' | 'complex-type' | 'primitive-type' | 'logical';
  readonly abstract?: true;
  /** Name of the type it is derived from, for example `DomainResource`. */
  readonly base?: string;
  readonly elements: readonly ElementNode[];
  readonly rules?: readonly Rule[];
}

/** One element; absent properties have the value said here. */
export interface ElementNode {
  /** Its name in the path, `value` for `value[x]`. */
  readonly name: string;
  /** Least number of repetitions; absent = 0. */
  readonly min?: number;
  /** Greatest number of repetitions; absent = 1. */
  readonly max?: number | '*';
  /** It is an array in JSON, also where a profile allows only one. */
  readonly list?: true;
  /** It is `name[x]`: its JSON name is followed by the type's. */
  readonly choice?: true;
  /** Absent where `content` is given. */
  readonly types?: readonly TypeReference[];
  /** Path of the element whose definition this one shares: `Questionnaire.item`. */
  readonly content?: string;
  /** Elements inside a BackboneElement or Element defined here, or constrained inside a data type by a profile. */
  readonly children?: readonly ElementNode[];
  readonly binding?: Binding;
  readonly rules?: readonly Rule[];
  /** Part of the summary (`_summary=true`). */
  readonly summary?: true;
  readonly modifier?: true;
  readonly maxLength?: number;
  readonly fixed?: unknown;
  readonly pattern?: unknown;
  readonly slicing?: Slicing;
  readonly slices?: readonly Slice[];
}

export interface TypeReference {
  /** `Quantity`, `string`, `Reference`, `BackboneElement`, `Resource`. */
  readonly code: string;
  /** Resource types a Reference may have as target; absent = any. */
  readonly targets?: readonly string[];
  /** Profiles the value must conform to; only in profiles. */
  readonly profiles?: readonly string[];
}

export interface Binding {
  readonly strength: 'required' | 'extensible';
  /** Canonical without version. */
  readonly valueSet: string;
}

/** An invariant of severity error. */
export interface Rule {
  readonly key: string;
  readonly human: string;
  readonly expression: string;
}

export interface Slicing {
  readonly rules: 'open' | 'closed' | 'openAtEnd';
  readonly ordered?: true;
  readonly discriminators: readonly { readonly type: string; readonly path: string }[];
}

export interface Slice extends ElementNode {
  readonly slice: string;
}

interface SnapshotElement {
  id?: string;
  path: string;
  sliceName?: string;
  min?: number;
  max?: string;
  base?: { max?: string };
  type?: {
    code: string;
    targetProfile?: string[];
    profile?: string[];
    extension?: { url: string; valueUrl?: string }[];
  }[];
  contentReference?: string;
  binding?: { strength: string; valueSet?: string };
  constraint?: { key: string; severity: string; human: string; expression?: string }[];
  isSummary?: boolean;
  isModifier?: boolean;
  maxLength?: number;
  slicing?: { rules: Slicing['rules']; ordered?: boolean; discriminator?: { type: string; path: string }[] };
  [other: string]: unknown;
}

export interface SnapshotDefinition {
  url: string;
  name: string;
  type: string;
  kind: TypeDefinition['kind'];
  abstract?: boolean;
  baseDefinition?: string;
  snapshot: { element: SnapshotElement[] };
}

type Draft = { -readonly [K in keyof Slice]?: Slice[K] };

/** Rules that every element or resource has; the validator knows them without being told. */
const everywhere = /^(ele-1|ext-1|dom-\d)$/;
const typeSource = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type';

/** The snapshot as a tree. Warnings and example or preferred bindings are left out. */
export function reduceStructure(definition: SnapshotDefinition): TypeDefinition {
  const [root, ...elements] = definition.snapshot.element;
  const top: Draft = { name: definition.type };
  const byId = new Map<string, Draft>([[root?.id ?? definition.type, top]]);
  for (const element of elements) {
    const id = element.id ?? element.path;
    const parentId = id.slice(0, id.lastIndexOf('.'));
    const draft = reduceElement(element, definition.kind);
    byId.set(id, draft);
    const sliced = element.sliceName === undefined ? undefined : byId.get(id.slice(0, id.lastIndexOf(':')));
    const parent = byId.get(parentId);
    if (sliced !== undefined) sliced.slices = [...(sliced.slices ?? []), draft as Slice];
    else if (parent !== undefined) parent.children = [...(parent.children ?? []), draft as ElementNode];
  }
  const rules = reduceRules(root);
  return {
    name: definition.type,
    url: definition.url,
    kind: definition.kind,
    ...(definition.abstract === true && { abstract: true as const }),
    ...(definition.baseDefinition !== undefined && { base: lastSegment(definition.baseDefinition) }),
    elements: top.children ?? [],
    ...(rules !== undefined && { rules }),
  };
}

function reduceElement(element: SnapshotElement, kind: TypeDefinition['kind']): Draft {
  const tail = lastStep(element.path);
  const draft: Draft = { name: tail.replace('[x]', '') };
  if (element.sliceName !== undefined) draft.slice = element.sliceName;
  if (element.min !== undefined && element.min > 0) draft.min = element.min;
  if (element.max !== undefined && element.max !== '1') draft.max = element.max === '*' ? '*' : Number(element.max);
  const baseMax = element.base?.max ?? element.max;
  if (baseMax !== '1' && baseMax !== '0') draft.list = true;
  if (tail.endsWith('[x]')) draft.choice = true;
  if (element.contentReference !== undefined)
    draft.content = element.contentReference.slice(element.contentReference.indexOf('#') + 1);
  else
    draft.types = (element.type ?? []).map((type) =>
      reduceType(type, kind === 'resource' && /^\w+\.id$/.test(element.path)),
    );
  const strength = element.binding?.strength;
  if ((strength === 'required' || strength === 'extensible') && element.binding?.valueSet !== undefined) {
    draft.binding = { strength, valueSet: element.binding.valueSet.split('|')[0]! };
  }
  const rules = reduceRules(element);
  if (rules !== undefined) draft.rules = rules;
  if (element.isSummary === true) draft.summary = true;
  if (element.isModifier === true) draft.modifier = true;
  if (element.maxLength !== undefined) draft.maxLength = element.maxLength;
  reduceConstraints(element, draft);
  return draft;
}

function reduceConstraints(element: SnapshotElement, draft: Draft): void {
  for (const name in element) {
    if (/^fixed[A-Z]/.test(name)) draft.fixed = element[name];
    if (/^pattern[A-Z]/.test(name)) draft.pattern = element[name];
  }
  if (element.slicing === undefined) return;
  const { rules, ordered, discriminator } = element.slicing;
  const standard =
    /\.(extension|modifierExtension)$/.test(element.path) && element.sliceName === undefined && rules === 'open';
  if (!standard)
    draft.slicing = { rules, ...(ordered === true && { ordered: true as const }), discriminators: discriminator ?? [] };
}

function reduceType(type: NonNullable<SnapshotElement['type']>[number], isResourceId: boolean): TypeReference {
  const fhirType = type.extension?.find((extension) => extension.url === typeSource)?.valueUrl;
  const code = isResourceId
    ? 'id'
    : (fhirType ?? (type.code.startsWith('http://hl7.org/fhirpath/') ? 'string' : type.code));
  const targets = type.targetProfile?.map(lastSegment) ?? [];
  return {
    code,
    ...(targets.length > 0 && !targets.includes('Resource') && { targets }),
    ...(type.profile !== undefined && { profiles: type.profile }),
  };
}

function reduceRules(element: SnapshotElement | undefined): Rule[] | undefined {
  const rules = (element?.constraint ?? [])
    .filter(
      (constraint) =>
        constraint.severity === 'error' && constraint.expression !== undefined && !everywhere.test(constraint.key),
    )
    .map(({ key, human, expression }) => ({ key, human, expression: expression! }));
  return rules.length === 0 ? undefined : rules;
}

const lastSegment = (url: string): string => url.slice(url.lastIndexOf('/') + 1);
const lastStep = (path: string): string => path.slice(path.lastIndexOf('.') + 1);
