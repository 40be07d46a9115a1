import { link, lstat, mkdir, readdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { Failure } from '../kernel/failure.js';
import type { Log } from '../kernel/log.js';
import type { PloAnswer } from './plo-delivery.js';

export interface FolderSettings {
  /** Holds `in/`, `out/`, `done/`, `failed/`; they are made when missing. */
  readonly folder: string;
  /** Milliseconds between two looks; a file must be unchanged from one to the next. */
  readonly interval?: number;
  /** How long an unchanged file that does not look complete is waited for, in milliseconds. */
  readonly patience?: number;
}

/** Takes one message; `folder` is the carrier, so the caller binds its principal. */
export type FolderReceiver = (bytes: Uint8Array) => Promise<PloAnswer>;

export interface WatchedFolder {
  /** One look now: for tests, and when something says that a file has come. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

interface Seen {
  readonly size: number;
  readonly modified: number;
}

const temporary = /^[.~#]|\.(tmp|temp|part|partial|filepart|crdownload|swp|lock)$|~$/i;

/**
 * Watches a folder for messages. A file is taken when two looks have found it unchanged and it looks complete; its
 * receipt goes to `out/`, the file to `done/` (accepted) or `failed/` (refused or unreadable, with the reason beside it).
 * Every step is a rename, and the receipt is written before the file is moved: after a crash the file is taken again,
 * recognised by its MsgId, and gets the same receipt.
 */
export async function watchFolder(settings: FolderSettings, receive: FolderReceiver, log: Log): Promise<WatchedFolder> {
  const watcher = new Watcher(settings, receive, log);
  await watcher.prepare();
  return watcher;
}

class Watcher implements WatchedFolder {
  private seen = new Map<string, Seen>();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly settings: FolderSettings,
    private readonly receive: FolderReceiver,
    private readonly log: Log,
  ) {}

  async prepare(): Promise<void> {
    for (const name of ['in', 'out', 'done', 'failed']) await mkdir(this.place(name), { recursive: true });
    this.schedule();
  }

  look(): Promise<void> {
    this.looking ??= this.round().finally(() => (this.looking = undefined));
    return this.looking;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.looking;
  }

  private place(...parts: readonly string[]): string {
    return join(this.settings.folder, ...parts);
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.look()
        .catch((error: unknown) =>
          this.log.error(
            { error: error instanceof Error ? error.message : String(error) },
            'the message folder could not be read',
          ),
        )
        .finally(() => this.schedule());
    }, this.settings.interval ?? 500);
  }

  private async round(): Promise<void> {
    const before = this.seen;
    this.seen = new Map();
    const ready: { name: string; modified: number }[] = [];
    for (const name of await readdir(this.place('in'))) {
      if (temporary.test(name)) continue;
      const file = await lstat(this.place('in', name)).catch(() => undefined);
      if (file?.isFile() !== true) continue;
      this.seen.set(name, { size: file.size, modified: file.mtimeMs });
      const last = before.get(name);
      if (last?.size === file.size && last.modified === file.mtimeMs) ready.push({ name, modified: file.mtimeMs });
    }
    // The oldest first: an admission before its discharge.
    ready.sort((a, b) => a.modified - b.modified || (a.name < b.name ? -1 : 1));
    for (const { name, modified } of ready) {
      if (this.stopped || !(await this.take(name, modified))) return;
    }
  }

  /** @returns false when the queue has to wait: the database is away */
  private async take(name: string, modified: number): Promise<boolean> {
    const path = this.place('in', name);
    const bytes = await readFile(path);
    const age = (await newestTime(this.place('in'))) - modified;
    if (!looksComplete(bytes) && age < (this.settings.patience ?? 30_000)) return true;
    try {
      const answer = await this.receive(bytes);
      if (answer.body !== undefined) await this.writeReceipt(name, answer.body);
      await this.move(name, answer.accepted ? 'done' : 'failed');
    } catch (error) {
      if (!(error instanceof Failure) || error.category === 'busy' || error.category === 'fault') {
        this.log.error(
          { error: error instanceof Error ? error.message : String(error) },
          'a message file could not be taken now; it stays and is tried again',
        );
        return error instanceof Failure && error.category === 'fault';
      }
      this.log.warn({ category: error.category, error: error.message }, 'a message file was refused');
      const moved = await this.move(name, 'failed');
      await writeFile(this.place('failed', `${moved}.error.txt`), `${error.message}\n`);
    }
    return true;
  }

  /** `out/<name>-apprec.xml`, whole or not at all; the same receipt again is not a second file. */
  private async writeReceipt(name: string, body: Uint8Array): Promise<void> {
    const stem = basename(name, extname(name));
    for (let number = 1; ; number++) {
      const target = this.place('out', `${stem}-apprec${number === 1 ? '' : `-${number}`}.xml`);
      const present = await readFile(target).catch(() => undefined);
      if (present === undefined) return writeWhole(target, body);
      if (present.equals(body)) return;
    }
  }

  /** Moves without replacing an earlier file of the same name. */
  private async move(name: string, folder: 'done' | 'failed'): Promise<string> {
    const from = this.place('in', name);
    const extension = extname(name);
    for (let number = 1; ; number++) {
      const target = number === 1 ? name : `${basename(name, extension)}-${number}${extension}`;
      try {
        await link(from, this.place(folder, target));
        await unlink(from);
        return target;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EEXIST') continue;
        if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
        // A file system without hard links.
        await rename(from, this.place(folder, target));
        return target;
      }
    }
  }
}

/** XML ends with a tag; what does not is still being written, or cut off. UTF-16 has a zero byte after it. */
function looksComplete(bytes: Buffer): boolean {
  for (let at = bytes.length - 1; at >= 0; at--) {
    const byte = bytes[at]!;
    if (byte === 0x3e) return true;
    if (byte > 0x20) return false;
  }
  return false;
}

/** Writes beside the target and renames: a reader never sees half a file. */
export async function writeWhole(target: string, body: Uint8Array): Promise<void> {
  const draft = `${target}.tmp`;
  await writeFile(draft, body);
  await rename(draft, target);
}

/** The file system's own time, so that no other clock is asked. */
async function newestTime(folder: string): Promise<number> {
  const probe = join(folder, '.hjemmebro-clock');
  await writeFile(probe, '');
  const { mtimeMs } = await lstat(probe);
  await rm(probe, { force: true });
  return mtimeMs;
}
