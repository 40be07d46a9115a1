import { textAt, valueAt, type XmlElement } from '../xml/xml-element.js';
import type { Ident, Party } from './party.js';

/** The envelope of a message, whichever of the two forms it came in. */
export interface MsgHead {
  /** Kodeverk 8279. */
  readonly type: {
    readonly code: string;
    readonly display?: string;
    /** As sent, where `code` was made more precise by what the content holds. */
    readonly told?: string;
  };
  /** As sent; whether it is a UUID is checked by `checkHead`. */
  readonly id: string;
  /** As sent: xs:dateTime, often without offset. */
  readonly generated: string;
  readonly conversation?: { readonly parent: string; readonly conversation: string };
  readonly sender: Party;
  readonly receiver: Party;
  /** Who gets a copy (OtherReceiver, 8112 `COP`). */
  readonly copies: readonly Party[];
  readonly patient?: HeadPatient;
  /** The content message: root element of the first document. */
  readonly content?: XmlElement;
  readonly attachments: readonly Attachment[];
  /** The whole message; maps read from here. */
  readonly root: XmlElement;
}
export interface HeadPatient {
  readonly idents: readonly Ident[];
  readonly family?: string;
  readonly given?: string;
  readonly born?: string;
}
export interface Attachment {
  readonly mimeType: string;
  readonly description?: string;
  readonly issued?: string;
  /** Base64 without white space. */
  readonly base64: string;
}

/** A RefDoc with content in base64; nothing for other documents. */
export function readAttachment(document: XmlElement | undefined): readonly Attachment[] {
  const base64 = textAt(document, 'Content', 'Base64Container');
  if (base64 === undefined) return [];
  const description = textAt(document, 'Description');
  const issued = valueAt(document, 'IssueDate');
  return [
    {
      mimeType: mediaTypeOf(textAt(document, 'MimeType') ?? ''),
      ...(description && { description }),
      ...(issued && { issued }),
      base64: base64.replace(/\s+/g, ''),
    },
  ];
}

/** A text that is no media type says nothing: https://www.rfc-editor.org/rfc/rfc6838#section-4.2 */
const mediaTypeOf = (text: string): string =>
  /^[A-Za-z0-9][\w!#$&^.+-]{0,126}\/[A-Za-z0-9][\w!#$&^.+-]{0,126}(\s*;.*)?$/.test(text)
    ? text
    : 'application/octet-stream';
