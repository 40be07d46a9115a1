/** `npm run -s retention`: removes what is kept no longer than RETENTION_AUDIT_DAYS and RETENTION_MESSAGE_DAYS say. */
import { ConfigError, readConfig } from '../config/config.js';
import { systemClock } from '../kernel/clock.js';
import { Failure } from '../kernel/failure.js';
import { silentLog } from '../kernel/log.js';
import { applyRetention } from '../storage/retention.js';
import { openForCommand } from '../system/database.js';

const day = 86_400_000;

async function main(): Promise<void> {
  const config = readConfig();
  const now = systemClock.now();
  const before = (name: 'auditBefore' | 'messagesBefore', days: number): object =>
    days === 0 ? {} : { [name]: now - days * day };
  const database = await openForCommand(config, silentLog);
  try {
    const gone = await applyRetention(database.pool, {
      ...before('auditBefore', config.RETENTION_AUDIT_DAYS),
      ...before('messagesBefore', config.RETENTION_MESSAGE_DAYS),
      now,
    });
    process.stdout.write(`${gone.audit} entries of the log and ${gone.messages} messages were removed.\n`);
  } finally {
    await database.stop();
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Failure || error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
