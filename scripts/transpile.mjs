// src/**/*.ts → dist/**/*.js, file by file (not bundled), with source maps; *.sql is copied. Only what is newer is done again.
import {
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const source = path.join(root, 'src');
const target = path.join(root, 'dist');
/** For browsers: `pages.mjs` bundles them. */
const pages = path.join(source, 'web', 'pages') + path.sep;
const statOf = (file) => statSync(file, { throwIfNoEntry: false });

/** @param only files and folders below src (default: everything; then what has no source any more is removed) */
export async function transpile(only = ['']) {
  const stale = only
    .flatMap((name) => filesOf(path.join(source, name)))
    .map((file) => ({ file, out: outputOf(file), time: statOf(file).mtime }))
    .filter(({ out, time }) => !(Math.abs((statOf(out)?.mtimeMs ?? 0) - time.getTime()) < 2));
  if (stale.length > 0) {
    const { transform } = await import('esbuild');
    await Promise.all(stale.map((each) => write(each, transform)));
  }
  if (only.includes('')) removeOrphans();
  return stale.length;
}

function filesOf(at) {
  const stat = statOf(at);
  if (!stat) return [];
  if (!stat.isDirectory()) return [at];
  return readdirSync(at, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|sql|css|html|svg)$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => !file.startsWith(pages));
}

const outputOf = (file) => path.join(target, path.relative(source, file)).replace(/\.ts$/, '.js');

async function write({ file, out, time }, transform) {
  mkdirSync(path.dirname(out), { recursive: true });
  // Whole or not at all, also when two builds run at once; the source's time marks what it was made of.
  const fresh = `${out}.${process.pid}`;
  if (file.endsWith('.ts')) {
    const { code, map } = await transform(readFileSync(file, 'utf8'), {
      loader: 'ts',
      format: 'esm',
      target: 'es2023',
      sourcemap: 'external',
      sourcefile: path.relative(path.dirname(out), file),
      sourcesContent: false,
    });
    writeFileSync(`${fresh}.map`, map);
    renameSync(`${fresh}.map`, `${out}.map`);
    writeFileSync(fresh, `${code}//# sourceMappingURL=${path.basename(out)}.map\n`);
  } else {
    cpSync(file, fresh);
  }
  utimesSync(fresh, time, time);
  renameSync(fresh, out);
}

function removeOrphans() {
  const wanted = new Set(filesOf(source).map(outputOf));
  for (const entry of readdirSync(target, { withFileTypes: true, recursive: true })) {
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isFile() && !wanted.has(file.replace(/\.map$/, '')) && !/\.\d+(\.map)?$/.test(file))
      rmSync(file, { force: true });
  }
}
