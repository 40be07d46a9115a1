import type { OpenOp } from '../engine/op.js';

/** The engine's due time; for red the response time from receipt. ms since 1970. */
export const deadline = (op: Pick<OpenOp, 'colour' | 'due' | 'received'>, redResponse: number): number | undefined =>
  op.colour === 'red' ? op.received + redResponse : op.due.at;
