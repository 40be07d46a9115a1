import { Failure } from '../../kernel/failure.js';
import { readHl7 } from '../../mapping/hl7/read-hl7.js';
import { component } from '../../mapping/hl7/data-types.js';
import { childOf, childrenOf } from '../../mapping/xml/xml-element.js';
import { RefusedByReceiver } from '../../storage/outbound-messages.js';
import { exchangeMllp, type MllpTarget } from './mllp-client.js';
import type { Transport } from './transport.js';

/** Reasons (HL7 table 0357) that another attempt does not mend: type, event, processing id and version not supported. */
const unsupported = new Set(['200', '201', '202', '203']);

/**
 * Sends HL7 v2 messages and reads the answer: AA or CA is the receipt; AE and CE say that the content is wrong, which ends it;
 * AR and CR say try again, unless the message is of a kind that the receiver does not take.
 */
export function mllpTransport(target: MllpTarget): Transport {
  return {
    async send(message) {
      const receipt = await exchangeMllp(target, message.raw);
      const { code, refersTo, errors } = readAck(receipt);
      if (refersTo !== controlId(message.raw))
        throw new Failure('busy', 'The receiver acknowledged another message than the one that was sent.');
      if (code === 'AA' || code === 'CA') return { receipt, receiptCode: code };
      const hopeless = code !== 'AR' && code !== 'CR' ? true : errors.some((error) => unsupported.has(error));
      const said = `The receiver answered ${code}${errors.length === 0 ? '' : ` (${errors.join(', ')})`}.`;
      throw hopeless ? new RefusedByReceiver(said, receipt, code) : new Failure('busy', said);
    },
  };
}

const controlId = (raw: Uint8Array): string => readHl7(raw).header.controlId;

interface AckRead {
  readonly code: string;
  /** MSA-2. */
  readonly refersTo: string;
  /** Codes of ERR-3 (or ERR-1 before v2.5). The words may name the patient and are not repeated. */
  readonly errors: readonly string[];
}

/** @throws Failure `busy` for something that is no acknowledgment */
function readAck(bytes: Uint8Array): AckRead {
  let tree;
  try {
    tree = readHl7(bytes).tree;
  } catch (cause) {
    throw new Failure('busy', 'The receiver answered with something that is no acknowledgment.', { cause });
  }
  const msa = childOf(tree, 'MSA');
  const code = component(childOf(msa, 'MSA.1'), 1) ?? '';
  if (!/^[AC][AER]$/.test(code)) throw new Failure('busy', 'The receiver answered without MSA-1.');
  const errors = childrenOf(tree, 'ERR').flatMap((err) => component(childOf(err, 'ERR.3'), 1) ?? []);
  return { code, refersTo: component(childOf(msa, 'MSA.2'), 1) ?? '', errors };
}
