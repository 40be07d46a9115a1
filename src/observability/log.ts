import { pino } from 'pino';
import type { Log } from '../kernel/index.js';
import { redactLine } from './redact.js';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Where finished lines go; standard output when left out. */
export interface LogDestination {
  write(line: string): unknown;
}

/**
 * Structured log: one JSON object per line, with `level`, `time` (ISO) and `msg`. https://getpino.io
 *
 * @param level least severe level that is written
 */
export function createLog(level: LogLevel = 'info', destination: LogDestination = process.stdout): Log {
  const fence = { write: (line: string) => destination.write(redactLine(line)) };
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: ['authorization', '*.authorization', 'headers.authorization', 'token', '*.token'],
        censor: '[redacted]',
      },
    },
    fence,
  );
}
