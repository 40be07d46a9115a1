import { auditedBy } from '../../access/audit-agent.js';
import type { Principal } from '../../access/principal.js';
import { keyOf } from '../../fhir/resource.js';
import type { Failure } from '../../kernel/failure.js';
import type { AuditEntry } from '../../storage/audit.js';
import type { Work } from '../commit-types.js';
import type { CommitDeps } from './deps.js';
import { isPlanned, type Planned, type Settled } from './planned.js';

/** Nothing was written, but something was shown (If-None-Exist found it) or taken in (a message without effect). */
export function unchangedEntry(
  work: Work,
  items: readonly (Planned | Settled)[],
  { by, request, now }: { readonly by: Principal; readonly request: string; readonly now: number },
): AuditEntry {
  const rows = items.flatMap((item) => (isPlanned(item) || item.row === undefined ? [] : [item.row]));
  const [first] = rows;
  return {
    at: now,
    request,
    ...auditedBy(by),
    action: work.action,
    outcome: 0,
    ...(first === undefined ? {} : { type: first.type }),
    ids: rows.map(keyOf),
  };
}

/** Attempts to delete what is not there, or may not be seen: the same entry for both. */
export function absentEntries(
  items: readonly (Planned | Settled)[],
  { by, request, now }: { readonly by: Principal; readonly request: string; readonly now: number },
): AuditEntry[] {
  return items.flatMap((item) =>
    isPlanned(item) || item.row !== undefined || item.change.op !== 'delete'
      ? []
      : [
          {
            at: now,
            request,
            ...auditedBy(by),
            action: 'delete',
            outcome: 4,
            type: item.change.type,
            detail: 'not-found',
          },
        ],
  );
}

/** Denied and rolled-back attempts are audited after the rollback (decision 18). */
export async function auditRefusal(
  work: Work,
  by: Principal,
  request: string,
  failure: Failure,
  deps: CommitDeps,
): Promise<void> {
  if (failure.category === 'busy') return;
  const type =
    work.change === undefined
      ? undefined
      : work.change.op === 'delete'
        ? work.change.type
        : work.change.resource.resourceType;
  await deps.audit({
    at: deps.clock.now(),
    request,
    ...auditedBy(by),
    action: work.action,
    outcome: failure.category === 'fault' ? 8 : 4,
    ...(type === undefined ? {} : { type }),
    detail: failure.category,
  });
}
