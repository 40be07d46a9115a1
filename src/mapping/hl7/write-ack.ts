// General acknowledgment: https://www.hl7.eu/HL7v2x/v251/std251/ch02.html#Heading105
import { DateTime } from 'luxon';
import type { Hl7Header } from './read-hl7.js';

/**
 * `AA` accepted, `AE` the content is wrong, `AR` refused: unknown sender, unsupported type, or try again later. In enhanced
 * mode `CA` stored, `CR` refused (acknowledgment.ts).
 */
export type AckCode = 'AA' | 'AE' | 'AR' | 'CA' | 'CR';

export interface Ack {
  readonly code: AckCode;
  /** Why, for the person at the other end; never an identity number. */
  readonly text?: string;
  /** HL7 table 0357: `100` segment sequence, `101` required field missing, `102` data type, `200` message type, `201` event, `207` internal error. */
  readonly error?: string;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const plainHeader: Pick<Hl7Header, 'delimiters'> = { delimiters: '|^~\\&' };

/** An instant as MSH-7 has it, in Norwegian time. */
export const ackTime = (milliseconds: number): string =>
  DateTime.fromMillis(milliseconds, { zone: 'Europe/Oslo' }).toFormat('yyyyMMddHHmmss.SSSZZZ');

/** The ACK of a message, segments ended by CR. Without a header (it could not be read) MSA-2 is empty. */
export function writeAck(header: Hl7Header | undefined, ack: Ack): string {
  const { delimiters } = header ?? plainHeader;
  const [field, component, repetition, escape, subcomponent] = delimiters;
  const names: Record<string, string> = {
    [field!]: 'F',
    [component!]: 'S',
    [repetition!]: 'R',
    [escape!]: 'E',
    [subcomponent!]: 'T',
  };
  const safe = (text: string): string =>
    [...text]
      .map((character) =>
        names[character] === undefined ? character.replace(/[\r\n]/, ' ') : `${escape}${names[character]}${escape}`,
      )
      .join('');
  const join = (parts: readonly string[]): string => parts.join(field);
  const at = ackTime(ack.at);
  const type = ['ACK', header?.event ?? '', 'ACK'].map(safe).join(component);
  const msh = join([
    'MSH',
    delimiters.slice(1),
    safe(header?.receivingApplication || 'HJEMMEBRO'),
    safe(header?.receivingFacility ?? ''),
    safe(header?.sendingApplication ?? ''),
    safe(header?.sendingFacility ?? ''),
    at,
    '',
    header?.event ? type : 'ACK',
    ack.id.slice(-20),
    safe(header?.processing || 'P'),
    safe(header?.version || '2.5.1'),
    ...(header?.charset ? ['', '', '', '', '', safe(header.charset)] : []),
  ]);
  const msa = join([
    'MSA',
    ack.code,
    safe(header?.controlId ?? ''),
    ...(ack.text === undefined ? [] : [safe(ack.text).slice(0, 80)]),
  ]);
  const err =
    ack.code === 'AA' || ack.code === 'CA'
      ? []
      : [join(['ERR', '', '', safe(ack.error ?? '207'), 'E', '', '', '', safe(ack.text ?? '')])];
  return [msh, msa, ...err].map((line) => `${line}\r`).join('');
}
