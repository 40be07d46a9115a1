import type { EdiClient } from '../edi-client.js';
import type { Transport } from './transport.js';

/**
 * Hands each message to NHN's message service, which makes the ebXML envelope and finds the receiver. The receipt of the
 * receiver comes later, as a message (`edi-poller.ts`).
 */
export function ediTransport(client: EdiClient): Transport {
  return {
    async send(message) {
      await client.send(message.raw);
      return undefined;
    },
  };
}
