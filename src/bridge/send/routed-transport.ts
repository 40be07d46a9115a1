import { Failure } from '../../kernel/failure.js';
import type { AddressBook, Way } from '../partner/partner.js';
import type { Transport } from './transport.js';

/**
 * Sends each message on the way of its receiver; on the one for everybody where the address book names none.
 *
 * @param open the transport of a way; called for every message
 */
export function routedTransport(
  book: AddressBook,
  { open, otherwise }: { readonly open: (way: Way) => Transport | undefined; readonly otherwise: Transport },
): Transport {
  return {
    async send(message) {
      const partner = message.receiver === null ? undefined : await book.find(message.receiver);
      if (partner?.valid === false)
        throw new Failure('unprocessable', 'The address register says that the receiver takes no messages.');
      const { types } = partner ?? {};
      // A receipt goes to whoever has sent something.
      if (types !== undefined && message.msgType !== 'APPREC' && !types.includes(message.msgType ?? ''))
        throw new Failure('unprocessable', 'The receiver takes no messages of this type.');
      const own = partner?.way && open(partner.way);
      if (own === undefined && message.msgType?.includes('^') === true)
        throw new Failure('unprocessable', 'No way to the receiver of this HL7 v2 message is known.');
      return (own ?? otherwise).send(message);
    },
  };
}
