// https://hl7.org/fhir/R4/profiling.html#resources
import type { RowScope } from '../access/row-scope.js';
import type { Resource } from '../fhir/resource.js';
import { Failure, type Issue } from '../kernel/failure.js';
import type { Clock } from '../kernel/clock.js';
import type { Queryable } from '../storage/pool.js';
import type { SearchDeps } from '../storage/search/search-context.js';
import { definitionsMark, storedTerminology } from '../storage/search/stored-terminology.js';
import { codesOfValueSet } from '../terminology/expand-codes.js';
import { checkProfile, type ProfileSurroundings } from '../validation/profile/check-profile.js';
import { neededBy, type ProfileTree, profileTree } from '../validation/profile/profile-tree.js';

/** Checks resources against profiles that are stored here or that R4 defines. */
export interface Profiles {
  /**
   * What of a valid resource does not fit the profiles: those named, beside those of its `meta.profile`. One that is not known
   * here is a warning.
   */
  issues(resource: Resource, named?: readonly string[]): Promise<readonly Issue[]>;
}

/** How often it is asked whether definitions have changed, milliseconds. */
const askEvery = 5000;
const deepestChain = 20;

interface Loaded {
  readonly trees: Map<string, Promise<ProfileTree | undefined>>;
  readonly valueSets: Map<string, Promise<ReadonlySet<string> | undefined>>;
  readonly surroundings: Map<ProfileTree, Promise<ProfileSurroundings>>;
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
      for (const url of profiles) {
        const tree = await treeOf(url, now);
        if (tree === undefined) issues.push(unknown(url, resource));
        else issues.push(...checkProfile(resource, tree, await surroundingsOf(tree, now)));
      }
      return issues;
    },
  };
}

/** Definitions are no secret, and what is valid does not depend on who asks. */
const everything: RowScope = { parties: [], controllers: '*', visibility: () => 'all' };

const namedIn = ({ meta }: Resource): readonly string[] =>
  (meta?.profile ?? []).filter((url): url is string => typeof url === 'string');

const unknown = (url: string, { resourceType }: Resource): Issue => ({
  severity: 'warning',
  code: 'not-found',
  diagnostics: `The profile ${url.slice(0, 200)} is not known here, so the resource was not held against it.`,
  expression: [`${resourceType}.meta.profile`],
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

const isOfR4 = (url: string): boolean => /^http:\/\/hl7\.org\/fhir\/StructureDefinition\/[A-Z][A-Za-z]+$/.test(url);

/** Everything that the check will ask for, read before it begins. */
function surroundingsOf(tree: ProfileTree, loaded: Loaded): Promise<ProfileSurroundings> {
  let known = loaded.surroundings.get(tree);
  if (known === undefined) {
    known = readSurroundings(tree, loaded);
    loaded.surroundings.set(tree, known);
    known.catch(() => loaded.surroundings.delete(tree));
  }
  return known;
}

async function readSurroundings(tree: ProfileTree, loaded: Loaded): Promise<ProfileSurroundings> {
  const trees = new Map<string, ProfileTree>();
  const sets = new Map<string, ReadonlySet<string>>();
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
    profile: (url) => trees.get(url),
    isMember(valueSet, system, code) {
      const codes = sets.get(valueSet);
      if (codes === undefined) return undefined;
      return codes.has(system === undefined ? code : `${system}|${code}`);
    },
  };
}

/** Codes of a value set, with and without their systems; undefined where they cannot be listed here. */
function codesOf(url: string, { valueSets, source }: Loaded): Promise<ReadonlySet<string> | undefined> {
  let codes = valueSets.get(url);
  if (codes === undefined) {
    codes = codesOfValueSet(url, source).then(
      (members) => new Set(members.flatMap(({ system, code }) => [`${system}|${code}`, code])),
      (error: unknown) => {
        if (error instanceof Failure && (error.category === 'invalid' || error.category === 'too-costly'))
          return undefined;
        throw error;
      },
    );
    valueSets.set(url, codes);
  }
  return codes;
}

const fitting = new WeakSet<Resource>();

/** @throws Failure invalid with every error: a resource that says it fits a profile must */
export async function demandProfiles(resource: Resource, profiles: Profiles): Promise<void> {
  if (resource.meta?.profile === undefined || fitting.has(resource)) return;
  const errors = (await profiles.issues(resource)).filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Failure('invalid', errors);
  fitting.add(resource);
}
