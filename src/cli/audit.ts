/**
 * `npm run -s audit -- verify [--expect <number>:<hash>]`: computes the hash chain of the audit log anew. Exit code 0: nothing
 * was changed; 1: something was; 2: the command cannot be understood or the log not read.
 */
import { Command, CommanderError } from 'commander';
import { type Config, ConfigError, readConfig } from '../config/config.js';
import { auditKey, ownSecret } from '../http/sealed.js';
import { Failure } from '../kernel/failure.js';
import { silentLog } from '../kernel/log.js';
import { type AuditVerdict, verifyAudit } from '../storage/audit-seal.js';
import { openForCommand } from '../system/database.js';

interface Expected {
  readonly number: number;
  readonly hash: string;
}

async function main(args: readonly string[]): Promise<number> {
  const command = new Command('audit').description('The audit log.').exitOverride();
  let expected: Expected | undefined;
  command
    .command('verify')
    .description('Computes the hash chain anew and tells where the log was changed.')
    .option('--expect <seal>', 'a link that was noted earlier, <number>:<hash>', readSeal)
    .exitOverride()
    .action((options: { readonly expect?: Expected }) => {
      expected = options.expect;
    });
  command.parse([...args], { from: 'user' });
  const verdict = await verified(readConfig(), expected);
  for (const { sentence } of verdict.problems) process.stdout.write(`${sentence}\n`);
  process.stdout.write(
    `${verdict.rows} entries under ${verdict.seals} seals, ${verdict.unsealed} not sealed yet. ` +
      `${verdict.problems.length === 0 ? 'Nothing was changed' : 'THE LOG WAS CHANGED'}.\n` +
      `Last seal, to be noted elsewhere: ${verdict.last.number}:${verdict.last.hash}\n`,
  );
  return verdict.problems.length === 0 ? 0 : 1;
}

async function verified(config: Config, expected: Expected | undefined): Promise<AuditVerdict> {
  const secret = config.SECRET_KEY ?? (await ownSecret(config.HJEMMEBRO_DATA));
  const database = await openForCommand(config, silentLog);
  try {
    return await verifyAudit(database.pool, [secret, ...config.SECRET_KEY_PREVIOUS].map(auditKey), expected);
  } finally {
    await database.stop();
  }
}

function readSeal(text: string): Expected {
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text);
  if (match === null)
    throw new CommanderError(2, 'audit.seal', 'A seal reads like 12:0f…, a number and 64 hexadecimal digits.');
  return { number: Number(match[1]), hash: match[2]! };
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof Failure || error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  } else throw error;
}
