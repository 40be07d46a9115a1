// Bundles the pages for people (src/web/pages) into generated/pages: content-hashed files, packed with brotli and gzip, and
// a list of them. The pages also show what pure rooms say about a plan, so the stamp covers every file that went in.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const source = path.join(root, 'src', 'web', 'pages');
const target = path.join(root, 'generated', 'pages');
const stampFile = path.join(root, 'generated', '.pages.json');

/** @returns {Promise<boolean>} whether anything had to be built */
export async function buildPages() {
  const stamp = existsSync(stampFile) ? JSON.parse(readFileSync(stampFile, 'utf8')) : undefined;
  if (stamp !== undefined && existsSync(path.join(target, 'files.json')) && stamp.hash === hashOf(stamp.outside))
    return false;
  const fresh = `${target}.${process.pid}`;
  try {
    const outside = await bundle(fresh);
    pack(fresh);
    replace(fresh);
    writeFileSync(stampFile, JSON.stringify({ outside, hash: hashOf(outside) }));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return true;
}

/** @returns {Promise<string[]>} the files of other rooms that went in, from the root */
async function bundle(outDir) {
  const { build } = await import('vite');
  const outside = new Set();
  mkdirSync(outDir, { recursive: true });
  await build({
    root: source,
    configFile: false,
    logLevel: 'error',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      modulePreload: { polyfill: false },
      // Nothing may be inlined: the content security policy allows files of our own only.
      assetsInlineLimit: 0,
    },
    plugins: [
      {
        name: 'outside',
        moduleParsed({ id }) {
          const file = path.relative(root, id.split('?')[0]);
          if (file.startsWith('src') && !file.startsWith(path.relative(root, source))) outside.add(file);
        },
      },
    ],
  });
  return [...outside].sort();
}

/** Whole or not at all; where another build has just put its own there, that is as good. */
function replace(fresh) {
  rmSync(target, { recursive: true, force: true });
  try {
    renameSync(fresh, target);
  } catch (error) {
    if (!existsSync(path.join(target, 'files.json'))) throw error;
  }
}

/** Packs once, at the highest level, what is sent many times. */
function pack(folder) {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
  const list = files.map((file) => {
    const content = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
    writeFileSync(
      `${file}.br`,
      brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }),
    );
    return path.relative(folder, file).split(path.sep).join('/');
  });
  writeFileSync(path.join(folder, 'files.json'), JSON.stringify(list.sort(), undefined, 2));
}

function hashOf(outside) {
  const hash = createHash('sha256');
  const own = readdirSync(source, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
  for (const file of [...own, ...outside, 'scripts/pages.mjs', 'package.json']) {
    hash.update(file);
    const place = path.join(root, file);
    if (existsSync(place)) hash.update(readFileSync(place));
  }
  return hash.digest('hex');
}
