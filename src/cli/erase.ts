/**
 * `npm run -s erase -- ask <Patient id> --by <person> --reason <text>`, then by another person
 * `npm run -s erase -- confirm <number> --by <person>`: lawful erasure of everything that concerns one person. Exit code 0: done;
 * 1: refused; 2: the command cannot be understood.
 */
import { Command, CommanderError } from 'commander';
import { ConfigError, readConfig } from '../config/config.js';
import { systemClock } from '../kernel/clock.js';
import { Failure } from '../kernel/failure.js';
import { silentLog } from '../kernel/log.js';
import { askErasure, confirmErasure } from '../storage/erasure.js';
import type { Pool } from '../storage/pool.js';
import { openForCommand } from '../system/database.js';

async function main(args: readonly string[]): Promise<void> {
  const command = new Command('erase').description('Lawful erasure: one asks, another confirms.').exitOverride();
  command
    .command('ask')
    .argument('<patient>', 'logical id of the Patient')
    .requiredOption('--by <person>', 'who asks')
    .requiredOption('--reason <text>', 'on what ground')
    .exitOverride()
    .action(async (id: string, { by, reason }: { by: string; reason: string }) => {
      const number = await withDatabase((pool) => askErasure(pool, { id, by, reason, now: systemClock.now() }));
      process.stdout.write(`Erasure ${number} waits to be confirmed by another person.\n`);
    });
  command
    .command('confirm')
    .argument('<number>', 'of the erasure', Number)
    .requiredOption('--by <person>', 'who confirms')
    .exitOverride()
    .action(async (number: number, { by }: { by: string }) => {
      if (!Number.isSafeInteger(number)) throw new CommanderError(2, 'erase.number', 'An erasure has a number.');
      const { rows } = await withDatabase((pool) => confirmErasure(pool, { number, by, now: systemClock.now() }));
      for (const [table, count] of Object.entries(rows)) process.stdout.write(`${table}: ${count}\n`);
      process.stdout.write('Erased here. Backups are erased by the routine of those who keep them.\n');
    });
  await command.parseAsync([...args], { from: 'user' });
}

async function withDatabase<T>(work: (pool: Pool) => Promise<T>): Promise<T> {
  const database = await openForCommand(readConfig(), silentLog);
  try {
    return await work(database.pool);
  } finally {
    await database.stop();
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof Failure || error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  } else throw error;
}
