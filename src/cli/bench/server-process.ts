/** The server under test, in a process of its own, with the settings that are its argument. */
import { readConfig } from '../../config/config.js';
import { createLog } from '../../observability/log.js';
import { startServer } from '../../system/start-server.js';
import { serveParent } from './child-process.js';

const config = readConfig(JSON.parse(process.argv[2]!) as Record<string, string>);
const server = await startServer({ config, log: createLog(config.LOG_LEVEL) });
serveParent(server.port, () => server.stop());
