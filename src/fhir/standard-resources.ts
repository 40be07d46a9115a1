import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from './package-root.js';
import type { Resource } from './resource.js';

export type CanonicalType = 'CodeSystem' | 'ValueSet' | 'ConceptMap' | 'StructureDefinition';

/** Terminology, profiles and extensions that R4 itself defines. https://hl7.org/fhir/R4/terminologies.html */
export interface StandardResources {
  /** @param url canonical, `|version` allowed: only the version that R4 has is found by it */
  find(type: CanonicalType, url: string): Resource | undefined;
  /** Every ConceptMap. */
  conceptMaps(): readonly Resource[];
  /** Every CodeSystem, by what identifies it. */
  codeSystems(): readonly CodeSystemHead[];
}

export interface CodeSystemHead {
  readonly url: string;
  readonly version?: string;
  /** https://hl7.org/fhir/R4/valueset-codesystem-content-mode.html */
  readonly content: string;
}

/** Undefined for one that no URL identifies. */
export function codeSystemHead({ url, version, content }: Resource): CodeSystemHead | undefined {
  if (typeof url !== 'string' || typeof content !== 'string') return undefined;
  return { url, content, ...(typeof version === 'string' && { version }) };
}

let loaded: StandardResources | undefined;

/** `generated/canonical.ndjson`: a resource is read from its place in the file when it is first asked for, and kept. */
export function standardResources(): StandardResources {
  if (loaded !== undefined) return loaded;
  const folder = path.join(packageRoot(), 'generated');
  const places = new Map(
    Object.entries(
      JSON.parse(readFileSync(path.join(folder, 'canonical-index.json'), 'utf8')) as Record<string, [number, number]>,
    ),
  );
  const known = new Map<string, Resource>();
  const read = (key: string): Resource | undefined => {
    const place = places.get(key);
    if (place === undefined) return undefined;
    let resource = known.get(key);
    if (resource === undefined) known.set(key, (resource = readLine(path.join(folder, 'canonical.ndjson'), place)));
    return resource;
  };
  let heads: readonly CodeSystemHead[] | undefined;
  return (loaded = {
    find(type, url) {
      const [canonical = '', version] = url.split('|');
      const resource = read(`${type} ${canonical}`);
      return version === undefined || resource?.['version'] === version ? resource : undefined;
    },
    conceptMaps: () => [...places.keys()].flatMap((key) => (key.startsWith('ConceptMap ') ? [read(key)!] : [])),
    codeSystems: () =>
      // Of five megabytes only the heads are kept.
      (heads ??= [...places].flatMap(([key, place]) =>
        key.startsWith('CodeSystem ')
          ? (codeSystemHead(readLine(path.join(folder, 'canonical.ndjson'), place)) ?? [])
          : [],
      )),
  });
}

function readLine(file: string, [offset, length]: readonly [number, number]): Resource {
  const bytes = Buffer.alloc(length);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, bytes, 0, length, offset);
  } finally {
    closeSync(handle);
  }
  return JSON.parse(bytes.toString('utf8')) as Resource;
}
