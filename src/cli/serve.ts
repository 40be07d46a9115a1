/** `npm start [-- --demo]`: starts the server and runs until it is told to stop. */
import { parseArgs } from 'node:util';
import { ConfigError, readConfig } from '../config/config.js';
import { Failure } from '../kernel/failure.js';
import { createLog } from '../observability/log.js';
import { startServer } from '../system/start-server.js';
import { lookAround } from './look-around.js';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { demo: { type: 'boolean', default: false } } });
  const config = readConfig();
  if (values.demo && config.production)
    throw new ConfigError('--demo loads invented patients and is for development only.');
  const log = createLog(config.LOG_LEVEL);
  const server = await startServer({ config, log, demo: values.demo });
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return; // a terminal sends the signal to the launcher and to us
    stopping = true;
    log.info({ signal }, 'stopping');
    server.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  log.info({ url: server.base, mllp: server.mllpPort }, `ready at ${server.base}`);
  if (values.demo) process.stdout.write(lookAround({ base: server.base, dataFolder: config.HJEMMEBRO_DATA }));
}

function fail(error: unknown): never {
  const known = error instanceof Failure || error instanceof ConfigError;
  const { code, port } = (error ?? {}) as { code?: string; port?: number };
  const sentence =
    code === 'EADDRINUSE'
      ? `Port ${port} is taken by another program: set PORT (or MLLP_PORT) to a free one.`
      : undefined;
  process.stderr.write(
    `${sentence ?? (known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`,
  );
  process.exit(1);
}

main().catch(fail);
