import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly port: number;
  /** User and system CPU time of the process so far, in milliseconds. */
  cpu(): Promise<number>;
  /** Resident memory of the process in megabytes. */
  memory(): Promise<number>;
  stop(): Promise<void>;
}

/** A message from a child: its port once it serves, or its CPU time or memory when asked. */
type Told = { readonly port?: number; readonly cpu?: number; readonly memory?: number };

/**
 * Starts a module of this folder as a process of its own and waits until it serves.
 *
 * @param options.profileFolder where a CPU profile of the process goes, if one is wanted
 */
export async function startChild(
  module: 'server-process' | 'echo-process',
  options: { readonly given: unknown; readonly profileFolder?: string | undefined },
): Promise<Child> {
  const { profileFolder } = options;
  const execArgv = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  const file = fileURLToPath(new URL(`./${module}.js`, import.meta.url));
  const child = fork(file, [JSON.stringify(options.given)], {
    execArgv,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const { port } = await told(child);
  return {
    port: port!,
    async cpu() {
      child.send('cpu');
      return (await told(child)).cpu ?? 0;
    },
    async memory() {
      child.send('memory');
      return (await told(child)).memory ?? 0;
    },
    async stop() {
      const ended = once(child, 'exit');
      if (child.connected) child.send('stop');
      await ended;
    },
  };
}

function told(child: ChildProcess): Promise<Told> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown): void => {
      child.off('exit', onExit);
      resolve(message as Told);
    };
    const onExit = (code: number | null): void => {
      child.off('message', onMessage);
      reject(new Error(`A process of the benchmark ended (${code}).`));
    };
    child.once('message', onMessage);
    child.once('exit', onExit);
  });
}

/** The child's side: tells the port, answers questions, stops when told to or when the parent is gone. */
export function serveParent(port: number, stop: () => Promise<void>): void {
  const end = (): void => void stop().then(() => process.exit(0));
  process.on('message', (message) => {
    if (message === 'stop') end();
    else if (message === 'memory') process.send!({ memory: process.memoryUsage.rss() / 1024 / 1024 });
    else if (message === 'cpu') {
      const { user, system } = process.cpuUsage();
      process.send!({ cpu: (user + system) / 1000 });
    }
  });
  process.on('disconnect', end);
  process.send!({ port });
}
