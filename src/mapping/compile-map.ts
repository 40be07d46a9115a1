import { Failure } from '../kernel/failure.js';
import { converters, readsParts, readsSubtree, readsUse, type Converter } from './convert.js';
import { narrative } from './narrative.js';
import type { CodeTable, ConverterName, MapPart, MessageMapFile, Rule } from './map-format.js';
import { compilePath, type Namespaces, type Path } from './path.js';

/** A map ready to be run: paths compiled, tables and converters looked up. */
export interface MessageMap {
  readonly name: string;
  readonly messages: readonly string[];
  readonly resources: readonly ResourceMap[];
  readonly ignore: readonly Path[];
}

/** One resource of the message, or with `many` one for every match. */
export interface ResourceMap {
  readonly resource: string;
  readonly from: Path;
  readonly many: boolean;
  readonly when: Path | undefined;
  readonly lines: readonly Line[];
}

export interface Line {
  readonly to: readonly TargetStep[];
  readonly sources: readonly Source[];
  readonly constant: unknown;
  readonly table: CodeTable | undefined;
  /** The table gives a Coding, not its code alone. */
  readonly coding: boolean;
  readonly system: string | undefined;
  readonly fallback: unknown;
  readonly join: string;
  /** Turns the whole value, after joining, into what the element holds. */
  readonly wrap: ((text: string) => string) | undefined;
  readonly required: boolean;
  readonly when: Path | undefined;
  readonly each: Path | undefined;
  readonly lines: readonly Line[];
}
export type Source = { readonly parameter: string } | PathSource;
export interface PathSource {
  readonly path: Path;
  readonly convert: Converter;
  /** The conversion reads everything below the element. */
  readonly subtree: boolean;
  /** It reads some parts of the element only, which the map names elsewhere. */
  readonly parts: boolean;
  /** It looks the code of a use up itself. */
  readonly use: boolean;
}
/** `name`, `name[]` (append) or `name[0]`. */
export interface TargetStep {
  readonly name: string;
  readonly index: number | 'append' | undefined;
}

interface Surroundings {
  readonly namespaces: Namespaces;
  readonly tables: ReadonlyMap<string, CodeTable>;
}

/** @throws Failure `fault` naming the map and the line when a path, table or element path is wrong */
export function compileMap(
  name: string,
  file: MessageMapFile,
  { tables, parts }: { readonly tables: ReadonlyMap<string, CodeTable>; readonly parts: ReadonlyMap<string, MapPart> },
): MessageMap {
  const included = (file.include ?? []).map((part) => {
    const found = parts.get(part);
    if (found === undefined) throw new Failure('fault', `The map ${name} includes ${part}, which does not exist.`);
    return compilePart(part, found, tables);
  });
  const own = compilePart(name, file, tables);
  return {
    name,
    messages: file.messages,
    resources: [own, ...included].flatMap(({ resources }) => resources),
    ignore: [own, ...included].flatMap(({ ignore }) => ignore),
  };
}

function compilePart(
  name: string,
  file: MapPart,
  tables: ReadonlyMap<string, CodeTable>,
): Pick<MessageMap, 'resources' | 'ignore'> {
  const namespaces = namespacesOf(file);
  const around: Surroundings = { namespaces, tables };
  return {
    resources: file.resources.map((entry) => ({
      resource: entry.resource,
      from: compilePath(entry.from, namespaces),
      many: entry.many ?? false,
      when: entry.when === undefined ? undefined : compilePath(`self[${entry.when}]`, namespaces),
      lines: entry.elements.map((rule) => compileLine(rule, around, name)),
    })),
    ignore: Object.keys(file.ignore).map((path) => compilePath(path, namespaces)),
  };
}

/** Prefix → its namespaces, the newest version of the standard first. */
export const namespacesOf = ({ namespaces }: Pick<MapPart, 'namespaces'>): Namespaces =>
  Object.fromEntries(
    Object.entries(namespaces).map(([prefix, uri]) => [prefix, typeof uri === 'string' ? [uri] : uri]),
  );

function compileLine(rule: Rule, around: Surroundings, map: string): Line {
  const table = rule.codes === undefined ? undefined : around.tables.get(rule.codes);
  if (rule.codes !== undefined && table === undefined) {
    throw new Failure('fault', `The map ${map} names the code table ${rule.codes}, which does not exist.`);
  }
  const from = rule.from === undefined ? [] : typeof rule.from === 'string' ? [rule.from] : rule.from;
  return {
    to: compileTarget(rule.to, map),
    sources: from.map((text) =>
      compileSource(text, rule.as === 'narrative' ? 'readable' : (rule.as ?? 'string'), around.namespaces),
    ),
    constant: rule.value,
    table,
    coding: rule.as === 'Coding',
    system: rule.system,
    fallback: rule.default,
    join: rule.join ?? ' ',
    wrap: rule.as === 'narrative' ? narrative : undefined,
    required: rule.required ?? false,
    when: rule.when === undefined ? undefined : compilePath(`self[${rule.when}]`, around.namespaces),
    each: rule.each === undefined ? undefined : compilePath(rule.each, around.namespaces),
    lines: (rule.elements ?? []).map((inner) => compileLine(inner, around, map)),
  };
}

/** `$parameter`, a path, or a path with a conversion of its own: `po:AnsvarligRapport as personName`. */
function compileSource(text: string, conversion: ConverterName, namespaces: Namespaces): Source {
  if (text.startsWith('$')) return { parameter: text.slice(1) };
  const [, path = text, own] = /^(.*) as ([\w-]+)$/.exec(text) ?? [];
  const name = (own as ConverterName | undefined) ?? conversion;
  const convert = converters[name];
  if (convert === undefined)
    throw new Failure('fault', `The message map names the conversion ${name}, which does not exist: ${text}`);
  return {
    path: compilePath(path, namespaces),
    convert,
    subtree: readsSubtree.has(name),
    parts: readsParts.has(name),
    use: readsUse.has(name),
  };
}

function compileTarget(text: string, map: string): readonly TargetStep[] {
  return text.split('.').map((part) => {
    const parsed = /^([A-Za-z]\w*)(?:\[(\d*)\])?$/.exec(part);
    if (parsed === null) throw new Failure('fault', `The map ${map} has an element path that cannot be read: ${text}`);
    const [, name, index] = parsed;
    return { name: name!, index: index === undefined ? undefined : index === '' ? 'append' : Number(index) };
  });
}
