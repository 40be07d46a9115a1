import { totalmem } from 'node:os';

const megabyte = 1024 * 1024;

/**
 * Settings of the embedded PostgreSQL, given on the command line so that they follow the code and not the age of the
 * data folder. https://www.postgresql.org/docs/18/runtime-config.html
 *
 * @param durable false only for data that may be lost (tests)
 */
export function serverSettings(socketFolder: string, durable: boolean): readonly string[] {
  const sharedBuffers = Math.max(32, Math.min(256, Math.floor(totalmem() / 8 / megabyte)));
  const settings: Record<string, string> = {
    listen_addresses: '',
    unix_socket_directories: socketFolder,
    unix_socket_permissions: '0700',
    port: '5432',
    max_connections: '100',
    shared_buffers: `${sharedBuffers}MB`,
    // Parallel queries need /dev/shm, which containers keep small; ours are short.
    max_parallel_workers_per_gather: '0',
    jit: 'off',
    random_page_cost: '1.1',
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Errors of statements belong to the caller and may quote values (identity numbers): only the server's own are logged.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
    ...(durable
      ? { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' }
      : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' }),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
