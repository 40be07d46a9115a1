/** Ids of AuditEvents that this server wrote itself: a place in its log. Nobody else may use such an id. */
import type { ResourceKey } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';

/** Where an entry stands in the log: transaction, then number. */
export interface LogPlace {
  readonly xid: string;
  readonly seq: number;
}

const form = /^log-(\d{1,20})-(\d{1,15})$/;

export const logEntryId = ({ xid, seq }: LogPlace): string => `log-${xid}-${seq}`;

/** undefined: not the id of an entry of the log. */
export function logPlace(id: string): LogPlace | undefined {
  const match = form.exec(id);
  return match === null || BigInt(match[1]!) > largestXid ? undefined : { xid: match[1]!, seq: Number(match[2]) };
}

const largestXid = 2n ** 64n - 1n;

export const isLogEntry = ({ type, id }: ResourceKey): boolean => type === 'AuditEvent' && form.test(id);

/** What the log says was so is changed by nobody. */
export const unchangeable = (): Failure =>
  new Failure(
    'not-allowed',
    'Entries of this server’s own log are read and searched, never written, changed or deleted.',
    {
      expression: 'AuditEvent.id',
      allowed: ['GET', 'HEAD'],
    },
  );
