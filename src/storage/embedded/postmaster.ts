import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A running PostgreSQL, as its `postmaster.pid` tells of it. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly socketFolder: string;
  readonly ready: boolean;
}

/**
 * The PostgreSQL that runs on this data directory, if any. The process number in `postmaster.pid` is believed only if that
 * process works in this very directory: after a crash of the machine the number may be anybody's.
 * https://www.postgresql.org/docs/18/storage-file-layout.html
 */
export async function findPostmaster(directory: string): Promise<Postmaster | undefined> {
  const text = await readFile(pidFile(directory), 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !worksIn(pid, directory)) return undefined;
  return { pid, port: Number(lines[3] || 5432), socketFolder: lines[4] ?? '', ready: lines[7] === 'ready' };
}

/**
 * Removes a `postmaster.pid` whose process is gone, once no process of that database is left: PostgreSQL would refuse to
 * start if the number now belongs to another process.
 */
export async function clearStalePidFile(directory: string): Promise<void> {
  const text = await readFile(pidFile(directory), 'utf8').catch(() => undefined);
  if (text === undefined || (await findPostmaster(directory))) return;
  // What a killed postmaster leaves behind ends by itself as soon as it looks up from its work.
  for (let waited = 0; waited < 30_000 && processesIn(directory).length > 0; waited += 50) await sleep(50);
  if (processesIn(directory).length > 0) return;
  const again = await readFile(pidFile(directory), 'utf8').catch(() => undefined);
  if (again === text) await rm(pidFile(directory), { force: true });
}

/** Stops it (fast: open transactions are rolled back) and waits; after `patience` ms without its own checkpoint. */
export async function stopPostmaster(directory: string, pid: number, patience = 30_000): Promise<void> {
  for (const [signal, wait] of [
    ['SIGINT', patience],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    for (let waited = 0; waited < wait; waited += 10) {
      if (!worksIn(pid, directory)) return;
      await sleep(10);
    }
  }
}

const pidFile = (directory: string): string => path.join(directory, 'postmaster.pid');

/** Every process of PostgreSQL has the data directory as its current folder. A process that ended but is not yet collected has none. */
export function worksIn(pid: number, directory: string): boolean {
  try {
    return (
      readlinkSync(`/proc/${pid}/cwd`) === directory && readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('postgres')
    );
  } catch {
    return false;
  }
}

function processesIn(directory: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 1 && worksIn(pid, directory));
}
