// Henvisning 1.0/1.1 and Epikrise 1.1/1.2 carry their own envelope: https://www.ehelse.no/standardisering/standarder/epikrise
import { Failure } from '../../kernel/failure.js';
import { childOf, childrenOf, descend, textAt, valueAt, type XmlElement } from '../xml/xml-element.js';
import { readAttachment, type HeadPatient, type MsgHead } from './envelope.js';
import type { Ident, Party } from './party.js';

/**
 * Reads `Message` (ServReq: the Requester sends; ServRprt: the ServProvider sends) as the same envelope as MsgHead.
 *
 * @throws Failure `invalid` when MsgId, GenDate or the body is missing
 */
export function readMessageEnvelope(root: XmlElement): MsgHead {
  const referral = childOf(root, 'ServReq');
  const body = referral ?? childOf(root, 'ServRprt');
  const id = textAt(root, 'MsgId');
  const generated = valueAt(root, 'GenDate');
  if (body === undefined || id === undefined || generated === undefined) {
    throw new Failure('invalid', 'The message lacks MsgId, GenDate or its body, so no receipt can be made.', {
      expression: 'Message',
    });
  }
  const code = valueAt(root, 'Type') ?? (referral === undefined ? 'EPIKRISE' : 'HENVISNING');
  const display = descend(root, ['Type'])?.attributes['DN'];
  const requester = readHcp(descend(body, ['Requester', 'HCP']));
  const provider = readHcp(descend(body, ['ServProvider', 'HCP']));
  const patient = childOf(body, 'Patient');
  return {
    type: { code, ...(display && { display }) },
    id,
    generated,
    sender: referral === undefined ? provider : requester,
    receiver: referral === undefined ? requester : provider,
    copies: childrenOf(body, 'CopyDest').map((copy) => readHcp(childOf(copy, 'HCP'))),
    ...(patient && { patient: readPatient(patient) }),
    content: body,
    attachments: childrenOf(body, 'RefDoc').flatMap(readAttachment),
    root,
  };
}

/** ServProvId of a discharge summary: what its sender names it by, the same through change and cancellation. */
export const summaryIdOf = ({ content }: MsgHead): string | undefined =>
  content?.name === 'ServRprt' ? textAt(content, 'ServProvId') : undefined;

function readHcp(hcp: XmlElement | undefined): Party {
  const inst = childOf(hcp, 'Inst') ?? childOf(hcp, 'HCProf');
  const unit = childOf(inst, 'Dept');
  const professional = childOf(inst, 'HCPerson');
  return {
    ...named(inst),
    ...(unit && { unit: named(unit) }),
    ...(professional && { professional: named(professional) }),
  };
}

function named(element: XmlElement | undefined): { name: string; idents: readonly Ident[] } {
  const id = textAt(element, 'Id');
  const own = id === undefined ? [] : [{ id, type: valueAt(element, 'TypeId') ?? 'XXX' }];
  const further = childrenOf(element, 'AdditionalId').flatMap((extra) => {
    const value = textAt(extra, 'Id');
    return value === undefined ? [] : [{ id: value, type: valueAt(extra, 'Type') ?? 'XXX' }];
  });
  return { name: textAt(element, 'Name') ?? '', idents: [...own, ...further] };
}

/** The name is one text, `Family, Given` by the profile; without the comma the last word is the family name. */
function readPatient(element: XmlElement): HeadPatient {
  const id = textAt(element, 'OffId');
  const name = textAt(element, 'Name') ?? '';
  const [family, given] = name.includes(',')
    ? name.split(',', 2)
    : [name.split(' ').at(-1), name.split(' ').slice(0, -1).join(' ')];
  const born = valueAt(element, 'DateOfBirth')?.slice(0, 10);
  return {
    idents: id === undefined ? [] : [{ id, type: valueAt(element, 'TypeOffId') ?? 'FNR' }],
    ...(family?.trim() && { family: family.trim() }),
    ...(given?.trim() && { given: given.trim() }),
    ...(born && { born }),
  };
}
