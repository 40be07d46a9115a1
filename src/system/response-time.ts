import { Duration } from 'luxon';
import { Failure } from '../kernel/failure.js';

/** `PT15M` → milliseconds. @throws Failure('fault') when it is not an ISO 8601 duration above zero */
export function responseTime(text: string): number {
  const duration = Duration.fromISO(text);
  const milliseconds = duration.isValid ? duration.toMillis() : Number.NaN;
  if (!(milliseconds > 0))
    throw new Failure('fault', `RED_RESPONSE_TIME: ${text} is not an ISO 8601 duration, such as PT15M.`);
  return milliseconds;
}
