// https://hl7.org/fhir/R4/extensibility.html, https://hl7.org/fhir/R4/defining-extensions.html#context
import type { Definitions } from '../../fhir/definitions.js';
import type { Resource } from '../../fhir/resource.js';
import type { Issue } from '../../kernel/failure.js';
import { isObject, type JsonObject } from '../visit.js';
import { checkElement, type ProfileSurroundings } from './check-profile.js';
import { InsideTargets } from './inside-targets.js';
import type { ProfileTree } from './profile-tree.js';
import { type WalkedElement, walkElements } from './walk-elements.js';

/** The definition of an extension, as it was found. */
export interface ExtensionDefinition {
  readonly definition: Resource;
  readonly tree: ProfileTree;
  readonly surroundings: ProfileSurroundings;
}

/** The canonical URLs of all extensions of a resource; those inside other extensions only where they are absolute. */
export function extensionsIn(resource: JsonObject, definitions: Definitions): ReadonlySet<string> {
  const urls = new Set<string>();
  walkElements(resource, definitions, ({ instance, names }) => {
    if (names.has('Extension') && isObject(instance.value) && isAbsolute(instance.value.url))
      urls.add(instance.value.url);
  });
  return urls;
}

const isAbsolute = (url: unknown): url is string => typeof url === 'string' && url.includes(':');

/**
 * Holds every extension of a valid resource against its definition: content, where it may stand, and whether it changes the
 * meaning of what it stands in. One that is not known here is said for information; if it changes the meaning, as a warning.
 */
export function checkExtensions(
  resource: JsonObject,
  definitions: Definitions,
  find: (url: string) => ExtensionDefinition | undefined,
): readonly Issue[] {
  const issues: Issue[] = [];
  /** The names of the elements that extensions stand in, by FHIRPath. */
  const holders = new Map<string, ReadonlySet<string>>();
  const root = new InsideTargets(resource);
  walkElements(resource, definitions, (element) => {
    const { instance, at, names } = element;
    holders.set(at, names);
    if (!names.has('Extension') || !isObject(instance.value) || !isAbsolute(instance.value.url)) return;
    const { url } = instance.value;
    const isModifier = element.node?.name === 'modifierExtension';
    const found = find(url);
    if (found === undefined) {
      issues.push({
        severity: isModifier ? 'warning' : 'information',
        code: 'incomplete',
        diagnostics: `The extension ${url.slice(0, 200)} is not known here, so it was not held against its definition.`,
        expression: [at],
      });
      return;
    }
    const report = (diagnostics: string): number =>
      issues.push({ severity: 'error', code: 'extension', diagnostics: `${diagnostics} (${url})`, expression: [at] });
    const holder = holders.get(at.replace(/\.\w+(?:\[\d+\])?$/, '')) ?? new Set<string>();
    const contexts = contextsOf(found.definition);
    if (contexts.length > 0 && !contexts.some((context) => allows(context, holder, element)))
      report(
        `This extension may not stand here; it is for ${contexts.map(({ expression }) => expression).join(', ')}.`,
      );
    if (isModifierDefinition(found.definition) !== isModifier)
      report(
        isModifier
          ? 'This extension does not change the meaning of what it stands in; send it as extension.'
          : 'This extension changes the meaning of what it stands in; send it as modifierExtension.',
      );
    issues.push(...checkElement(instance, at, found.tree, found.surroundings, root.within(element.resource)));
  });
  return issues;
}

interface ExtensionContext {
  readonly type: string;
  readonly expression: string;
}

const contextsOf = ({ context }: Resource): readonly ExtensionContext[] =>
  Array.isArray(context)
    ? context.filter((one): one is ExtensionContext => isObject(one) && typeof one.expression === 'string')
    : [];

function allows(
  { type, expression }: ExtensionContext,
  holder: ReadonlySet<string>,
  { extensions }: WalkedElement,
): boolean {
  if (type === 'extension') return extensions.at(-1) === expression;
  // Where a FHIRPath leads is not asked: what it allows at most is what its elements are called.
  if (type === 'fhirpath') return true;
  const name = expression.replaceAll('[x]', '').replace(/#.*$/, '');
  return holder.has(name) || (name === 'Extension' && extensions.length > 0);
}

function isModifierDefinition(definition: Resource): boolean {
  for (const view of ['snapshot', 'differential']) {
    const { element } = (definition[view] ?? {}) as { readonly element?: readonly JsonObject[] };
    const root = element?.find(({ path }) => path === 'Extension');
    if (root?.isModifier !== undefined) return root.isModifier === true;
  }
  return false;
}
