// Kodeverk 7309: status of a message that was changed or withdrawn.
import { childOf, valueAt } from '../xml/xml-element.js';
import type { MsgHead } from './envelope.js';

/** `N` new, `M` changed (complete new content), `C` cancelled. Anything else, and absence, is new. */
export type SendStatus = 'N' | 'M' | 'C';

/** Forsendelsesstatus of PLO, ServType of Henvisning and Epikrise. */
export function sendStatusOf(head: MsgHead): SendStatus {
  const { content } = head;
  const code =
    valueAt(childOf(content, 'InformasjonOmForsendelsen'), 'Forsendelsesstatus') ?? valueAt(content, 'ServType');
  return code === 'M' || code === 'C' ? code : 'N';
}
