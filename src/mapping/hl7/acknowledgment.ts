// Original and enhanced mode: https://www.hl7.eu/HL7v2x/v251/std251/ch02.html
import type { AckCode } from './write-ack.js';

/** What was found out about a message: accepted, wrong content, or refused. */
export type Verdict = 'AA' | 'AE' | 'AR';

/** The conditions of MSH-15 and MSH-16 (HL7 table 0155). */
export interface AckConditions {
  /** MSH-15: of the accept acknowledgment. */
  readonly accept: string;
  /** MSH-16: of the application acknowledgment. */
  readonly application: string;
}

/**
 * The acknowledgments that a message asks for, in order. Without MSH-15 and MSH-16 the sender uses the original mode: one
 * application acknowledgment. In enhanced mode `CA` says that the message is safely stored and `CR` that it was refused;
 * then `AA` or `AE` says what became of it. A condition that is empty in enhanced mode means never.
 */
export function wantedAcks({ accept, application }: AckConditions, verdict: Verdict): readonly AckCode[] {
  if (accept === '' && application === '') return [verdict];
  const commit = verdict === 'AR' ? 'CR' : 'CA';
  return [
    ...(wanted(accept, commit === 'CA') ? [commit] : []),
    // What was refused has not reached the application.
    ...(verdict !== 'AR' && wanted(application, verdict === 'AA') ? [verdict] : []),
  ] as readonly AckCode[];
}

/** AL always, SU on success, ER on error, NE never. */
const wanted = (condition: string, success: boolean): boolean =>
  condition === 'AL' || (condition === 'SU' && success) || (condition === 'ER' && !success);

/** The acknowledgments that lie one after the other in a stored receipt. */
export function splitAcks(receipt: Uint8Array): readonly Uint8Array[] {
  const bytes = Buffer.from(receipt);
  const starts = [0];
  for (let at = bytes.indexOf('\rMSH'); at >= 0; at = bytes.indexOf('\rMSH', at + 1)) starts.push(at + 1);
  return bytes.length === 0 ? [] : starts.map((start, index) => bytes.subarray(start, starts[index + 1]));
}
