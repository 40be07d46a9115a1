import { spawnSync } from 'node:child_process';
import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../../kernel/index.js';

/** Under whom PostgreSQL runs: it refuses to run as root. */
export interface Account {
  /** Set when we are root; otherwise PostgreSQL runs as ourselves. */
  readonly uid?: number;
  readonly gid?: number;
  /** A program put before `postgres` that changes the account itself and keeps the right to pass closed folders. */
  readonly launcher: readonly string[];
}

const nobody = 65534;

/**
 * Chooses the account and makes sure that it reaches the data folder. As root that is the owner of an existing
 * database, else `nobody`. A data folder below a closed one (`/root`) is reached with the one capability needed for it.
 *
 * @param dataFolder existing or not; made when missing
 * @param directory the database within it
 */
export async function chooseAccount(dataFolder: string, directory: string): Promise<Account> {
  await makeFolder(dataFolder);
  if (process.geteuid?.() !== 0) return { launcher: [] };
  const owner = await stat(directory).catch(() => undefined);
  const account = owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : { uid: nobody, gid: nobody };
  if (await reachable(dataFolder, account)) return { ...account, launcher: [] };
  if (await reachable(path.dirname(dataFolder), account)) {
    await openToGroup(dataFolder, account.gid);
    return { ...account, launcher: [] };
  }
  return { ...account, launcher: findLauncher(account) };
}

/** Whether an account may pass every folder on the way to `target` and read what is there. */
export async function reachable(
  target: string,
  account: { readonly uid?: number; readonly gid?: number },
): Promise<boolean> {
  if (account.uid === undefined) return true;
  for (let at = path.resolve(target); ; at = path.dirname(at)) {
    const { mode, uid, gid } = await stat(at);
    const passes = uid === account.uid ? mode & 0o100 : gid === account.gid ? mode & 0o010 : mode & 0o001;
    if (!passes) return false;
    if (at === path.dirname(at)) return true;
  }
}

async function makeFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true });
  if (made !== undefined) await chmod(folder, 0o755);
}

async function openToGroup(folder: string, gid: number): Promise<void> {
  const { mode } = await stat(folder);
  await chown(folder, 0, gid);
  await chmod(folder, (mode & 0o7777) | 0o010);
}

function findLauncher(account: { readonly uid: number; readonly gid: number }): readonly string[] {
  const ids = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  // dac_read_search is enough, but containers often lack it and have dac_override.
  const candidates = ['dac_read_search', 'dac_override'].map((capability) => [
    'setpriv',
    ...ids,
    `--inh-caps=+${capability}`,
    `--ambient-caps=+${capability}`,
    '--',
  ]);
  const found = candidates.find(([program, ...words]) => spawnSync(program!, [...words, 'true']).status === 0);
  if (!found) {
    throw new Failure(
      'busy',
      'The database may not run as root, and another account cannot reach the data folder. ' +
        'Set HJEMMEBRO_DATA to a folder that others may pass, or start the server as an ordinary user.',
    );
  }
  return found;
}
