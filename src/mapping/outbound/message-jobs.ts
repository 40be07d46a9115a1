import type { Resource } from '../../fhir/resource.js';

/** Durable work (table `job`) that writes a message; `version` makes the message's id, so that a retry is the same message. */
export interface MessageJob {
  readonly kind: 'message-referral-answer' | 'message-plan-to-gp';
  readonly payload: { readonly task: string; readonly version: string };
}

const taskCode = 'http://hl7.org/fhir/CodeSystem/task-code';

/**
 * Which message a change of a Task causes: the answer to a referral that was accepted or rejected, the plan to the GP that
 * was submitted for approval. Undefined for every other change.
 *
 * @param after with id and meta.versionId
 */
export function messageJobOf(before: Resource | undefined, after: Resource): MessageJob | undefined {
  if (after.resourceType !== 'Task' || after.id === undefined || before?.status === after.status) return undefined;
  const payload = { task: after.id, version: after.meta?.versionId ?? '1' };
  if (hasCode(after, 'fulfill') && (after.status === 'accepted' || after.status === 'rejected'))
    return { kind: 'message-referral-answer', payload };
  if (hasCode(after, 'approve') && after.status === 'requested') return { kind: 'message-plan-to-gp', payload };
  return undefined;
}

function hasCode(task: Resource, code: string): boolean {
  const codings =
    (task.code as { readonly coding?: readonly { readonly system?: string; readonly code?: string }[] } | undefined)
      ?.coding ?? [];
  return codings.some((one) => one.system === taskCode && one.code === code);
}
