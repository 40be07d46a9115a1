import { Failure } from '../../kernel/failure.js';
import type { Log } from '../../kernel/log.js';
import type { AddressBook, Way } from '../partner/partner.js';
import type { Transport } from './transport.js';

export interface Ways {
  /** The transport of a way; called for every message. */
  readonly open: (way: Way) => Transport | undefined;
  /** For everybody whose way is not known. */
  readonly otherwise: Transport;
  /** Given where messages need not wait for an address book that is away. */
  readonly log?: Log | undefined;
}

/**
 * Sends each message on the way of its receiver; on the one for everybody where the address book names none.
 *
 * @throws Failure `busy` as the transport, `unprocessable` for a receiver that does not take the message
 */
export function routedTransport(book: AddressBook, { open, otherwise, log }: Ways): Transport {
  const find = async (address: string) => {
    try {
      return await book.find(address);
    } catch (error) {
      if (log === undefined) throw error;
      log.warn({ err: error }, 'the receiver of a message could not be looked up; it goes the way for everybody');
      return undefined;
    }
  };
  return {
    async send(message) {
      const partner = message.receiver === null ? undefined : await find(message.receiver);
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
