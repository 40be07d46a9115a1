// Rules that the schemas do not hold (HIS 80415, HIS 1153 and the profiles of each message).
import { identifierSystems, identityNumber } from '../../fhir/national-identifiers.js';
import { descend, valueAt } from '../xml/xml-element.js';
import { presentName, treatmentOf } from './message-types.js';
import type { MsgHead } from './envelope.js';
import { herIdsOf, type Party } from './party.js';
import type { ReceiptError } from './receipt.js';

export interface HeadRules {
  /** HER-ids that messages may be addressed to; empty accepts any. */
  readonly ownHerIds: readonly string[];
  /** HER-ids whose messages come here as copies: their own system receipts them. */
  readonly copiedHerIds: readonly string[];
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
  if (addresseeOf(head, rules) === undefined) {
    errors.push({ code: 'E21', text: 'Mottakerens HER-id betjenes ikke her' });
  }
  if (head.sender.idents.length === 0 && herIdsOf(head.sender).length === 0)
    errors.push({ code: 'T02', text: 'Avsenderens identifikator mangler' });
  if (head.content === undefined)
    errors.push({ code: 'T02', text: 'Meldingen har ikke noe innhold i første dokument' });
  return [...errors, ...patientErrors(head, rules)];
}

/** Whom the message came here for. */
export interface Addressee {
  readonly party: Party;
  /** `COP`: as one who gets a copy. */
  readonly role: 'PRIM' | 'COP';
  /** Another system answers for it: the message has its effect here, but no receipt. */
  readonly receiptedElsewhere: boolean;
}

/** The receiver, or who gets a copy, as far as messages for them are taken here; undefined when for nobody here (E21). */
export function addresseeOf(head: MsgHead, { ownHerIds, copiedHerIds }: HeadRules): Addressee | undefined {
  const among = (party: Party, herIds: readonly string[]): boolean =>
    herIdsOf(party).some((her) => herIds.includes(her));
  if (among(head.receiver, copiedHerIds)) return { party: head.receiver, role: 'PRIM', receiptedElsewhere: true };
  if (ownHerIds.length === 0 || among(head.receiver, ownHerIds))
    return { party: head.receiver, role: 'PRIM', receiptedElsewhere: false };
  const copy = head.copies.find((party) => among(party, ownHerIds));
  return copy && { party: copy, role: 'COP', receiptedElsewhere: false };
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
  return (
    presentName(head.type.code).startsWith('HENVISNING') &&
    valueAt(descend(head.content, ['ReqServ']), 'Priority') === '0'
  );
}
