// The maps read backwards: FHIR resources → the content of a message. What the map does not write is not in the message.
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { codeSystemOf, listOf } from '../code-systems.js';
import { namespacesOf } from '../compile-map.js';
import type { CodeTable, MapPart, ResourceRule, Rule } from '../map-format.js';
import { narrativeText } from '../narrative.js';
import { compilePath, type Namespaces, type Step } from '../path.js';
import { type ContentNode, nodeAt, nodeOf } from './content-node.js';

/** What a message type needs to be written: its map and the parts it includes. */
export interface WritableMap {
  readonly root: string;
  readonly files: readonly MapPart[];
  readonly tables: ReadonlyMap<string, CodeTable>;
}

/**
 * The content root with everything that the map can write of the resources. Elements stand in no order yet
 * (`content-node.ts` brings them into the order of the standard).
 *
 * @param at when the message is written, as messages carry it: `$at` of the maps
 * @throws Failure `fault` where the map is not made for writing
 */
export function writeContent(map: WritableMap, resources: readonly Resource[], at = ''): ContentNode {
  const [own] = map.files;
  const names = namespacesOf(own!);
  const [step] = compilePath(map.root, names).steps;
  const root = nodeOf(step!.namespaces![0]!, step!.name);
  for (const file of map.files) {
    const writer = new Writer(namespacesOf(file), map.tables, at);
    for (const entry of file.resources) writer.entry(entry, resources, root);
  }
  return root;
}

const words: ReadonlySet<string> = new Set(['narrative', 'readable', 'personName']);

class Writer {
  constructor(
    private readonly namespaces: Namespaces,
    private readonly tables: ReadonlyMap<string, CodeTable>,
    private readonly at: string,
  ) {}

  entry(entry: ResourceRule, resources: readonly Resource[], root: ContentNode): void {
    if (entry.many === true && entry.write === undefined) return;
    for (const resource of resources) {
      if (resource.resourceType !== entry.resource || !fits(resource, entry.only)) continue;
      const node = entry.write === undefined ? root : nodeAt(root, this.steps(entry.write), true);
      this.also(entry.also, node);
      this.lines(entry.elements, resource, node);
    }
  }

  private also(also: Readonly<Record<string, string>> = {}, node: ContentNode): void {
    for (const [path, text] of Object.entries(also)) {
      const { attribute } = compilePath(path, this.namespaces);
      const value = text === '$at' ? this.at : text;
      const at = nodeAt(node, this.steps(path), false);
      if (attribute === undefined) at.text = value;
      else at.attributes[attribute] = value;
    }
  }

  private lines(rules: readonly Rule[], source: unknown, node: ContentNode): void {
    for (const rule of rules) {
      if (rule.each !== undefined) this.each(rule, source, node);
      else if (rule.value !== undefined) this.constant(rule, source, node);
      else this.line(rule, source, node);
    }
  }

  private each(rule: Rule, source: unknown, node: ContentNode): void {
    const path = rule.write ?? rule.each!;
    const asWords = rule.elements?.some(({ from, as = '' }) => from === '.' && words.has(as));
    // Elements that were put into words cannot be made of the words again.
    if (
      asWords === true ||
      rule.readOnly === true ||
      path.includes('*') ||
      (rule.write === undefined && path.includes('['))
    )
      return;
    for (const value of valuesAt(source, rule.to)) {
      if (!fits(value, rule.only)) continue;
      const made = nodeAt(node, this.steps(path), true);
      this.also(rule.also, made);
      this.lines(rule.elements ?? [], value, made);
    }
  }

