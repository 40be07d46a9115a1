/** `npm run -s token -- <client> [--expires 12h]`: prints a bearer token of a demo client, and nothing else. */
import { parseArgs } from 'node:util';
import { ConfigError, readConfig } from '../config/config.js';
import { demoClients, isDemoClient } from '../config/demo.js';
import { demoKeys, demoToken, refuseDemoKeysInProduction } from '../http/demo-keys.js';
import { Failure, systemClock, uuidv7 } from '../kernel/index.js';

const usage = `Usage: npm run -s token -- <client> [--expires 12h]
Clients:
${Object.values(demoClients)
  .map((client) => `  ${client.id.padEnd(14)}${client.name}`)
  .join('\n')}
`;

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const longest = 30 * 86_400;

/** `12h`, `30m`, `90s`, `1d` or a number of seconds → seconds; undefined for anything else. */
function seconds(text: string): number | undefined {
  const [, number, unit] = /^(\d{1,7})([smhd]?)$/.exec(text) ?? [];
  const value = number === undefined ? 0 : Number(number) * units[unit === '' ? 's' : unit!]!;
  return value > 0 && value <= longest ? value : undefined;
}

async function main(): Promise<number> {
  const request = readArguments();
  if (request === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const config = readConfig();
  refuseDemoKeysInProduction(config);
  const keys = await demoKeys(config.HJEMMEBRO_DATA);
  const token = await demoToken(keys, request.client, {
    controller: config.CONTROLLER,
    now: systemClock.now(),
    ids: uuidv7(systemClock),
    lifetime: request.lifetime,
  });
  process.stdout.write(`${token}\n`);
  return 0;
}

function readArguments(): { client: (typeof demoClients)[keyof typeof demoClients]; lifetime: number } | undefined {
  try {
    const { values, positionals } = parseArgs({
      options: { expires: { type: 'string', default: '12h' } },
      allowPositionals: true,
    });
    const [id, ...rest] = positionals;
    const lifetime = seconds(values.expires);
    if (id === undefined || rest.length > 0 || !isDemoClient(id) || lifetime === undefined) return undefined;
    return { client: demoClients[id], lifetime };
  } catch {
    return undefined; // an option that does not exist
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Failure || error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
