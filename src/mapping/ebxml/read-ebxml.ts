// ebMS 2.0 (ISO/TS 15000-2): http://www.ebxml.org/specs/ebMS2.pdf ; as used in Norway: HIS 1037:2011, HISD 1209:2018.
import { Failure } from '../../kernel/failure.js';
import { childOf, childrenOf, descend, textAt, type XmlElement } from '../xml/xml-element.js';

export const soapNamespace = 'http://schemas.xmlsoap.org/soap/envelope/';
export const ebNamespace = 'http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd';
export const messageService = 'urn:oasis:names:tc:ebxml-msg:service';

export interface EbxmlParty {
  readonly id: string;
  /** `HER`, `orgnummer` … */
  readonly type: string | undefined;
  readonly role: string | undefined;
}

/** The header of an ebXML message. */
export interface EbxmlHeader {
  readonly from: EbxmlParty;
  readonly to: EbxmlParty;
  readonly cpaId: string;
  readonly conversationId: string;
  readonly service: string;
  readonly action: string;
  readonly messageId: string;
  readonly refToMessageId: string | undefined;
}
export interface EbxmlMessage extends EbxmlHeader {
  readonly kind: 'message' | 'acknowledgment' | 'error' | 'other';
  readonly ackRequested: boolean;
  readonly duplicateElimination: boolean;
  /** Content ids of the payloads that the manifest names. */
  readonly payloads: readonly string[];
  /** ds:Reference of the signature, repeated in the acknowledgment. */
  readonly digests: readonly EbxmlDigest[];
  /** Of a MessageError, or warnings beside a message. */
  readonly errors: readonly { readonly code: string; readonly text: string }[];
}
export interface EbxmlDigest {
  readonly uri: string;
  readonly method: string;
  readonly value: string;
}

export const isEbxml = (root: XmlElement): boolean =>
  root.name === 'Envelope' && root.namespace === soapNamespace && childOf(root, 'Header') !== undefined;

/** @throws Failure `invalid` when what an answer must name is missing */
export function readEbxml(root: XmlElement): EbxmlMessage {
  const soap = childOf(root, 'Header');
  const header = childOf(soap, 'MessageHeader');
  const messageId = textAt(header, 'MessageData', 'MessageId');
  const from = party(childOf(header, 'From'));
  const to = party(childOf(header, 'To'));
  if (header?.namespace !== ebNamespace || messageId === undefined || from === undefined || to === undefined) {
    throw new Failure('invalid', 'The SOAP envelope has no ebXML MessageHeader with From, To and MessageId.', {
      expression: 'Envelope.Header.MessageHeader',
    });
  }
  const service = textAt(header, 'Service') ?? '';
  const action = textAt(header, 'Action') ?? '';
  return {
    from,
    to,
    cpaId: textAt(header, 'CPAId') ?? '',
    conversationId: textAt(header, 'ConversationId') ?? '',
    service,
    action,
    messageId,
    refToMessageId: textAt(header, 'MessageData', 'RefToMessageId'),
    kind: kindOf(service, action),
    ackRequested: childOf(soap, 'AckRequested') !== undefined,
    duplicateElimination: childOf(header, 'DuplicateElimination') !== undefined,
    payloads: childrenOf(descend(root, ['Body', 'Manifest']), 'Reference').map((one) =>
      decodeURIComponentSafely((one.attributes['href'] ?? '').replace(/^cid:/, '')),
    ),
    digests: childrenOf(descend(soap, ['Signature', 'SignedInfo']), 'Reference').map((one) => ({
      uri: one.attributes['URI'] ?? '',
      method: descend(one, ['DigestMethod'])?.attributes['Algorithm'] ?? '',
      value: textAt(one, 'DigestValue') ?? '',
    })),
    errors: childrenOf(childOf(soap, 'ErrorList'), 'Error').map((one) => ({
      code: one.attributes['errorCode'] ?? 'Unknown',
      text: textAt(one, 'Description') ?? '',
    })),
  };
}

function kindOf(service: string, action: string): EbxmlMessage['kind'] {
  if (service !== messageService) return 'message';
  return action === 'Acknowledgment' ? 'acknowledgment' : action === 'MessageError' ? 'error' : 'other';
}

function party(element: XmlElement | undefined): EbxmlParty | undefined {
  const id = textAt(element, 'PartyId');
  if (id === undefined) return undefined;
  return { id, type: childOf(element, 'PartyId')?.attributes['type'], role: textAt(element, 'Role') };
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
