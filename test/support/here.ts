import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readConfig } from '../../src/config/config.js';
import { type DemoClientId, demoClients } from '../../src/config/demo.js';
import { demoKeys, demoToken } from '../../src/http/demo-keys.js';
import { type Clock, systemClock } from '../../src/kernel/clock.js';
import { uuidv7 } from '../../src/kernel/ids.js';
import { type Log, silentLog } from '../../src/kernel/log.js';
import type { RunningServer } from '../../src/system/start-server.js';
import { startServer } from '../../src/system/start-server.js';
import { createTestDatabase } from './database.js';
import { freePorts } from './server.js';

/** A server in this very process, on a database of its own and free ports. */
export interface HereServer {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  readonly base: string;
  readonly mllpPort: number;
  readonly dataFolder: string;
  readonly running: RunningServer;
  /** As that demo client (undefined: without a token); a body that is not text is sent as FHIR JSON. */
  request(client: DemoClientId | undefined, path: string, init?: HereRequest): Promise<HereResponse>;
  token(client: DemoClientId): Promise<string>;
  stop(): Promise<void>;
}

export interface HereRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface HereResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined when there is none. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
}

/** @param options `clock` for time under the test's control; `environment` for settings */
export async function startHere(
  options: { readonly clock?: Clock; readonly log?: Log; readonly environment?: Readonly<Record<string, string>> } = {},
): Promise<HereServer> {
  const dataFolder = await mkdtemp(path.join(tmpdir(), 'hjemmebro-here-'));
  const database = await createTestDatabase();
  const [port, mllpPort] = await freePorts();
  const config = readConfig({
    PORT: String(port),
    MLLP_PORT: String(mllpPort),
    BASE_URL: `http://127.0.0.1:${port}/fhir`,
    LOG_LEVEL: 'silent',
    HJEMMEBRO_DATA: dataFolder,
    DATABASE_URL: database.url,
    ...options.environment,
  });
  const clock = options.clock ?? systemClock;
  const running = await startServer({ config, log: options.log ?? silentLog, clock });
  const origin = `http://127.0.0.1:${running.port}`;
  const keys = await demoKeys(dataFolder);
  const tokens = new Map<DemoClientId, string>();
  const token = async (client: DemoClientId): Promise<string> => {
    const known =
      tokens.get(client) ??
      (await demoToken(keys, demoClients[client], {
        controller: config.CONTROLLER,
        now: clock.now(),
        ids: uuidv7(clock),
        lifetime: 365 * 86_400,
      }));
    tokens.set(client, known);
    return known;
  };
  return {
    origin,
    base: `${origin}/fhir`,
    mllpPort: running.mllpPort ?? 0,
    dataFolder,
    running,
    token,
    request: async (client, place, init) =>
      ask(origin, client === undefined ? undefined : await token(client), place, init),
    async stop() {
      await running.stop();
      await database.drop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

/** @param place a path of the server, or what stands below `/fhir/` */
export async function ask(
  origin: string,
  token: string | undefined,
  place: string,
  init: HereRequest = {},
): Promise<HereResponse> {
  const isText = typeof init.body === 'string' || init.body === undefined;
  const response = await fetch(place.startsWith('/') ? `${origin}${place}` : `${origin}/fhir/${place}`, {
    method: init.method ?? (init.body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(init.body === undefined ? {} : { 'content-type': 'application/fhir+json' }),
      ...init.headers,
    },
    ...(init.body === undefined ? {} : { body: isText ? (init.body as string) : JSON.stringify(init.body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    json:
      text.startsWith('{') && !response.headers.get('content-type')?.includes('ndjson') ? JSON.parse(text) : undefined,
  };
}
