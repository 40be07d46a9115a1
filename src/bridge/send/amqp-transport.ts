// Queues of Helsenorge: `<HER-id>_async`; properties as in the AMQP specification of Helsenorge.
import { instant } from '../../kernel/clock.js';
import type { Clock } from '../../kernel/clock.js';
import type { AmqpLink } from '../amqp-link.js';
import type { Transport } from './transport.js';

export interface AmqpTransportSettings {
  /** HER-id that we send from. */
  readonly fromHerId: string;
  /** Agreement with the receiver, where there is one. */
  readonly cpaId?: string;
}

/**
 * Puts each message on the queue of its receiver, as plain text. Helsenorge itself wants the body signed and encrypted (CMS);
 * that is not done here, so this is for a broker that takes plain messages.
 */
export function amqpTransport(
  link: AmqpLink,
  { fromHerId, cpaId }: AmqpTransportSettings,
  { clock }: { readonly clock: Clock },
): Transport {
  return {
    async send(message) {
      const toHerId = message.receiver ?? '';
      await link.send(
        {
          messageId: message.msgId ?? message.id,
          to: `${toHerId}_async`,
          subject: message.msgType ?? 'MELDING',
          contentType: 'text/plain',
          properties: {
            fromHerId,
            toHerId,
            applicationTimestamp: instant(clock.now()),
            ...(cpaId !== undefined && { cpaId }),
          },
        },
        message.raw,
      );
      return undefined;
    },
  };
}