  /** A constant that stands for one value of the message (`when: po:Hoveddiagnose='true'`) is that value again. */
  private constant(rule: Rule, source: unknown, node: ContentNode): void {
    const [, path, value] = /^([^()]+)='([^']*)'$/.exec(rule.when ?? '') ?? [];
    if (path !== undefined && valuesAt(source, rule.to).includes(rule.value))
      nodeAt(node, this.steps(path), false).text = value!;
  }

  private line(rule: Rule, source: unknown, node: ContentNode): void {
    const from =
      rule.write ?? (typeof rule.from === 'string' || rule.as === 'narrative' ? [rule.from].flat()[0] : undefined);
    if (from === undefined || from.startsWith('$') || from.includes('*') || rule.readOnly === true) return;
    // A condition says what must stand beside it, where a path is made for writing.
    if (rule.write === undefined && from.includes('[')) return;
    const { steps, attribute } = compilePath(from, this.namespaces);
    for (const value of valuesAt(source, rule.to)) {
      const written = this.converted(rule, value);
      if (written === undefined) continue;
      const at = steps.length === 0 ? node : nodeAt(node, steps, false);
      if (typeof written === 'object') Object.assign(at.attributes, written);
      else if (attribute === undefined) at.text = written;
      // The display of a coded value is written with its code.
      else if (attribute === 'V' || at.attributes['V'] === undefined) at.attributes[attribute] = written;
    }
  }

  private converted(rule: Rule, value: unknown): string | Record<string, string> | undefined {
    if (rule.codes !== undefined) {
      const told = typeof value === 'object' ? (value as CodingLike).code : value;
      const code = this.tables.get(rule.codes)?.back.get(String(told));
      return code === undefined ? undefined : code;
    }
    switch (rule.as) {
      case 'Coding':
        return isOf(rule.system, value as CodingLike) ? codingOf(value as CodingLike) : undefined;
      case 'CodeableConcept': {
        const { coding, text } = value as { readonly coding?: readonly CodingLike[]; readonly text?: string };
        if (coding?.[0] !== undefined && !isOf(rule.system, coding[0])) return undefined;
        return coding?.[0] === undefined ? (text === undefined ? undefined : { OT: text }) : codingOf(coding[0]);
      }
      case 'date':
        return String(value).slice(0, 10);
      case 'narrative':
        return narrativeText(String(value));
      default:
        return typeof value === 'object' ? undefined : String(value);
    }
  }

  private steps(path: string): readonly Step[] {
    const { steps } = compilePath(path, this.namespaces);
    if (steps.some(({ namespaces }) => namespaces === undefined))
      throw new Failure('fault', `The message map cannot be written at ${path}.`);
    return steps;
  }
}

interface CodingLike {
  readonly system?: string;
  readonly code?: string;
  readonly display?: string;
}

/** A line that names the code list of a value is for codes of that list. */
const isOf = (list: string | undefined, { system }: CodingLike): boolean =>
  list === undefined || system === undefined || codeSystemOf(list) === system;

function codingOf({ system, code, display }: CodingLike): Record<string, string> | undefined {
  if (code === undefined) return undefined;
  const list = system === undefined ? undefined : listOf(system);
  // A code of a system that messages do not know is written in words.
  if (system !== undefined && list === undefined) return display === undefined ? undefined : { OT: display };
  return { V: code, ...(list && { S: list }), ...(display && { DN: display }) };
}

/** Values at an element path of a map: `code.coding[]`, `category[1].text`. */
export function valuesAt(source: unknown, path: string): readonly unknown[] {
  return path.split('.').reduce<readonly unknown[]>(
    (at, part) => {
      const [, name, index] = /^(\w+)(?:\[(\d*)\])?$/.exec(part)!;
      return at.flatMap((one) => {
        const found = (one as Record<string, unknown> | undefined)?.[name!];
        const list = found === undefined || found === null ? [] : Array.isArray(found) ? (found as unknown[]) : [found];
        return index === undefined || index === '' ? list : list.slice(Number(index), Number(index) + 1);
      });
    },
    [source],
  );
}

const fits = (source: unknown, only: Rule['only']): boolean =>
  Object.entries(only ?? {}).every(([path, wanted]) =>
    [wanted].flat().some((value) => valuesAt(source, path).includes(value)),
  );
