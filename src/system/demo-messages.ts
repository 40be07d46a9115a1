import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DateTime } from 'luxon';
import { packageRoot } from '../fhir/package-root.js';

/** A person as the examples of messages name one. */
export interface MessagePatient {
  readonly fnr: string;
  readonly given: string;
  readonly family: string;
  /** `1948-03-12`. */
  readonly born: string;
  readonly sex: '1' | '2';
}

export interface MessageFacts {
  readonly patient: MessagePatient;
  /** MsgId, a UUID; of an HL7 message its control id. */
  readonly id: string;
  /** When it is sent, milliseconds since 1970. */
  readonly at: number;
  /** When the patient came or went; default `at`. */
  readonly happened?: number;
}

type ExampleName = 'henvisning-nytilstand.xml' | 'log-innlagt.xml' | 'log-utskrevet.xml';

const zone = 'Europe/Oslo';
const local = (at: number): string => DateTime.fromMillis(at, { zone }).toFormat("yyyy-MM-dd'T'HH:mm:ss");
const withOffset = (at: number): string => DateTime.fromMillis(at, { zone }).toISO({ suppressMilliseconds: true })!;

/** An example of `mappings/examples` about this person and time, as the bytes a sender would send. */
export async function exampleMessage(
  name: ExampleName,
  { patient, id, at, happened = at }: MessageFacts,
): Promise<Buffer> {
  const xml = await readFile(path.join(packageRoot(), 'mappings', 'examples', name), 'utf8');
  const born = patient.born;
  return Buffer.from(
    xml
      .replace(/<GenDate>[^<]*/, `<GenDate>${withOffset(at)}`)
      .replace(/<MsgId>[^<]*/, `<MsgId>${id}`)
      .replace(/<DocumentId>[^<]*/, `<DocumentId>${id}`)
      .replace(/<IssueDate>[^<]*/g, `<IssueDate>${local(at)}`)
      .replace(/<IssueDate V="[^"]*"/g, `<IssueDate V="${withOffset(at)}"`)
      .replace(/<TidspunktForHendelse V="[^"]*"/g, `<TidspunktForHendelse V="${local(happened)}"`)
      .replace(/<DateOfBirth>[^<]*/, `<DateOfBirth>${born}`)
      .replace(/<FamilyName>[^<]*/, `<FamilyName>${patient.family}`)
      .replace(/<GivenName>[^<]*/, `<GivenName>${patient.given}`)
      .replace(/<Sex V="[^"]*" DN="[^"]*"/, patient.sex === '1' ? '<Sex V="1" DN="Mann"' : '<Sex V="2" DN="Kvinne"')
      .replace(/(<Id>)\d{11}(<\/Id><TypeId V="FNR")/g, `$1${patient.fnr}$2`),
  );
}

/** The example of ADT^A03 (discharge) about this person and time, segments ended by carriage return. */
export async function dischargeHl7({ patient, id, at, happened = at }: MessageFacts): Promise<string> {
  const text = await readFile(path.join(packageRoot(), 'mappings', 'examples', 'adt-a03.hl7'), 'utf8');
  const stamp = (time: number): string => DateTime.fromMillis(time, { zone }).toFormat('yyyyMMddHHmmss');
  const segments = text.split(/\r\n|\r|\n/).filter((line) => line !== '');
  return segments.map((segment) => filled(segment, { patient, id, sent: stamp(at), left: stamp(happened) })).join('\r');
}

function filled(
  segment: string,
  {
    patient,
    id,
    sent,
    left,
  }: { readonly patient: MessagePatient; readonly id: string; readonly sent: string; readonly left: string },
): string {
  const fields = segment.split('|');
  switch (fields[0]) {
    // MSH-1 is the separator itself, so MSH-n stands at n - 1.
    case 'MSH':
      fields[6] = sent;
      fields[9] = id;
      break;
    case 'EVN':
      fields[2] = left;
      break;
    case 'PID':
      fields[3] = `${patient.fnr}^^^NIN&2.16.578.1.12.4.1.4.1&ISO^FNR`;
      fields[5] = `${patient.family}^${patient.given}`;
      fields[7] = patient.born.replaceAll('-', '');
      fields[8] = patient.sex === '1' ? 'M' : 'F';
      break;
    case 'PV1':
      fields[44] = '';
      fields[45] = left;
      break;
  }
  return fields.join('|');
}
