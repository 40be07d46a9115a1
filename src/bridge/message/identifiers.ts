import { canonicalBase } from '../../followup/vocabulary/systems.js';

/** Identifier.system of MsgId (PLO) and of MSH-10 with MSH-7 (HL7 v2). */
export const messageIdSystem = `${canonicalBase}/message-id`;
/** Identifier.system of a thread: MsgId of its first message. */
export const conversationIdSystem = `${canonicalBase}/conversation-id`;
/** Identifier.system of a resource that a message brought: MsgId and its number in the message. */
export const messagePartSystem = `${canonicalBase}/message-part`;
/** Identifier.system of a referral's DocumentId, the same through change and cancellation. */
export const documentIdSystem = `${canonicalBase}/referral-document-id`;
/** Identifier.system of the original of a discharge summary: ServProvId, the same through change and cancellation. */
export const summaryIdSystem = `${canonicalBase}/discharge-summary-id`;
