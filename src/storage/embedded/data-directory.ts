import { chown, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../../kernel/index.js';
import type { Account } from './account.js';
import type { Binaries } from './binaries.js';
import { run } from './run.js';

/** The user that owns everything in the embedded database. */
export const databaseUser = 'hjemmebro';

/**
 * Makes the database cluster when there is none. It is made beside its place and moved there whole, so that a start that
 * was cut off, or two at once, leave nothing half made.
 */
export async function makeDataDirectory(directory: string, binaries: Binaries, account: Account): Promise<void> {
  if (await exists(path.join(directory, 'PG_VERSION'))) return checkVersion(directory, binaries);
  const fresh = await mkdtemp(`${directory}.new-`);
  try {
    if (account.uid !== undefined) await chown(fresh, account.uid, account.gid!);
    await initialise(fresh, binaries, account);
    await rename(fresh, directory);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (!(await exists(path.join(directory, 'PG_VERSION')))) throw error;
  }
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

async function initialise(directory: string, binaries: Binaries, account: Account): Promise<void> {
  const { code, output } = await outputOf(path.join(binaries.folder, 'bin', 'initdb'), account, [
    '-D',
    directory,
    `--username=${databaseUser}`,
    '--auth=trust',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--data-checksums',
    '--no-instructions',
  ]);
  if (code !== 0) throw new Failure('fault', `The database could not be made in ${directory}: ${output.trim()}`);
}

async function checkVersion(directory: string, binaries: Binaries): Promise<void> {
  const major = (await readFile(path.join(directory, 'PG_VERSION'), 'utf8')).trim();
  if (major === binaries.major) return;
  throw new Failure(
    'conflict',
    `The data in ${directory} is of PostgreSQL ${major}; this server brings ${binaries.major}.`,
  );
}

function outputOf(file: string, account: Account, words: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = run({ file, words, account, folder: '/', output: 'pipe' });
    let output = '';
    child.stdout!.on('data', (chunk) => (output += chunk));
    child.stderr!.on('data', (chunk) => (output += chunk));
    child.on('error', (cause) =>
      reject(new Failure('fault', `${path.basename(file)} could not be started.`, { cause })),
    );
    child.on('close', (code) => resolve({ code, output }));
  });
}
