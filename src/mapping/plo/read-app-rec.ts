import { Failure } from '../../kernel/failure.js';
import { childrenOf, descend, textAt, valueAt, type XmlElement } from '../xml/xml-element.js';
import type { ReceiptError } from './receipt.js';

/** A receipt for something we sent. */
export interface InboundReceipt {
  /** The receipt's own id. */
  readonly id: string;
  /** 8258: `1` accepted, `2` rejected, `3` accepted with errors in a part. */
  readonly status: '1' | '2' | '3';
  readonly errors: readonly ReceiptError[];
  /** MsgId of the message it answers. */
  readonly originalId: string;
  readonly originalType?: string;
  /** HER-ids of who answers, the more precise first. */
  readonly senderHerIds: readonly string[];
  readonly senderName: string;
}

export const isAppRec = (root: XmlElement): boolean => root.name === 'AppRec' && /\/apprec\//.test(root.namespace);

/** @throws Failure `invalid` when the status or the message it answers is missing */
export function readAppRec(root: XmlElement): InboundReceipt {
  const status = valueAt(root, 'Status');
  const originalId = textAt(root, 'OriginalMsgId', 'Id');
  const id = textAt(root, 'Id');
  if ((status !== '1' && status !== '2' && status !== '3') || originalId === undefined || id === undefined) {
    throw new Failure(
      'invalid',
      'The receipt lacks its Id, its Status (1, 2 or 3) or the id of the message it answers.',
      { expression: 'AppRec' },
    );
  }
  const hcp = descend(root, ['Sender', 'HCP']);
  const inst = descend(hcp, ['Inst']) ?? descend(hcp, ['HCProf']);
  const levels = [...childrenOf(inst, 'HCPerson'), ...childrenOf(inst, 'Dept'), ...(inst === undefined ? [] : [inst])];
  const originalType = valueAt(root, 'OriginalMsgId', 'MsgType');
  return {
    id,
    status,
    errors: childrenOf(root, 'Error').map((error) => {
      const text = error.attributes['OT'] ?? error.attributes['DN'];
      return { code: error.attributes['V'] ?? 'X99', ...(text && { text }) };
    }),
    originalId,
    ...(originalType && { originalType }),
    senderHerIds: levels
      .filter((level) => valueAt(level, 'TypeId') === 'HER')
      .map((level) => textAt(level, 'Id') ?? '')
      .filter((her) => her !== ''),
    senderName: textAt(inst, 'Name') ?? '',
  };
}
