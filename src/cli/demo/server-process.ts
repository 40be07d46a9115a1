/** The story's own server, with the settings that are its argument; ends with the process that started it. */
import { ConfigError, readConfig } from '../../config/config.js';
import { Failure } from '../../kernel/failure.js';
import { createLog } from '../../observability/log.js';
import { startServer } from '../../system/start-server.js';

try {
  const config = readConfig(JSON.parse(process.argv[2]!) as Record<string, string>);
  const server = await startServer({ config, log: createLog(config.LOG_LEVEL) });
  process.on('disconnect', () => void server.stop().then(() => process.exit(0)));
  // A terminal sends it to the whole group: the parent decides when this one stops.
  process.on('SIGINT', () => undefined);
  process.send!('ready');
} catch (error) {
  const known = error instanceof Failure || error instanceof ConfigError;
  process.stderr.write(`${known ? error.message : String(error)}\n`);
  process.exit(1);
}
