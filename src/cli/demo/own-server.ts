import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { StoryBroken } from './expected.js';
import type { ServerPlace } from './stage.js';

export interface OwnServer extends ServerPlace {
  stop(): Promise<void>;
}

/** A server for this story alone: a process of its own on free ports, with an empty data folder and its own PostgreSQL. */
export async function startOwnServer(controller: string): Promise<OwnServer> {
  const dataFolder = await mkdtemp(path.join(tmpdir(), 'hjemmebro-demo-'));
  const [port, mllpPort] = await freePorts();
  const settings = {
    PORT: String(port),
    MLLP_PORT: String(mllpPort),
    HJEMMEBRO_DATA: dataFolder,
    CONTROLLER: controller,
    LOG_LEVEL: 'error',
  };
  const child = fork(fileURLToPath(new URL('./server-process.js', import.meta.url)), [JSON.stringify(settings)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      if (child.connected) child.disconnect();
      await ended;
    }
    await rm(dataFolder, { recursive: true, force: true });
  };
  const ready = await Promise.race([once(child, 'message').then(() => true), once(child, 'exit').then(() => false)]);
  if (!ready) {
    await stop();
    throw new StoryBroken('Serveren startet ikke; det den sa, står over.');
  }
  return { base: `http://localhost:${port}/fhir`, mllpPort, dataFolder, controller, stop };
}

/** Two different ones: both are held until both are known. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) {
    server.close();
    await once(server, 'close');
  }
  return [ports[0]!, ports[1]!];
}
