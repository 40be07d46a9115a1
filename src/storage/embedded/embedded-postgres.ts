import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { chown, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../kernel/index.js';
import { Failure } from '../../kernel/index.js';
import type { Connection } from '../pool.js';
import type { Account } from './account.js';
import { chooseAccount } from './account.js';
import type { Binaries } from './binaries.js';
import { findBinaries } from './binaries.js';
import { databaseUser, makeDataDirectory } from './data-directory.js';
import type { Owner } from './owner.js';
import { ensureDatabase, takeOwnership } from './owner.js';
import { clearStalePidFile, findPostmaster, stopPostmaster } from './postmaster.js';
import { run } from './run.js';
import { serverSettings } from './settings.js';

export interface EmbeddedPostgresOptions {
  /** Where everything is kept; made when missing. */
  readonly dataFolder: string;
  readonly log: Log;
  /** false: faster, but a crash of the machine loses the data. For tests. */
  readonly durable?: boolean;
}

export interface EmbeddedPostgres {
  readonly connection: Connection;
  /** Process number of the PostgreSQL that runs now. */
  pid(): number;
  /** Stops the database cleanly. Close pools first: open transactions are rolled back. */
  stop(): Promise<void>;
}

/** sun_path of a unix socket has 108 bytes with its end; PostgreSQL adds `/.s.PGSQL.5432`. */
const longestSocketFolder = 107 - '/.s.PGSQL.5432'.length;
/** How long another server that is just stopping may keep the data folder. */
const ownerPatience = 5_000;
/** How long a database left running may recover before it answers. */
const recoveryPatience = 300_000;

/**
 * Starts the PostgreSQL that came with npm on `dataFolder`, and starts it again when it ends by itself. A PostgreSQL left
 * behind by a killed server is stopped first. Restarting keeps the connection's place.
 *
 * @throws Failure `conflict` when another server uses the folder; `fault` with PostgreSQL's own words when it won't start
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const cluster = await Cluster.prepare(options);
  await cluster.start();
  return { connection: cluster.connection, pid: () => cluster.pid, stop: () => cluster.stop() };
}

interface Places {
  readonly directory: string;
  readonly socketFolder: string;
  readonly logFile: string;
}

class Cluster {
  pid = 0;
  private child: ChildProcess | undefined;
  private owner: Owner | undefined;
  private stopping = false;
  private supervision: Promise<void> = Promise.resolve();
  private readonly endWithUs = (): void => {
    try {
      process.kill(this.pid, 'SIGINT');
    } catch {
      // Already gone.
    }
  };

  private constructor(
    private readonly options: EmbeddedPostgresOptions,
    private readonly account: Account,
    private readonly binaries: Binaries,
    private readonly places: Places,
  ) {}

  static async prepare(options: EmbeddedPostgresOptions): Promise<Cluster> {
    const wanted = path.resolve(options.dataFolder);
    const account = await chooseAccount(wanted, path.join(wanted, 'postgres'));
    const dataFolder = await realpath(wanted);
    const directory = path.join(dataFolder, 'postgres');
    const binaries = await findBinaries(dataFolder, account);
    await makeDataDirectory(directory, binaries, account);
    const socketFolder = await makeSocketFolder(dataFolder, account);
    return new Cluster(options, account, binaries, {
      directory,
      socketFolder,
      logFile: path.join(dataFolder, 'postgres.log'),
    });
  }

  get connection(): Connection {
    return { host: this.places.socketFolder, port: 5432, user: databaseUser, database: databaseUser };
  }

  async start(): Promise<void> {
    try {
      await this.bringUp(ownerPatience);
      await ensureDatabase(this.owner!, databaseUser);
    } catch (error) {
      await this.stop();
      throw error;
    }
    process.once('exit', this.endWithUs);
    await this.removeLeftovers();
    this.supervision = this.supervise();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    process.removeListener('exit', this.endWithUs);
    const owned = this.owner !== undefined;
    await this.owner?.client.end().catch(() => undefined);
    if (owned || this.child) await stopPostmaster(this.places.directory, this.pid);
    await this.supervision;
    await rm(this.places.socketFolder, { recursive: true, force: true });
  }

  /** Until this server owns a PostgreSQL of its own on the folder. */
  private async bringUp(patience: number): Promise<void> {
    const { directory } = this.places;
    for (let attempt = 0; ; attempt++) {
      const leftover = await findPostmaster(directory);
      if (leftover) await this.takeOver(leftover.pid, patience);
      await clearStalePidFile(directory);
      const child = this.launch();
      if (await this.becomesReady(child)) {
        const owner = await takeOwnership({ ...this.connection, database: 'postgres' }, patience).catch(
          () => 'ended' as const,
        );
        if (owner === undefined) throw this.usedByAnother();
        if (owner !== 'ended') {
          this.owner = owner;
          return;
        }
      }
      // Either another start was quicker (it will be found above), or what a killed server left is still ending.
      if (attempt >= 3 && !(await findPostmaster(directory))) throw await this.failedToStart();
      await sleep(100 * (attempt + 1));
    }
  }

  /** Stops a PostgreSQL that nobody owns any more. */
  private async takeOver(pid: number, patience: number): Promise<void> {
    const { directory } = this.places;
    for (let waited = 0; waited < recoveryPatience; waited += 50) {
      const found = await findPostmaster(directory);
      if (!found || found.pid !== pid) return;
      if (found.ready) {
        const place = { host: found.socketFolder, port: found.port, user: databaseUser, database: 'postgres' };
        const owner = await takeOwnership(place, patience).catch(() => 'unreachable' as const);
        if (owner === undefined) throw this.usedByAnother();
        if (owner !== 'unreachable') {
          this.options.log.warn({ pid }, 'stopping a database that an earlier server left running');
          await stopPostmaster(directory, pid);
          await owner.client.end().catch(() => undefined);
          if (path.basename(found.socketFolder).startsWith('hjemmebro-socket-')) {
            await rm(found.socketFolder, { recursive: true, force: true });
          }
          return;
        }
      }
      await sleep(50);
    }
    throw new Failure('fault', `A database left running on ${directory} (process ${pid}) neither answers nor ends.`);
  }

  private launch(): ChildProcess {
    const { directory, socketFolder, logFile } = this.places;
    // Left by a PostgreSQL of this start that was killed; nobody else uses the folder.
    for (const name of readdirSync(socketFolder)) rmSync(path.join(socketFolder, name), { force: true });
    if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > 1_000_000) truncateSync(logFile);
    const output = openSync(logFile, 'a', 0o600);
    const child = run({
      file: path.join(this.binaries.folder, 'bin', 'postgres'),
      words: ['-D', directory, ...serverSettings(socketFolder, this.options.durable ?? true)],
      account: this.account,
      folder: '/',
      output,
    });
    closeSync(output);
    child.on('error', () => undefined);
    child.unref();
    this.child = child;
    this.pid = child.pid ?? 0;
    return child;
  }

  private async becomesReady(child: ChildProcess): Promise<boolean> {
    for (let waited = 0; child.exitCode === null && child.signalCode === null && child.pid; waited += 10) {
      const found = await findPostmaster(this.places.directory);
      if (found?.pid === child.pid && found.ready) return true;
      if (waited > 0 && waited % 10_000 === 0) this.options.log.info({}, 'waiting for the database to recover');
      await sleep(10);
    }
    this.child = undefined;
    return false;
  }

  /** The pool finds the new one by itself: it has the same place. */
  private async supervise(): Promise<void> {
    for (;;) {
      await this.owner!.lost;
      if (this.stopping) return;
      this.options.log.error({ pid: this.pid }, 'the database ended unexpectedly; starting it again');
      for (let pause = 100; !this.stopping; pause = Math.min(pause * 2, 5_000)) {
        try {
          await this.bringUpAgain();
          this.options.log.warn({ pid: this.pid }, 'the database runs again');
          break;
        } catch (error) {
          this.options.log.error({ err: error }, 'the database could not be started again; trying once more');
          await sleep(pause);
        }
      }
      if (this.stopping) return;
    }
  }

  /** When only the connections were cut (one backend crashed), the same PostgreSQL recovers by itself. */
  private async bringUpAgain(): Promise<void> {
    const running = await findPostmaster(this.places.directory);
    if (running?.pid !== this.pid) return this.bringUp(0);
    const owner = await takeOwnership({ ...this.connection, database: 'postgres' }, ownerPatience);
    if (!owner) throw this.usedByAnother();
    this.owner = owner;
  }

  private async removeLeftovers(): Promise<void> {
    const folder = path.dirname(this.places.directory);
    const own = path.basename(this.places.socketFolder);
    for (const name of await readdir(folder)) {
      if (name === own || !/^(postgres\.new|socket)-/.test(name)) continue;
      await rm(path.join(folder, name), { recursive: true, force: true });
    }
  }

  private usedByAnother(): Failure {
    const folder = path.dirname(this.places.directory);
    return new Failure(
      'conflict',
      `Another server is using the data folder ${folder}. Stop it, or set HJEMMEBRO_DATA to another folder.`,
    );
  }

  private async failedToStart(): Promise<Failure> {
    const said = (await readFile(this.places.logFile, 'utf8').catch(() => '')).trim().split('\n').slice(-5).join('\n');
    return new Failure('fault', `The database did not start. PostgreSQL says:\n${said}`);
  }
}

/**
 * A folder of this start's own, so that a socket which a killed server left is never in the way: in the data folder when the
 * path is short enough, else among the temporary files.
 */
async function makeSocketFolder(dataFolder: string, account: Account): Promise<string> {
  const temporary = path.join(tmpdir(), 'hjemmebro-socket-');
  const prefix = [path.join(dataFolder, 'socket-'), temporary].find(
    (each) => Buffer.byteLength(each) + 6 <= longestSocketFolder,
  );
  const folder = await mkdtemp(prefix ?? '/tmp/hjemmebro-socket-');
  if (account.uid !== undefined) await chown(folder, account.uid, account.gid!);
  return folder;
}

/** Where the database of a server that is running on the data folder answers; undefined: none runs there. */
export async function runningEmbedded(dataFolder: string): Promise<Connection | undefined> {
  const folder = await realpath(path.resolve(dataFolder)).catch(() => undefined);
  const found = folder === undefined ? undefined : await findPostmaster(path.join(folder, 'postgres'));
  return found?.ready === true
    ? { host: found.socketFolder, port: found.port, user: databaseUser, database: databaseUser }
    : undefined;
}
