import type { Principal } from '../access/principal.js';
import type { Transport } from './message-parts.js';

/** A message as a transport handed it over. */
export interface PloDelivery {
  readonly bytes: Uint8Array;
  readonly principal: Principal;
  readonly transport: Transport;
}

/** 200 with an AppRec, accepted or not; 204 for a receipt, which is never answered. */
export interface PloAnswer {
  readonly status: 200 | 204;
  readonly body?: Uint8Array;
  readonly accepted: boolean;
  /** Of the body, where it is not an AppRec. */
  readonly contentType?: string;
}
