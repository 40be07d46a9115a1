import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Account } from './account.js';

/** How one of PostgreSQL's programs is started. */
export interface Program {
  readonly file: string;
  readonly words: readonly string[];
  readonly account: Account;
  /** Current folder; one that the account reaches. */
  readonly folder: string;
  /** File descriptor for what it says, or `pipe`. */
  readonly output: number | 'pipe';
}

/**
 * Starts a program of PostgreSQL under its account, in a session of its own: a Ctrl-C in the terminal is for the server,
 * which stops the database itself when its last work is done.
 */
export function run(program: Program): ChildProcess {
  const { account } = program;
  const [file, ...words] = [...account.launcher, program.file, ...program.words] as [string, ...string[]];
  const change =
    account.launcher.length === 0 && account.uid !== undefined ? { uid: account.uid, gid: account.gid } : {};
  return spawn(file, words, {
    cwd: program.folder,
    detached: true,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', program.output, program.output],
    ...change,
  });
}
