// DIALOG_HELSEFAGLIG (HIS 1077) with the self-management plan as an attachment (HIS 1036): no PLO message carries a plan.
import { type BuiltMessage, builtMessage } from './built-message.js';
import type { Party, Professional } from '../plo/party.js';
import { dialogueNote } from './dialogue-note.js';
import { planPdf, type PlanText } from './plan-pdf.js';
import type { OutboundPatient } from './write-msg-head.js';

export interface PlanToGp {
  readonly plan: PlanText;
  /** Code of the content hash: an answer that begins with `GODKJENT <code>` approves exactly this content. */
  readonly approvalCode: string;
  /** Where the plan can be read and approved, without anything that identifies the patient. */
  readonly link?: string;
  readonly sender: Party;
  readonly receiver: Party;
  readonly patient: OutboundPatient;
  readonly contact: Professional;
  readonly conversation?: { readonly parent: string; readonly conversation: string };
  readonly id: string;
  /** It was sent before and has not been answered. */
  readonly reminder?: boolean;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The plan to the GP for approval. */
export async function buildPlanToGp(request: PlanToGp): Promise<BuiltMessage> {
  const {
    plan,
    id,
    at,
    sender,
    receiver,
    patient,
    conversation,
    contact,
    approvalCode,
    link,
    reminder = false,
  } = request;
  const pdf = await planPdf(plan, { approvalCode, at });
  const text = [
    ...(reminder ? ['Vi kan ikke se at planen er besvart, og sender den på nytt.'] : []),
    'Forslag til egenbehandlingsplan for digital hjemmeoppfølging er vedlagt som PDF.',
    `Planen godkjennes ved å svare på denne meldingen med første linje: GODKJENT ${approvalCode}`,
    'Alle andre svar leses av oppfølgingssenteret. Ved endring av planen sendes en ny melding med ny kode.',
    ...(link === undefined ? [] : [`Planen kan også leses og godkjennes her: ${link}`]),
  ].join('\n');
  return builtMessage(
    {
      type: 'DIALOG_HELSEFAGLIG',
      id,
      at,
      sender,
      receiver,
      patient,
      ...(conversation && { conversation }),
      attachments: [{ mimeType: 'application/pdf', description: plan.title, bytes: pdf }],
    },
    dialogueNote({
      version: '1.1',
      topicCode: { list: '7322', code: '6', display: 'Henvendelse om pasient' },
      topic: `${reminder ? 'Purring: egenbehandlingsplan' : 'Egenbehandlingsplan'} til godkjenning`,
      text,
      contact,
      wanted: { profession: 'LE', display: 'Lege' },
    }),
  );
}
