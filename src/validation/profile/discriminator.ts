// https://hl7.org/fhir/R4/profiling.html#discriminator
import { isObject } from '../visit.js';
import type { InsideTargets } from './inside-targets.js';
import { type Instance, instancesOf } from './instances.js';
import type { ProfileNode, ProfileTree } from './profile-tree.js';

/** What a path goes through besides elements. */
export interface PathSurroundings {
  readonly profile: (url: string) => ProfileTree | undefined;
  readonly targets: InsideTargets;
}

/** Elements, `extension('url')`, `resolve()`, `ofType(X)`. */
const stepsOf = (path: string): readonly string[] =>
  path === '$this' ? [] : (path.replace(/^\$this\./, '').match(/[^.('"]+(?:\((?:'[^']*'|"[^"]*"|[^)]*)\))?/g) ?? []);

const urlOf = (step: string): string | undefined => /^extension\(['"]([^'"]+)['"]\)$/.exec(step)?.[1];

/** The nodes of a slice at a path: its own, those of its slices, and those of the profiles that its types name. */
export function nodesAt(slice: ProfileNode, path: string, surroundings: PathSurroundings): readonly ProfileNode[] {
  let nodes: readonly ProfileNode[] = [slice];
  for (const step of stepsOf(path)) {
    if (/^(ofType|as)\(/.test(step)) continue;
    if (step === 'resolve()') {
      nodes = nodes.flatMap((node) => {
        const roots = (node.types ?? [])
          .flatMap(({ targets }) => targets)
          .flatMap((url) => surroundings.profile(url)?.root ?? []);
        return roots.length > 0 ? roots : [node];
      });
      continue;
    }
    const url = urlOf(step);
    nodes = nodes
      .flatMap((node) => [node, ...node.slices.values(), ...profileRoots(node, surroundings)])
      .flatMap((node) => (url === undefined ? childrenNamed(node, step) : extensionNodes(node, url, surroundings)));
  }
  return nodes;
}

function childrenNamed(node: ProfileNode, name: string): readonly ProfileNode[] {
  return [node.children.get(name), node.children.get(`${name}[x]`)].flatMap((one) =>
    one === undefined ? [] : [one, ...one.slices.values()],
  );
}

function extensionNodes(node: ProfileNode, url: string, surroundings: PathSurroundings): readonly ProfileNode[] {
  const { slices } = node.children.get('extension') ?? { slices: new Map<string, ProfileNode>() };
  return [...slices.values()]
    .filter(
      (slice) =>
        slice.children.get('url')?.fixed === url ||
        (slice.types ?? []).some(({ profiles }) => profiles.some((profile) => profile.split('|')[0] === url)),
    )
    .flatMap((slice) => [slice, ...profileRoots(slice, surroundings)]);
}

const profileRoots = (node: ProfileNode, { profile }: PathSurroundings): readonly ProfileNode[] =>
  (node.types ?? []).flatMap(({ profiles }) => profiles).flatMap((url) => profile(url)?.root ?? []);

/** The values of an instance at a path. */
export function valuesAt(instance: Instance, path: string, surroundings: PathSurroundings): readonly Instance[] {
  let values: readonly Instance[] = [instance];
  for (const step of stepsOf(path)) {
    const type = /^(?:ofType|as)\(([A-Za-z]+)\)$/.exec(step)?.[1];
    if (type !== undefined) {
      values = values.filter(
        (value) =>
          value.type === undefined ||
          value.type.toLowerCase() === type.toLowerCase() ||
          (isObject(value.value) && value.value.resourceType === type),
      );
    } else if (step === 'resolve()') {
      values = values.flatMap((value) => {
        const target = surroundings.targets.find(value.value);
        return target === undefined ? [] : [{ value: target, step: value.step }];
      });
    } else {
      const url = urlOf(step);
      values = values.flatMap(({ value, extras }) => {
        if (url !== undefined)
          return instancesOf(extras ?? value, 'extension').filter(
            (one) => isObject(one.value) && one.value.url === url,
          );
        const plain = instancesOf(value, step);
        return plain.length > 0 ? plain : instancesOf(value, `${step}[x]`);
      });
    }
  }
  return values;
}
