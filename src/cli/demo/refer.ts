import type { Resource } from '../../fhir/resource.js';
import type { MsgHead } from '../../mapping/plo/envelope.js';
import { messageIdSystem } from '../../bridge/message/identifiers.js';
import { isAppRec, readAppRec } from '../../mapping/plo/read-app-rec.js';
import { receiptFor } from '../../mapping/plo/receipt.js';
import { renderAppRec } from '../../mapping/plo/render-app-rec.js';
import { readXml } from '../../mapping/xml/read-xml.js';
import { exampleMessage } from '../../system/demo-messages.js';
import { claim } from './expected.js';
import type { MessageAnswer, Party } from './party.js';
import type { Stage } from './stage.js';

export interface Referred {
  readonly messageId: string;
  /** Task on the centre's worklist. */
  readonly task: Resource;
  readonly referral: Resource;
  readonly receiptMilliseconds: number;
}

/** The hospital refers by message; the receipt comes at once, and the same again for the same message. */
export async function refer({
  hospital,
  municipality,
  patient,
  identifier,
  now,
  newId,
  tell,
}: Stage): Promise<Referred> {
  const messageId = newId();
  const xml = await exampleMessage('henvisning-nytilstand.xml', { patient, id: messageId, at: now() });
  const answer = await accepted(hospital, xml, 'Henvisningen');
  tell(
    `${hospital.name} sender Henvisning 2.0 for ${patient.given} ${patient.family}: applikasjonskvittering OK etter ${rounded(answer.milliseconds)} ms.`,
  );
  const again = await accepted(hospital, xml, 'Henvisningen sendt på nytt');
  claim(again.text === answer.text, 'Den samme meldingen på nytt skal få den samme kvitteringen, tegn for tegn.');
  const tasks = await municipality.search('Task', {
    'patient.identifier': identifier,
    code: 'http://hl7.org/fhir/CodeSystem/task-code|fulfill',
  });
  claim(
    tasks.length === 1 && tasks[0]!['status'] === 'received',
    `Kommunen skal ha én mottatt henvisning på arbeidslisten, men har ${tasks.length}.`,
  );
  const referral = await municipality.find('ServiceRequest', { 'patient.identifier': identifier });
  const reason = (referral['reasonCode'] as { text?: string }[] | undefined)
    ?.map(({ text }) => text)
    .find((text) => (text?.length ?? 0) > 40);
  tell(
    `Samme melding på nytt gir samme kvittering og ingen ny henvisning. Kommunen ser én oppgave${reason === undefined ? '.' : `: «${reason}»`}`,
  );
  return { messageId, task: tasks[0]!, referral, receiptMilliseconds: answer.milliseconds };
}

export interface Accepted {
  readonly episode: Resource;
  readonly patient: Resource;
  readonly answer: MsgHead;
}

/** The municipality accepts; the answer goes to the hospital as a message, and the hospital acknowledges it. */
export async function acceptReferral(
  { hospital, municipality, identifier, outgoing, now, newId, tell }: Stage,
  { referral, messageId }: Referred,
): Promise<Accepted> {
  const before = await hospital.search('EpisodeOfCare', { 'patient.identifier': identifier });
  claim(before.length === 0, 'Sykehuset skal ikke se pasientens forløp før henvisningen er godtatt.');
  await municipality.call(
    { type: 'ServiceRequest', id: referral.id!, name: 'accept' },
    { note: 'Oppstart innen to dager.' },
  );
  const answer = await outgoing('Svaret på henvisningen', (head) => head.conversation?.parent === messageId);
  claim(
    answer.type.code === 'DIALOG_STATUS_HENVISNING',
    `Svaret skal være DIALOG_STATUS_HENVISNING, men er ${answer.type.code}.`,
  );
  const to = answer.receiver.unit?.idents[0]?.id;
  claim(to === '8990011', `Svaret skal til avdelingen som henviste (HER-id 8990011), men går til ${to ?? 'ingen'}.`);
  tell(
    `${municipality.name} godtar. Svaret går til sykehuset som ${answer.type.code} i samme samtale; sykehuset ser nå forløpet.`,
  );
  const receipt = await hospital.post(Buffer.from(renderAppRec(receiptFor(answer, { id: newId(), at: now() }, []))));
  claim(receipt.status === 204, `En applikasjonskvittering skal få 204, men fikk ${receipt.status}.`);
  const sent = await municipality.find('Communication', { identifier: `${messageIdSystem}|${answer.id}` });
  claim(
    sent['status'] === 'completed',
    `Svaret som er kvittert, skal stå som framme (completed), men er ${String(sent['status'])}.`,
  );
  tell('Sykehuset kvitterer for svaret (204), og meldingen står som framme i kommunens system.');
  const episode = await hospital.find('EpisodeOfCare', { 'patient.identifier': identifier });
  return { episode, answer, patient: await municipality.find('Patient', { identifier }) };
}

/** Posts a message that must be accepted. @throws StoryBroken with what the receipt says */
export async function accepted(by: Party, xml: Uint8Array, what: string): Promise<MessageAnswer> {
  const answer = await by.post(xml);
  claim(answer.status === 200, `${what} skal få 200 og en applikasjonskvittering, men fikk ${answer.status}.`);
  const root = readXml(Buffer.from(answer.text));
  claim(isAppRec(root), `${what} skal besvares med en applikasjonskvittering.`);
  const { status, errors } = readAppRec(root);
  claim(status === '1', `${what} ble avvist: ${errors.map(({ code, text }) => `${code} ${text ?? ''}`).join(', ')}.`);
  return answer;
}

export const rounded = (milliseconds: number): string =>
  milliseconds < 10 ? milliseconds.toFixed(1) : String(Math.round(milliseconds));
