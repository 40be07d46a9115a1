// https://hl7.org/fhir/R4/profiling.html#resources
import type { RowScope } from '../access/row-scope.js';
import { loadDefinitions } from '../fhir/definitions.js';
import type { Resource } from '../fhir/resource.js';
import { Failure, type Issue } from '../kernel/failure.js';
import type { Clock } from '../kernel/clock.js';
import { withinTime } from '../kernel/within-time.js';
import type { Queryable } from '../storage/pool.js';
import type { SearchDeps } from '../storage/search/search-context.js';
import { definitionsMark, storedTerminology } from '../storage/search/stored-terminology.js';
import { isMemberOf, type Membership, membershipIn, membershipOf } from '../terminology/membership.js';
import { identifierIssues } from '../validation/norwegian-identifiers.js';
import { checkProfile, type ProfileSurroundings } from '../validation/profile/check-profile.js';
import { existsByGrammar } from './code-grammars.js';
import type { ExtensionDefinition } from '../validation/profile/check-extensions.js';
import type { InsideTargets } from '../validation/profile/inside-targets.js';
import { hasExpressions, neededBy, type ProfileTree, profileTree } from '../validation/profile/profile-tree.js';

/** Checks resources against profiles that are stored here or that R4 defines. */
export interface Profiles {
  /**
   * What of a valid resource does not fit the profiles: those named, beside those of its `meta.profile`. One that is not known
   * here is a warning.
   */
  issues(resource: Resource, named?: readonly string[]): Promise<readonly Issue[]>;
  /** The definitions as they stand now, for whoever asks more of them. */
  read(): Promise<ProfileReader>;
  /** A definition has been written or deleted here: it counts at once. */
  forget(): void;
}

/** What is known of profiles at one moment. */
export interface ProfileReader {
  /** Of this resource, or of one inside it that stands `at` a place. */
  check(
    resource: Resource,
    url: string,
    place?: { readonly at: string; readonly targets: InsideTargets },
  ): Promise<readonly Issue[]>;
  /** Undefined where no such StructureDefinition is known here. */
  find(url: string): Promise<ExtensionDefinition | undefined>;
  /** @param valueSet its canonical URL, or the ValueSet itself */
  membership(valueSet: string | Resource): Promise<Membership | undefined>;
}

/** How often it is asked whether definitions have changed, milliseconds. */
const askEvery = 5000;
const deepestChain = 20;
/** Milliseconds that the expressions of one profile may take. */
const longestCheck = 1000;

/** Also whether the FHIRPath engine will be asked. */
type KnownSurroundings = ProfileSurroundings & { readonly hasExpressions: boolean };

interface Loaded {
  readonly trees: Map<string, Promise<ProfileTree | undefined>>;
  readonly valueSets: Map<string, Promise<Membership | undefined>>;
  readonly surroundings: Map<ProfileTree, Promise<KnownSurroundings>>;
  readonly source: ReturnType<typeof storedTerminology>;
  /** What the definitions stood at when they were read. */
  readonly mark: string;
}

/** @param db beside the requests' own connections: profiles are also asked for inside transactions */
export function createProfiles(db: Queryable, deps: SearchDeps, clock: Clock): Profiles {
  let loaded: Promise<Loaded> | undefined;
  let askAgain = 0;
  const fresh = async (known: Loaded | undefined): Promise<Loaded> => {
    const mark = await definitionsMark(db, deps);
    if (known?.mark === mark) return known;
    return {
      trees: new Map(),
      valueSets: new Map(),
      surroundings: new Map(),
      source: storedTerminology(db, everything, deps),
      mark,
    };
  };
  const current = (): Promise<Loaded> => {
    const now = clock.now();
    if (loaded === undefined || now >= askAgain || askAgain - now > askEvery) {
      askAgain = now + askEvery;
      const known = loaded?.catch(() => undefined);
      loaded = Promise.resolve(known).then(fresh);
      loaded.catch(() => {
        askAgain = 0;
      });
    }
    return loaded;
  };
  return {
    async issues(resource, named = []) {
      const profiles = [...new Set([...namedIn(resource), ...named])];
      if (profiles.length === 0) return [];
      const now = await current();
      const issues: Issue[] = [];
      for (const url of profiles) issues.push(...(await check(resource, url, now)));
      return issues;
    },
    async read() {
      askAgain = 0;
      const now = await current();
      return {
        check: (resource, url, place) => check(resource, url, now, place),
        membership: (valueSet) =>
          typeof valueSet === 'string' ? codesOf(valueSet, now) : membershipIn(valueSet, now.source),
        async find(url) {
          const tree = await treeOf(url, now);
          const definition = tree === undefined ? undefined : await now.source.structure(url);
          return tree === undefined || definition === undefined
            ? undefined
            : { definition, tree, surroundings: await surroundingsOf(tree, now) };
        },
      };
    },
    forget() {
      askAgain = 0;
    },
  };
}

async function check(
  resource: Resource,
  url: string,
  loaded: Loaded,
  place?: { readonly at: string; readonly targets: InsideTargets },
): Promise<readonly Issue[]> {
  const tree = await treeOf(url, loaded);
  const at = place?.at ?? resource.resourceType;
  if (tree === undefined) return isOfR4(url) ? ofType(resource, url, at) : [unknown(url, at)];
  const surroundings = await surroundingsOf(tree, loaded);
  const work = (): readonly Issue[] => checkProfile(resource, tree, surroundings, place);
  return surroundings.hasExpressions ? withinTime(longestCheck, work) : work();
}

