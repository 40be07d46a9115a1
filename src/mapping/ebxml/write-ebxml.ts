// ebMS 2.0 headers as HIS 1037:2011 and HISD 1209:2018 fill them in. The signature is the transport's: it has the key.
import { el, type Markup, textEl, xmlDocument } from '../xml/write-xml.js';
import {
  type EbxmlHeader,
  type EbxmlMessage,
  type EbxmlParty,
  ebNamespace,
  messageService,
  soapNamespace,
} from './read-ebxml.js';

export interface EbxmlToSend {
  /** Kodeverk 8279, or `APPREC`. */
  readonly action: string;
  /** The message that an AppRec answers; the AppRec goes under the service of that message. */
  readonly answers?: string;
  /** HER-ids. */
  readonly from: string;
  readonly to: string;
  readonly conversationId: string;
  /** New for every message, the same at every retry. */
  readonly messageId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Content id of the payload. */
  readonly payload: string;
}

/** The SOAP envelope of a message with one payload. */
export function writeEbxml(message: EbxmlToSend): string {
  const { action, answers, from, to } = message;
  const subject = answers ?? action;
  const [ours, theirs] = answers === undefined ? ['sender', 'receiver'] : ['receiver', 'sender'];
  return envelope(
    [
      header(
        {
          from: { id: from, type: 'HER', role: `${subject}${ours}` },
          to: { id: to, type: 'HER', role: `${subject}${theirs}` },
          cpaId: [from, to].toSorted((a, b) => Number(a) - Number(b)).join('_'),
          conversationId: message.conversationId,
          service: `S-${subject}`,
          action,
          messageId: message.messageId,
          refToMessageId: undefined,
        },
        { at: message.at, kithService: true, duplicateElimination: true },
      ),
      el('eb:AckRequested', { 'eb:version': '2.0', 'SOAP:mustUnderstand': '1', 'eb:signed': '1' }),
    ],
    [
      el('eb:Manifest', { 'eb:version': '2.0' }, [
        el('eb:Reference', { 'xlink:href': `cid:${message.payload}`, 'xlink:type': 'simple' }, [
          el('eb:Description', { 'xml:lang': 'no' }, [action]),
        ]),
      ]),
    ],
  );
}

export interface EbxmlAnswer {
  readonly messageId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The transport has the message. Says nothing of its content: that is AppRec's. */
export function writeAcknowledgment(received: EbxmlMessage, answer: EbxmlAnswer): string {
  return envelope([
    answerHeader(received, 'Acknowledgment', answer),
    el('eb:Acknowledgment', { 'SOAP:mustUnderstand': '1', 'eb:version': '2.0' }, [
      textEl('eb:Timestamp', utc(answer.at)),
      textEl('eb:RefToMessageId', received.messageId),
      ...received.digests
        .filter(({ uri }) => uri !== '')
        .map(({ uri, method, value }) =>
          el('ds:Reference', { URI: uri }, [
            el('ds:DigestMethod', { Algorithm: method }),
            textEl('ds:DigestValue', value),
          ]),
        ),
    ]),
  ]);
}

/** https://www.oasis-open.org/committees/ebxml-msg/documents/ebMS_v2_0.pdf, 4.2.3.4.2 */
export type EbxmlErrorCode =
  | 'ValueNotRecognized'
  | 'NotSupported'
  | 'Inconsistent'
  | 'OtherXml'
  | 'DeliveryFailure'
  | 'SecurityFailure'
  | 'MimeProblem'
  | 'Unknown';

/** The message could not be taken in as a whole. */
export function writeMessageError(
  received: EbxmlMessage,
  error: { readonly code: EbxmlErrorCode; readonly text: string },
  answer: EbxmlAnswer,
): string {
  return envelope([
    answerHeader(received, 'MessageError', answer),
    el('eb:ErrorList', { 'SOAP:mustUnderstand': '1', 'eb:version': '2.0', 'eb:highestSeverity': 'Error' }, [
      el(
        'eb:Error',
        { 'eb:codeContext': `${messageService}:errors`, 'eb:errorCode': error.code, 'eb:severity': 'Error' },
        [el('eb:Description', { 'xml:lang': 'no' }, [error.text])],
      ),
    ]),
  ]);
}

const answerHeader = (received: EbxmlMessage, action: string, { messageId, at }: EbxmlAnswer): Markup | undefined =>
  header(
    {
      from: { ...received.to, role: undefined },
      to: { ...received.from, role: undefined },
      cpaId: received.cpaId,
      conversationId: received.conversationId,
      service: messageService,
      action,
      messageId,
      refToMessageId: received.messageId,
    },
    { at, kithService: false, duplicateElimination: false },
  );

interface HeaderKind {
  readonly at: number;
  readonly kithService: boolean;
  readonly duplicateElimination: boolean;
}

function header(message: EbxmlHeader, kind: HeaderKind): Markup | undefined {
  return el('eb:MessageHeader', { 'SOAP:mustUnderstand': '1', 'eb:version': '2.0' }, [
    el('eb:From', {}, party(message.from)),
    el('eb:To', {}, party(message.to)),
    textEl('eb:CPAId', message.cpaId),
    textEl('eb:ConversationId', message.conversationId),
    el('eb:Service', kind.kithService ? { 'eb:type': 'kithService' } : {}, [message.service]),
    textEl('eb:Action', message.action),
    el('eb:MessageData', {}, [
      textEl('eb:MessageId', message.messageId),
      textEl('eb:Timestamp', utc(kind.at)),
      textEl('eb:RefToMessageId', message.refToMessageId),
    ]),
    kind.duplicateElimination ? el('eb:DuplicateElimination') : undefined,
  ]);
}

const party = ({ id, type, role }: EbxmlParty): readonly (Markup | undefined)[] => [
  el('eb:PartyId', type === undefined ? {} : { 'eb:type': type }, [id]),
  textEl('eb:Role', role),
];

const utc = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

function envelope(headers: readonly (Markup | undefined)[], body: readonly (Markup | undefined)[] = []): string {
  return xmlDocument(
    el(
      'SOAP:Envelope',
      {
        'xmlns:SOAP': soapNamespace,
        'xmlns:eb': ebNamespace,
        'xmlns:xlink': 'http://www.w3.org/1999/xlink',
        'xmlns:ds': 'http://www.w3.org/2000/09/xmldsig#',
      },
      [el('SOAP:Header', {}, headers), el('SOAP:Body', {}, body) ?? { markup: '<SOAP:Body/>' }],
    ),
  );
}
