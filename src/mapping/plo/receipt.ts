// Applikasjonskvittering (HIS 80415): https://www.ehelse.no/standardisering/standarder/applikasjonskvittering
import type { MsgHead } from './envelope.js';
import type { Party } from './party.js';

/** Kodeverk 8221: why a message is refused. */
export const receiptErrors = {
  E10: 'Ugyldig meldingsidentifikator',
  E21: 'Mottaker finnes ikke',
  E31: 'Pasientens fødselsnummer er feil',
  E36: 'Pasientopplysninger er utilstrekkelige',
  T01: "Ikke XML / ikke 'well formed' / uleselig",
  T02: 'XML validerer ikke',
  T10: 'Støtter ikke meldingsformatet',
  X99: 'Annen feil',
} as const;
export type ReceiptErrorCode = keyof typeof receiptErrors;

export interface ReceiptError {
  readonly code: string;
  /** The real cause, for the person who reads it; never an identity number. */
  readonly text?: string;
}

/** A receipt as data; `renderAppRec` writes it. */
export interface Receipt {
  readonly status: 'accepted' | 'rejected';
  readonly errors: readonly ReceiptError[];
  readonly version: '1.0' | '1.1';
  /** Its own id, a UUID. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly original: MessageReference;
  /** Receiver of the original, who sends the receipt. */
  readonly from: Party;
  readonly role: 'PRIM' | 'COP';
  /** Sender of the original. */
  readonly to: Party;
}
export interface MessageReference {
  readonly type: string;
  readonly typeName?: string;
  /** As sent. */
  readonly generated: string;
  readonly id: string;
}

/** Makes the receipt of a message: accepted when there are no errors. */
export function receiptFor(
  head: MsgHead,
  made: { readonly id: string; readonly at: number },
  errors: readonly ReceiptError[],
  { party, role }: { readonly party: Party; readonly role: 'PRIM' | 'COP' } = { party: head.receiver, role: 'PRIM' },
): Receipt {
  return {
    status: errors.length === 0 ? 'accepted' : 'rejected',
    errors,
    version: receiptVersionOf(head),
    ...made,
    original: {
      type: head.type.told ?? head.type.code,
      ...(head.type.display && { typeName: head.type.display }),
      generated: head.generated,
      id: receiptedId(head),
    },
    from: party,
    role,
    to: head.sender,
  };
}

const oldContent = /\/dialog\/2006-10-11$|\/2009-06-30$|\/henvisning\/2005-07-08$|\/epikrise\/2006-09-23$/;
const oldTypes = new Set(['DIALOG_FORESPORSEL', 'DIALOG_SVAR', 'DIALOG_AVVIK', 'DIALOG_NOTAT']);

/** 1.0 with Dialog 1.0, PLO 1.5, Henvisning 1.0 and Epikrise 1.1; 1.1 with everything newer. */
export function receiptVersionOf(head: MsgHead): '1.0' | '1.1' {
  const namespace = head.content?.namespace;
  if (namespace === undefined || namespace === '') return oldTypes.has(head.type.code) ? '1.0' : '1.1';
  return oldContent.test(namespace) ? '1.0' : '1.1';
}

/** AppRec 1.0 names the messages with an own envelope by the id of their service request or report. */
function receiptedId(head: MsgHead): string {
  if (receiptVersionOf(head) === '1.1' || head.root.name !== 'Message') return head.id;
  const name = head.content?.name === 'ServRprt' ? 'ServProvId' : 'Id';
  return head.content?.children.find((child) => child.name === name)?.text ?? head.id;
}
