import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type DemoClientId, demoClients } from '../../src/config/demo.js';
import { demoKeys, demoToken } from '../../src/http/demo-keys.js';
import { systemClock, uuidv7 } from '../../src/kernel/index.js';
import { root } from '../architecture/source-files.js';
import { createTestDatabase } from './database.js';

export interface ServerOptions {
  /** Kept when given, else a temporary folder that goes with the server. */
  readonly dataFolder?: string;
  /** The server's own PostgreSQL in the data folder, instead of a database of the test run. */
  readonly embedded?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly words?: readonly string[];
  /** Told the port before the start. */
  readonly onPort?: (port: number) => void;
  /** Whether it is ready, where plain HTTP cannot ask. */
  readonly secure?: () => Promise<boolean>;
  /** Another Node.js than that of the tests; run through the launcher. */
  readonly node?: string;
}

export interface RunningServer {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** `<origin>/fhir` */
  readonly base: string;
  readonly mllpPort: number;
  readonly dataFolder: string;
  readonly child: ChildProcess;
  /** What it has written so far. */
  readonly output: () => string;
  token(client: DemoClientId): Promise<string>;
  /** As that demo client; a body that is not text is sent as FHIR JSON. */
  request(client: DemoClientId, path: string, init?: FhirRequest): Promise<Response>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL: nothing is finished. */
  kill(): Promise<void>;
}

export interface FhirRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** Starts the built server on free ports and waits until it is ready. Everything it used is gone after `stop` or `kill`. */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const dataFolder = options.dataFolder ?? (await mkdtemp(path.join(tmpdir(), 'hjemmebro-server-')));
  const database = options.embedded ? undefined : await createTestDatabase();
  await database?.pool.end();
  const [port, mllpPort] = await freePorts();
  options.onPort?.(port);
  const cleanUp = async (): Promise<void> => {
    await database?.drop();
    if (options.dataFolder === undefined) await rm(dataFolder, { recursive: true, force: true });
  };
  const { child, output } = launch(options, {
    PORT: String(port),
    HOST: '127.0.0.1',
    MLLP_PORT: String(mllpPort),
    HJEMMEBRO_DATA: dataFolder,
    ...(database && { DATABASE_URL: database.url }),
  });
  const origin = `http://127.0.0.1:${port}`;
  const exited = once(child, 'exit') as Promise<[number | null]>;
  let ended: Promise<number | null> | undefined;
  const end = (signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> => {
    ended ??= (async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      const impatience = setTimeout(() => child.kill('SIGKILL'), 40_000);
      const [code] = await exited;
      clearTimeout(impatience);
      await cleanUp();
      return code;
    })();
    return ended;
  };
  try {
    await ready(options.secure ?? (() => isReady(origin)), child, output);
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
  const token = tokens(dataFolder);
  return {
    origin,
    base: `${origin}/fhir`,
    mllpPort: mllpPort!,
    dataFolder,
    child,
    output,
    token,
    async request(client, where, { method = 'GET', headers = {}, body, signal } = {}) {
      const content = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      return fetch(where.startsWith('/') ? `${origin}${where}` : `${origin}/fhir/${where}`, {
        method,
        headers: {
          authorization: `Bearer ${await token(client)}`,
          ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }),
          ...headers,
        },
        ...(content === undefined ? {} : { body: content as string }),
        ...(signal && { signal }),
      });
    },
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
  };
}

/** Starts it where it is expected to refuse: its exit code and everything it said. */
export async function startRefused(
  options: ServerOptions & { readonly dataFolder: string },
): Promise<{ code: number | null; output: string }> {
  const [port] = await freePorts();
  const { child, output } = launch(options, { PORT: String(port), MLLP_PORT: '0', HJEMMEBRO_DATA: options.dataFolder });
  const [code] = (await once(child, 'exit')) as [number | null];
  return { code, output: output() };
}

function launch(
  options: ServerOptions,
  environment: Readonly<Record<string, string>>,
): { child: ChildProcess; output: () => string } {
  const script = path.join(root, 'dist/cli/serve.js');
  const words = [...(options.node ? [path.join(root, 'scripts/run.mjs')] : []), script, ...(options.words ?? [])];
  const { NODE_OPTIONS: _ours, DATABASE_URL: _theirs, npm_lifecycle_event: _npm, ...inherited } = process.env;
  const child = spawn(options.node ?? process.execPath, words, {
    cwd: root,
    env: { ...inherited, LOG_LEVEL: 'info', ...environment, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return { child, output: () => said };
}

const isReady = async (origin: string): Promise<boolean> => (await fetch(`${origin}/health/ready`)).ok;

async function ready(asked: () => Promise<boolean>, child: ChildProcess, output: () => string): Promise<void> {
  for (let waited = 0; waited < 30_000; waited += 50) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    if (await asked().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`The server did not become ready. It said:\n${output()}`);
}

/** One token per client, made when first asked for. */
function tokens(dataFolder: string): (client: DemoClientId) => Promise<string> {
  const made = new Map<DemoClientId, Promise<string>>();
  return (client) => {
    let token = made.get(client);
    if (token === undefined) {
      token = demoKeys(dataFolder).then((keys) =>
        demoToken(keys, demoClients[client], {
          controller: '310000019',
          now: systemClock.now(),
          ids: uuidv7(systemClock),
          lifetime: 3600,
        }),
      );
      made.set(client, token);
    }
    return token;
  };
}

/** Two different ones: both are held until both are known. */
export async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(async (server) => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return (server.address() as { port: number }).port;
    }),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return [ports[0]!, ports[1]!];
}
