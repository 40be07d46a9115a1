// Rules that the schemas do not hold (HIS 80415, HIS 1153 and the profiles of each message).
import { identifierSystems, identityNumber } from '../../fhir/national-identifiers.js';
import { descend, valueAt } from '../xml/xml-element.js';
import { treatmentOf } from './message-types.js';
import type { MsgHead } from './envelope.js';
import { herIdsOf } from './party.js';
import type { ReceiptError } from './receipt.js';

export interface HeadRules {
  /** HER-ids that messages may be addressed to; empty accepts any. */
  readonly ownHerIds: readonly string[];
  /** Test numbers with month + 40, 65 or 80 are accepted (never in production). */
  readonly syntheticPatients: boolean;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Why the message must be refused before its content is looked at; empty when nothing is wrong. */
export function checkHead(head: MsgHead, rules: HeadRules): readonly ReceiptError[] {
  const errors: ReceiptError[] = [];
  if (!uuid.test(head.id)) errors.push({ code: 'E10', text: 'MsgId er ikke en UUID' });
  if (treatmentOf(head.type.code) === undefined)
    errors.push({ code: 'T10', text: `Meldingstypen ${head.type.code.slice(0, 60)} støttes ikke` });
  if (rules.ownHerIds.length > 0 && !herIdsOf(head.receiver).some((her) => rules.ownHerIds.includes(her))) {
    errors.push({ code: 'E21', text: 'Mottakerens HER-id betjenes ikke her' });
  }
  if (herIdsOf(head.sender).length === 0) errors.push({ code: 'T02', text: 'Avsenderens HER-id mangler' });
  if (head.content === undefined)
    errors.push({ code: 'T02', text: 'Meldingen har ikke noe innhold i første dokument' });
  return [...errors, ...patientErrors(head, rules)];
}

/** FNR, D-nummer or FHN of the patient as FHIR identifies it; undefined where the message has none that is valid. */
export function patientIdentity(head: MsgHead): { readonly system: string; readonly value: string } | undefined {
  const value = nationalNumber(head);
  const number = value === undefined ? undefined : identityNumber(value);
  return number && { system: identifierSystems[number.kind], value: value! };
}

/** A D-nummer sent with the type FNR is common; the number itself says which it is. */
const nationalNumber = (head: MsgHead): string | undefined =>
  head.patient?.idents.find(({ type }) => type === 'FNR' || type === 'DNR' || type === 'FHN')?.id.replace(/\s/g, '');

function patientErrors(head: MsgHead, rules: HeadRules): readonly ReceiptError[] {
  const value = nationalNumber(head);
  if (value !== undefined) {
    const number = identityNumber(value);
    if (number === undefined)
      return [{ code: 'E31', text: 'Pasientens identitetsnummer har ikke riktige kontrollsifre' }];
    if (number.synthetic !== undefined && !rules.syntheticPatients)
      return [{ code: 'E31', text: 'Testnummer godtas ikke her' }];
  }
  const named = head.patient?.family !== undefined;
  if ((named && head.patient.idents.length > 0) || isEmergency(head)) return [];
  return [
    { code: 'E36', text: named ? 'Pasientens identifikator mangler' : 'Pasientens navn eller identifikator mangler' },
  ];
}

/** An emergency referral (8306 `0`) may be about someone who is not identified yet. */
function isEmergency(head: MsgHead): boolean {
  return head.type.code.startsWith('HENVISNING') && valueAt(descend(head.content, ['ReqServ']), 'Priority') === '0';
}
