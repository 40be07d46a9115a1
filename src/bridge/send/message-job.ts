import type { View } from '../../interactions/commit-types.js';
import type { Draft, OutgoingParts } from './outgoing-parts.js';
import { writeMessage } from './write-message.js';

/** Payload of a job that a change of a Task caused: the version makes the message's id. */
export interface TaskPayload {
  readonly task: string;
  readonly version: string;
}
/** The same for other resources. */
export interface CausePayload {
  readonly id: string;
  readonly version: string;
}

/**
 * The handler of a job that writes one message: built inside a commit from what is stored, kept as it was sent, queued once.
 *
 * @param action for the audit
 * @param draft undefined where the case is not one for a message
 */
export const messageJob =
  <Payload>(
    action: string,
    parts: OutgoingParts,
    draft: (payload: Payload, view: View) => Promise<Draft | undefined>,
  ) =>
  (payload: unknown): Promise<void> =>
    writeMessage({ action, build: (view) => draft(payload as Payload, view) }, parts);
