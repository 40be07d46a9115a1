// ebMS 2.0 over HTTP and SMTP (HIS 1037:2011, HISD 1209:2018): http://www.ebxml.org/specs/ebMS2.pdf
import { createTransport } from 'nodemailer';
import { Failure } from '../../kernel/failure.js';
import type { Clock } from '../../kernel/clock.js';
import { readMultipart, writeMultipart } from '../../mapping/ebxml/multipart.js';
import { isEbxml, readEbxml, type EbxmlMessage } from '../../mapping/ebxml/read-ebxml.js';
import { writeEbxml } from '../../mapping/ebxml/write-ebxml.js';
import { isAppRec, readAppRec } from '../../mapping/plo/read-app-rec.js';
import { readXml } from '../../mapping/xml/read-xml.js';
import { stableId } from './stable-id.js';
import type { Sendable, Transport } from './transport.js';

export interface EbxmlSettings {
  /** HER-id that is sent from where the message does not say. */
  readonly from: string;
  /** Domain of the Content-IDs and the Message-ID. */
  readonly domain: string;
  readonly clock: Clock;
  readonly timeout?: number;
}

interface Packed {
  readonly contentType: string;
  readonly body: Buffer;
  /** ebMS MessageId: the same at every attempt, so that the receiver eliminates duplicates. */
  readonly messageId: string;
}

function pack(message: Sendable, { from, domain, clock }: EbxmlSettings): Packed {
  const type = message.msgType ?? 'MELDING';
  const messageId = stableId('ebxml', message.id);
  const payload = `payload-1.${messageId}@${domain}`;
  const answers = type === 'APPREC' ? originalType(message.raw) : undefined;
  const envelope = writeEbxml({
    action: type,
    ...(answers !== undefined && { answers }),
    from: message.sender ?? from,
    to: message.receiver ?? '',
    conversationId: message.conversation ?? message.id,
    messageId,
    at: clock.now(),
    payload,
  });
  const parts = [
    { contentType: 'text/xml; charset="UTF-8"', contentId: `soap.${messageId}@${domain}`, body: Buffer.from(envelope) },
    { contentType: 'application/xml', contentId: payload, body: message.raw },
  ];
  return { ...writeMultipart(parts, `ebxml-${messageId}`), messageId };
}

function originalType(raw: Uint8Array): string | undefined {
  const root = readXml(raw);
  return isAppRec(root) ? readAppRec(root).originalType : undefined;
}

/**
 * Posts the message. What comes back at once must be the Acknowledgment of it, or nothing (it comes later as a message of its
 * own). The receipt of the content, AppRec, always comes later.
 *
 * @param url of the receiver's message handler
 */
export function ebxmlHttpTransport(url: string, settings: EbxmlSettings): Transport {
  return {
    async send(message) {
      const { contentType, body, messageId } = pack(message, settings);
      let response: Response;
      let bytes: Buffer;
      try {
        response = await fetch(url, {
          method: 'POST',
          headers: {
            'content-type': contentType,
            soapaction: '"ebXML"',
            'message-id': `<${messageId}@${settings.domain}>`,
          },
          body,
          redirect: 'error',
          signal: AbortSignal.timeout(settings.timeout ?? 30_000),
        });
        bytes = Buffer.from(await response.arrayBuffer());
      } catch (cause) {
        throw new Failure('busy', 'The ebXML receiver did not answer.', { cause });
      }
      const answer = answerIn(response.headers.get('content-type') ?? '', bytes);
      if (answer?.kind === 'error') throw refusal(answer);
      if (!response.ok) {
        const passing = response.status >= 500 || [401, 403, 408, 429].includes(response.status);
        throw new Failure(passing ? 'busy' : 'unprocessable', `The ebXML receiver answered ${response.status}.`);
      }
      if (answer !== undefined && answer.refToMessageId !== messageId)
        throw new Failure('busy', 'The ebXML receiver acknowledged another message than the one that was sent.');
      return undefined;
    },
  };
}

/** The envelope that came with the answer; undefined where there is none. */
function answerIn(contentType: string, bytes: Buffer): EbxmlMessage | undefined {
  if (bytes.length === 0) return undefined;
  try {
    const root = readXml(
      /^multipart\//i.test(contentType) ? (readMultipart(contentType, bytes)[0]?.body ?? bytes) : bytes,
    );
    return isEbxml(root) ? readEbxml(root) : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** https://www.oasis-open.org/committees/ebxml-msg/documents/ebMS_v2_0.pdf, 4.2.3.4.2 */
function refusal({ errors }: EbxmlMessage): Failure {
  const codes = errors.map(({ code }) => code);
  const passing = codes.some((code) => code === 'DeliveryFailure' || code === 'Unknown');
  return new Failure(
    passing ? 'busy' : 'unprocessable',
    `The ebXML receiver refused the envelope: ${codes.join(', ') || 'no reason'}.`,
  );
}

export interface MailWay {
  /** `smtps://user:password@host:465` */
  readonly smtp: string;
  /** Our own EDI address. */
  readonly mailFrom: string;
}

/** Hands the message to the mail server; Acknowledgment and AppRec come later. @param to `mottaker@edi.nhn.no` */
export function ebxmlMailTransport(to: string, settings: EbxmlSettings & MailWay): Transport {
  return {
    async send(message) {
      const { contentType, body, messageId } = pack(message, settings);
      const head = [
        `From: <${settings.mailFrom}>`,
        `To: <${to}>`,
        `Message-ID: <${messageId}@${settings.domain}>`,
        `Date: ${new Date(settings.clock.now()).toUTCString().replace('GMT', '+0000')}`,
        'Subject: ebXML',
        'MIME-Version: 1.0',
        'SOAPAction: "ebXML"',
        `Content-Type: ${contentType}`,
        '',
        '',
      ].join('\r\n');
      const timeout = settings.timeout ?? 30_000;
      const mailer = createTransport({
        url: settings.smtp,
        connectionTimeout: timeout,
        greetingTimeout: timeout,
        socketTimeout: timeout,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      try {
        await mailer.sendMail({
          envelope: { from: settings.mailFrom, to: [to] },
          raw: Buffer.concat([Buffer.from(head), body]),
        });
      } catch (cause) {
        throw new Failure('busy', 'The mail server did not take the ebXML message.', { cause });
      } finally {
        mailer.close();
      }
      return undefined;
    },
  };
}
