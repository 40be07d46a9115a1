import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseJson, stringifyJson } from '../fhir/json.js';
import { packageRoot } from '../fhir/package-root.js';
import type { Resource } from '../fhir/resource.js';
import type { Commit } from '../interactions/commit-types.js';
import type { Principal } from '../access/principal.js';
import { currentRows } from '../storage/resources.js';
import type { Dictionary } from '../storage/dictionary.js';
import type { Pool } from '../storage/pool.js';
import { engineDevice } from '../followup/vocabulary/systems.js';

const perCommit = 100;

/**
 * Stores the resources of `profiles/` (each under its own id) and the Device that stands for the engine. What is there
 * unchanged is left alone, so a start writes nothing twice.
 *
 * @returns how many were written
 */
export async function loadProfiles(
  commit: Commit,
  by: Principal,
  store: { readonly pool: Pool; readonly dictionary: Dictionary },
): Promise<number> {
  const resources = [
    engine,
    ...(await readProfiles(path.join(packageRoot(), 'profiles'))),
    // The code tables of the messages are ConceptMaps.
    ...(await readProfiles(path.join(packageRoot(), 'mappings', 'codes'))),
  ];
  const stored = await currentRows(
    store.pool,
    resources.map((resource) => ({ type: resource.resourceType, id: resource.id! })),
    store.dictionary,
    false,
  );
  const changed = resources.filter((resource) => {
    const text = stored.get(`${resource.resourceType}/${resource.id}`)?.text;
    return text === null || text === undefined || contentOf(parseJson(text) as Resource) !== contentOf(resource);
  });
  for (let at = 0; at < changed.length; at += perCommit) {
    const part = changed.slice(at, at + perCommit);
    await commit(
      { action: 'load profiles', decide: () => part.map((resource) => ({ op: 'update', resource })) },
      by,
      'start',
    );
  }
  return changed.length;
}

const engine: Resource = {
  resourceType: 'Device',
  id: engineDevice.reference.slice('Device/'.length),
  status: 'active',
  deviceName: [{ name: engineDevice.display, type: 'user-friendly-name' }],
  type: { text: 'Hjemmebro rule engine' },
};

/** Own version and time differ from start to start; the content does not. */
function contentOf({ meta, ...content }: Resource): string {
  const { versionId: _version, lastUpdated: _updated, ...kept } = meta ?? {};
  return stringifyJson({ ...content, meta: kept });
}

/** Every JSON file below the folder that is a resource with an id. */
async function readProfiles(folder: string): Promise<Resource[]> {
  const found: Resource[] = [];
  for (const entry of (await readdir(folder, { withFileTypes: true })).sort((a, b) => a.name.localeCompare(b.name))) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await readProfiles(file)));
    else if (entry.name.endsWith('.json')) {
      const content = parseJson(await readFile(file, 'utf8')) as Partial<Resource>;
      if (typeof content.resourceType === 'string' && typeof content.id === 'string') found.push(content as Resource);
    }
  }
  return found;
}