/** Definitions are no secret, and what is valid does not depend on who asks. */
const everything: RowScope = { parties: [], controllers: '*', visibility: () => 'all' };

export const namedIn = ({ meta }: Resource): readonly string[] =>
  (meta?.profile ?? []).filter((url): url is string => typeof url === 'string');

/** A type of R4 itself as a profile: the rules of the resource's own type are checked for every resource. */
function ofType({ resourceType }: Resource, url: string, at: string): readonly Issue[] {
  const name = url.slice(url.lastIndexOf('/') + 1);
  if ([resourceType, 'DomainResource', 'Resource'].includes(name)) return [];
  return [{ severity: 'error', code: 'structure', diagnostics: `The profile is one of ${name}.`, expression: [at] }];
}

const unknown = (url: string, at: string): Issue => ({
  severity: 'warning',
  code: 'not-found',
  diagnostics: `The profile ${url.slice(0, 200)} is not known here, so the resource was not held against it.`,
  expression: [`${at}.meta.profile`],
});

/** Undefined where the profile, or one that it is derived from, is not known here. */
function treeOf(url: string, loaded: Loaded): Promise<ProfileTree | undefined> {
  let tree = loaded.trees.get(url);
  if (tree === undefined) {
    tree = readTree(url, loaded.source);
    loaded.trees.set(url, tree);
    // What is not there yet may come.
    void tree.then(
      (found) => found === undefined && loaded.trees.delete(url),
      () => loaded.trees.delete(url),
    );
  }
  return tree;
}

async function readTree(url: string, source: Loaded['source']): Promise<ProfileTree | undefined> {
  const chain: Resource[] = [];
  for (let next = url; chain.length < deepestChain; ) {
    const definition = await source.structure(next);
    // The types themselves are no constraint: their rules are checked for every resource.
    if (definition === undefined) return isOfR4(next) && chain.length > 0 ? profileTree(chain) : undefined;
    if (definition['derivation'] !== 'constraint') return chain.length > 0 ? profileTree(chain) : undefined;
    chain.push(definition);
    const { baseDefinition } = definition;
    if (typeof baseDefinition !== 'string') return profileTree(chain);
    next = baseDefinition;
  }
  return undefined;
}

function isOfR4(url: string): boolean {
  const name = /^http:\/\/hl7\.org\/fhir\/StructureDefinition\/([A-Z][A-Za-z]+)(?:\|4\.0(?:\.1)?)?$/.exec(url)?.[1];
  return name !== undefined && loadDefinitions().type(name) !== undefined;
}

/** Everything that the check will ask for, read before it begins. */
function surroundingsOf(tree: ProfileTree, loaded: Loaded): Promise<KnownSurroundings> {
  let known = loaded.surroundings.get(tree);
  if (known === undefined) {
    known = readSurroundings(tree, loaded);
    loaded.surroundings.set(tree, known);
    known.catch(() => loaded.surroundings.delete(tree));
  }
  return known;
}

async function readSurroundings(tree: ProfileTree, loaded: Loaded): Promise<KnownSurroundings> {
  const trees = new Map<string, ProfileTree>();
  const sets = new Map<string, Membership>();
  const waiting = [tree];
  for (const one of waiting) {
    const { profiles, valueSets } = neededBy(one);
    for (const url of valueSets) {
      const codes = await codesOf(url, loaded);
      if (codes !== undefined) sets.set(url, codes);
    }
    for (const url of profiles) {
      if (trees.has(url)) continue;
      const found = await treeOf(url, loaded);
      if (found === undefined) continue;
      trees.set(url, found);
      waiting.push(found);
    }
  }
  return {
    hasExpressions: [tree, ...trees.values()].some(hasExpressions),
    profile: (url) => trees.get(url),
    isMember(valueSet, system, code) {
      const known = sets.get(valueSet);
      return known === undefined ? undefined : isMemberOf(known, system, code, existsByGrammar);
    },
  };
}

/** The codes of a value set; undefined where it is not known here. */
function codesOf(url: string, { valueSets, source }: Loaded): Promise<Membership | undefined> {
  let codes = valueSets.get(url);
  if (codes === undefined) {
    codes = membershipOf(url, source);
    valueSets.set(url, codes);
  }
  return codes;
}

const fitting = new WeakSet<Resource>();

/** Who is registered as our Patient is so by numbers with the right check digits. */
const ownPatient = /^http:\/\/hjemmebro\.no\/fhir\/StructureDefinition\/dho-patient(?:\||$)/;

/** @throws Failure invalid with every error: a resource that says it fits a profile must */
export async function demandProfiles(
  resource: Resource,
  profiles: Profiles,
  numbers: { readonly allowSynthetic: boolean },
): Promise<void> {
  if (resource.meta?.profile === undefined || fitting.has(resource)) return;
  const errors = [
    ...(await profiles.issues(resource)).filter(({ severity }) => severity === 'error'),
    ...(namedIn(resource).some((url) => ownPatient.test(url)) ? identifierIssues(resource, numbers) : []),
  ];
  if (errors.length > 0) throw new Failure('invalid', errors);
  fitting.add(resource);
}
