// https://hl7.org/fhir/R4/conceptmap-operation-translate.html
import type { Resource } from '../fhir/resource.js';

/** Of https://hl7.org/fhir/R4/valueset-concept-map-equivalence.html */
export interface Translation {
  readonly equivalence: string;
  readonly system?: string;
  readonly version?: string;
  readonly code?: string;
  readonly display?: string;
  readonly comment?: string;
  readonly product: readonly Dependency[];
  /** Canonical URL of the map. */
  readonly source?: string;
}

/** What the translation depends on, or what comes with it. */
export interface Dependency {
  readonly property: string;
  readonly system?: string;
  readonly value: string;
  readonly display?: string;
}

export interface TranslationQuery {
  readonly codings: readonly { readonly system?: string; readonly code: string }[];
  /** Only into this code system, and into or from these value sets. */
  readonly targetSystem?: string;
  readonly targetValueSet?: string;
  readonly sourceValueSet?: string;
  /** From target to source. */
  readonly reverse: boolean;
  readonly dependencies: readonly Dependency[];
}

interface Element {
  readonly code?: string;
  readonly display?: string;
  readonly target?: readonly Target[];
}
interface Target {
  readonly code?: string;
  readonly display?: string;
  readonly equivalence: string;
  readonly comment?: string;
  readonly dependsOn?: readonly Dependency[];
  readonly product?: readonly Dependency[];
}
interface Group {
  readonly source?: string;
  readonly target?: string;
  readonly targetVersion?: string;
  readonly sourceVersion?: string;
  readonly element?: readonly Element[];
  readonly unmapped?: { readonly mode: string; readonly code?: string; readonly display?: string };
}

/** Equivalences that say that there is no translation. */
const none: ReadonlySet<string> = new Set(['unmatched', 'disjoint']);

/** Seen from the target, what is wider is narrower. */
const reversed: Readonly<Record<string, string>> = {
  wider: 'narrower',
  narrower: 'wider',
  subsumes: 'specializes',
  specializes: 'subsumes',
};

/** All translations of the codings by the maps; `result` tells whether there is one that holds. */
export function translate(
  maps: readonly Resource[],
  query: TranslationQuery,
): { readonly result: boolean; readonly matches: readonly Translation[] } {
  const matches = maps
    .filter((map) => fits(map, query))
    .flatMap((map) => groupsOf(map).flatMap((group) => inGroup(group, map, query)));
  return { result: matches.some(({ equivalence }) => !none.has(equivalence)), matches };
}

const groupsOf = (map: Resource): readonly Group[] =>
  Array.isArray(map['group']) ? (map['group'] as readonly Group[]) : [];
const withoutVersion = (url: unknown): string => String(url ?? '').split('|')[0]!;

function fits(map: Resource, { sourceValueSet, targetValueSet, reverse }: TranslationQuery): boolean {
  const end = (name: 'source' | 'target'): string => withoutVersion(map[`${name}Uri`] ?? map[`${name}Canonical`]);
  const [from, to] = reverse ? [end('target'), end('source')] : [end('source'), end('target')];
  return (
    (sourceValueSet === undefined || from === withoutVersion(sourceValueSet)) &&
    (targetValueSet === undefined || to === withoutVersion(targetValueSet))
  );
}

function inGroup(group: Group, map: Resource, query: TranslationQuery): readonly Translation[] {
  const [from, to] = query.reverse ? [group.target, group.source] : [group.source, group.target];
  if (query.targetSystem !== undefined && withoutVersion(to) !== withoutVersion(query.targetSystem)) return [];
  const source = typeof map['url'] === 'string' ? { source: map['url'] } : {};
  return query.codings.flatMap((coding) => {
    if (coding.system !== undefined && withoutVersion(from) !== coding.system) return [];
    const found = query.reverse ? backwards(group, coding.code) : forwards(group, coding, query.dependencies);
    return found.map((one) => ({ ...one, ...source }));
  });
}

function forwards(
  group: Group,
  { code, system }: { readonly code: string; readonly system?: string },
  dependencies: readonly Dependency[],
): readonly Translation[] {
  const element = group.element?.find((one) => one.code === code);
  if (element === undefined) return unmapped(group, code, system);
  return (element.target ?? [])
    .filter(({ dependsOn = [] }) =>
      dependsOn.every((needed) =>
        dependencies.some((given) => given.property === needed.property && given.value === needed.value),
      ),
    )
    .map((target) => ({
      equivalence: target.equivalence,
      ...place(group.target, group.targetVersion, target.code, target.display),
      ...(target.comment !== undefined && { comment: target.comment }),
      product: target.product ?? [],
    }));
}

function backwards(group: Group, code: string): readonly Translation[] {
  return (group.element ?? []).flatMap((element) =>
    (element.target ?? [])
      .filter((target) => target.code === code)
      .map(({ equivalence, comment }) => ({
        equivalence: reversed[equivalence] ?? equivalence,
        ...place(group.source, group.sourceVersion, element.code, element.display),
        ...(comment !== undefined && { comment }),
        product: [],
      })),
  );
}

/** https://hl7.org/fhir/R4/conceptmap-definitions.html#ConceptMap.group.unmapped */
function unmapped(group: Group, code: string, system: string | undefined): readonly Translation[] {
  if (group.unmapped?.mode === 'provided')
    return [{ equivalence: 'equal', ...place(group.target ?? system, undefined, code, undefined), product: [] }];
  if (group.unmapped?.mode === 'fixed')
    return [
      {
        equivalence: 'inexact',
        ...place(group.target, group.targetVersion, group.unmapped.code, group.unmapped.display),
        product: [],
      },
    ];
  return [];
}

const place = (
  system: string | undefined,
  version: string | undefined,
  code: string | undefined,
  display: string | undefined,
): Pick<Translation, 'system' | 'version' | 'code' | 'display'> => ({
  ...(system !== undefined && { system }),
  ...(version !== undefined && { version }),
  ...(code !== undefined && { code }),
  ...(display !== undefined && { display }),
});
