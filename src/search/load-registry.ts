import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../fhir/package-root.js';
import type { Resource } from '../fhir/resource.js';
import { readSearchParameter } from './read-search-parameter.js';
import { SearchRegistry, type SearchDefinitions } from './registry.js';

/** The registry of R4's parameters (`generated/search-parameters.json`) and our own (`profiles/search-parameters/*.json`). */
export function loadSearchRegistry(root = packageRoot()): SearchRegistry {
  const registry = new SearchRegistry(
    JSON.parse(readFileSync(path.join(root, 'generated', 'search-parameters.json'), 'utf8')) as SearchDefinitions,
  );
  const folder = path.join(root, 'profiles', 'search-parameters');
  for (const file of readdirSync(folder).sort()) {
    if (file.endsWith('.json'))
      registry.add(
        readSearchParameter(JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Resource, registry.types),
      );
  }
  return registry;
}
