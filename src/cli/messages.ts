/**
 * `npm run -s messages -- list|show|resend`: the memory of messages in and out, of a running server or its database.
 * Nothing that identifies a patient is printed but by `show --raw`.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError, readConfig } from '../config/config.js';
import { Failure, systemClock, uuidv7 } from '../kernel/index.js';
import { databaseUser } from '../storage/embedded/data-directory.js';
import { findPostmaster } from '../storage/embedded/postmaster.js';
import { messageStore, type StoredMessage } from '../storage/messages.js';
import { type Connection, openPool, type Pool } from '../storage/pool.js';
import { resendMessage } from '../storage/resend-message.js';
import { inTransaction } from '../storage/transaction.js';

const usage = `Usage: npm run -s messages -- list [--in | --out] [--state <state>] [--limit 50]
       npm run -s messages -- show <id> [--raw | --receipt]
       npm run -s messages -- resend <id>
States in:  accepted rejected held failed
States out: queued sent acknowledged dead
`;

interface Options {
  readonly in?: boolean | undefined;
  readonly out?: boolean | undefined;
  readonly state?: string | undefined;
  readonly limit: string;
  readonly raw?: boolean | undefined;
  readonly receipt?: boolean | undefined;
}

async function main(): Promise<number> {
  const request = readArguments();
  if (request === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const config = readConfig();
  const connection = config.DATABASE_URL ?? (await embedded(path.resolve(config.HJEMMEBRO_DATA)));
  const pool = openPool(connection, { size: 1, applicationName: 'hjemmebro-messages' });
  try {
    return await perform(request, pool);
  } finally {
    await pool.end();
  }
}

interface Request {
  readonly command: 'list' | 'show' | 'resend';
  readonly id: string;
  readonly options: Options;
}

function readArguments(): Request | undefined {
  try {
    const { values, positionals } = parseArgs({
      options: {
        in: { type: 'boolean' },
        out: { type: 'boolean' },
        state: { type: 'string' },
        limit: { type: 'string', default: '50' },
        raw: { type: 'boolean' },
        receipt: { type: 'boolean' },
      },
      allowPositionals: true,
    });
    const [command, id, ...rest] = positionals;
    if (rest.length > 0 || !/^\d{1,4}$/.test(values.limit)) return undefined;
    if (command === 'list') return id === undefined ? { command, id: '', options: values } : undefined;
    return (command === 'show' || command === 'resend') && id !== undefined
      ? { command, id, options: values }
      : undefined;
  } catch {
    return undefined; // an option that does not exist
  }
}

/** The database that a running server keeps in its data folder. */
async function embedded(dataFolder: string): Promise<Connection> {
  const running = await findPostmaster(path.join(dataFolder, 'postgres'));
  if (running === undefined)
    throw new Failure('not-found', `No server runs on ${dataFolder}; start it, or give DATABASE_URL.`);
  return { host: running.socketFolder, port: running.port, user: databaseUser, database: databaseUser };
}

async function perform({ command, id, options }: Request, pool: Pool): Promise<number> {
  const messages = messageStore(pool);
  if (command === 'resend') {
    const fresh = { id: uuidv7(systemClock).next(), at: systemClock.now() };
    process.stdout.write(`${await inTransaction(pool, (tx) => resendMessage(tx, id, fresh))} queued\n`);
    return 0;
  }
  if (command === 'list') {
    const directions =
      options.in === options.out ? (['in', 'out'] as const) : ([options.in === true ? 'in' : 'out'] as const);
    for (const direction of directions) {
      const found = await messages.list({
        direction,
        limit: Number(options.limit),
        ...(options.state === undefined ? {} : { state: options.state }),
      });
      for (const message of found) process.stdout.write(`${line(message)}\n`);
    }
    return 0;
  }
  const found = await messages.byId(id);
  if (found === undefined) throw new Failure('not-found', 'There is no message with that id.');
  if (options.raw === true) process.stdout.write((await messages.raw(id)) ?? '');
  else if (options.receipt === true) process.stdout.write(found.receipt ?? '');
  else process.stdout.write(details(found));
  return 0;
}

const line = (message: StoredMessage): string =>
  [
    message.id,
    message.direction.padEnd(3),
    message.state.padEnd(12),
    new Date(message.receivedAt).toISOString(),
    (message.msgType ?? '-').padEnd(26),
    `${message.sender ?? '-'} → ${message.receiver ?? '-'}`,
    message.receiptCode ?? '',
    message.error ?? '',
  ]
    .join('  ')
    .trimEnd();

function details({ receipt, receivedAt, ...message }: StoredMessage): string {
  const all = {
    ...message,
    at: new Date(receivedAt).toISOString(),
    receipt: receipt === undefined ? 'none' : `${receipt.length} bytes`,
  };
  return Object.entries(all)
    .map(([name, value]) => `${`${name}:`.padEnd(14)}${String(value)}\n`)
    .join('');
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Failure || error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
