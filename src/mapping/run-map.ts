import type { Resource } from '../fhir/resource.js';
import type { Line, MessageMap, PathSource, ResourceMap, Source, TargetStep } from './compile-map.js';
import { holds, select, textOf, type Match, type Path } from './path.js';
import type { XmlElement } from './xml/xml-element.js';

/** What a message became. */
export interface Mapped {
  /** One per entry of the map whose source was found, without ids. */
  readonly resources: readonly Resource[];
  /** Required source paths that were absent or unreadable: the message is refused (T02). */
  readonly missing: readonly string[];
  /** Source elements with content that no line read, as paths of local names: `Henvisning/Pakkeforlop`. */
  readonly unmapped: readonly string[];
}

/** Values the bridge supplies, used as `$name`. */
export type Parameters = Readonly<Record<string, unknown>>;

interface Run {
  readonly parameters: Parameters;
  readonly seen: Set<XmlElement>;
  readonly missing: string[];
}

/**
 * Runs a declarative map over a message tree.
 * Unknown codes never stop it: a code table without the code gives its default, or nothing.
 */
export function runMap(map: MessageMap, source: XmlElement, parameters: Parameters = {}): Mapped {
  const run: Run = { parameters, seen: new Set(), missing: [] };
  const resources: Resource[] = [];
  for (const entry of map.resources) {
    for (const base of basesOf(entry, source, run.seen))
      resources.push({ resourceType: entry.resource, ...fill({}, entry.lines, base, run) });
  }
  for (const path of map.ignore) for (const match of select(path, source)) markAll(match.element, run.seen);
  return { resources, missing: run.missing, unmapped: unread(map, source, run.seen) };
}

function basesOf(entry: ResourceMap, source: XmlElement, seen?: Set<XmlElement>): readonly XmlElement[] {
  const { when } = entry;
  const found = select(entry.from, source)
    .map(({ element }) => element)
    .filter((element) => when === undefined || conditionHolds(when, element, seen ?? new Set()));
  return entry.many ? found : found.slice(0, 1);
}

function fill(
  target: Record<string, unknown>,
  lines: readonly Line[],
  from: XmlElement,
  run: Run,
): Record<string, unknown> {
  for (const line of lines)
    if (line.when === undefined || conditionHolds(line.when, from, run.seen)) apply(line, target, from, run);
  return target;
}

function apply(line: Line, target: Record<string, unknown>, from: XmlElement, run: Run): void {
  if (line.each !== undefined) {
    for (const match of select(line.each, from, run.seen)) {
      const inner = fill({}, line.lines, match.element, run);
      if (Object.keys(inner).length > 0) put(target, line.to, inner);
    }
    return;
  }
  const values = line.constant === undefined ? valuesOf(line, from, run) : [line.constant];
  if (values.length === 0 && line.fallback !== undefined) values.push(line.fallback);
  if (values.length === 0 && line.required) run.missing.push(line.sources.map(sourceText).join(' | '));
  const lists = line.to.some((step) => step.index === 'append');
  for (const value of lists ? values : values.slice(0, 1))
    put(target, line.to, line.wrap === undefined ? value : line.wrap(String(value)));
}

function valuesOf(line: Line, from: XmlElement, run: Run): unknown[] {
  const found = line.sources.map((source) => sourceValues(line, source, from, run));
  if (found.length <= 1) return found[0] ?? [];
  const parts = found.map((values) => values[0]).filter((value) => value !== undefined);
  return parts.length === 0 ? [] : [parts.join(line.join)];
}

function sourceValues(line: Line, source: Source, from: XmlElement, run: Run): unknown[] {
  if ('parameter' in source) {
    const value = run.parameters[source.parameter];
    return value === undefined ? [] : [value];
  }
  return select(source.path, from, run.seen)
    .map((match) => converted(line, source, match, run))
    .filter((value) => value !== undefined);
}

function converted(line: Line, source: PathSource, match: Match, run: Run): unknown {
  if (source.subtree) markAll(match.element, run.seen);
  else if (!source.parts) run.seen.add(match.element);
  if (line.table === undefined || source.use)
    return source.convert(match, line.system, (told) => line.table?.codes.get(told ?? '')?.code);
  const code = codeOf(match);
  const mapped = code === undefined ? undefined : (line.table.codes.get(code) ?? line.table.unmapped);
  return line.coding ? mapped && { ...mapped } : mapped?.code;
}

/** The code of a coded value: attribute `V` of the element, or the attribute or text that the path names. */
const codeOf = (match: Match): string | undefined =>
  (match.attribute === undefined ? match.element.attributes['V'] : undefined) || textOf(match) || undefined;

/** Sets the value at the path, making objects and lists on the way. */
function put(target: Record<string, unknown>, path: readonly TargetStep[], value: unknown): void {
  let at = target;
  path.forEach((step, position) => {
    const last = position === path.length - 1;
    if (step.index === undefined) {
      if (last) at[step.name] = value;
      else at = (at[step.name] ??= {}) as Record<string, unknown>;
      return;
    }
    const list = (at[step.name] ??= []) as unknown[];
    const index = step.index === 'append' ? list.length : step.index;
    if (last) list[index] = value;
    else at = (list[index] ??= {}) as Record<string, unknown>;
  });
}

const conditionHolds = (when: Path, from: XmlElement, seen: Set<XmlElement>): boolean =>
  when.steps[0]!.conditions.every((condition) => holds(condition, from, seen));
const sourceText = (source: Source): string => ('parameter' in source ? `$${source.parameter}` : source.path.text);

function markAll(element: XmlElement, seen: Set<XmlElement>): void {
  seen.add(element);
  for (const child of element.children) markAll(child, seen);
}

/** Leaves with content below the map's own sources that nothing looked at. */
function unread(map: MessageMap, source: XmlElement, seen: ReadonlySet<XmlElement>): readonly string[] {
  const paths = new Set<string>();
  const walk = (element: XmlElement, path: string): void => {
    if (seen.has(element)) return;
    const here = path === '' ? element.name : `${path}/${element.name}`;
    if (element.text !== '' || 'V' in element.attributes) paths.add(here);
    for (const child of element.children) walk(child, here);
  };
  const bases = new Set(map.resources.filter(({ many }) => !many).flatMap((entry) => basesOf(entry, source)));
  for (const base of bases) walk(base, '');
  return [...paths];
}
