// HL7 v2.x encoding rules: https://www.hl7.eu/HL7v2x/v251/std251/ch02.html
import { Failure } from '../../kernel/failure.js';
import type { XmlElement } from '../xml/xml-element.js';
import { decodeHl7 } from './charset.js';

/** An HL7 v2 message: its header and its tree (segments `PID`, fields `PID.3`, components `PID.3.1`, as in HL7 v2 XML). */
export interface Hl7Message {
  readonly header: Hl7Header;
  readonly tree: XmlElement;
}
export interface Hl7Header {
  /** Field separator and MSH-2: `|^~\&`. */
  readonly delimiters: string;
  readonly sendingApplication: string;
  readonly sendingFacility: string;
  readonly receivingApplication: string;
  readonly receivingFacility: string;
  readonly time: string;
  /** `ADT`. */
  readonly type: string;
  /** `A01`. */
  readonly event: string;
  readonly controlId: string;
  readonly processing: string;
  readonly version: string;
  /** MSH-15 and MSH-16 (HL7 table 0155): which acknowledgments the sender wants; both empty in original mode. */
  readonly acceptAck: string;
  readonly applicationAck: string;
  /** MSH-18 as sent. */
  readonly charset: string;
}

/**
 * Reads a message in the character set its MSH-18 names; segments may end with CR, LF or CRLF.
 *
 * @throws Failure `invalid` when it does not begin with an MSH segment that names delimiters and a message type
 */
export function readHl7(bytes: Uint8Array): Hl7Message {
  const text = decodeHl7(bytes);
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');
  const head = lines[0] ?? '';
  const delimiters = delimitersOf(head);
  if (!/^MSH[^\w\s]/.test(head) || delimiters === undefined) {
    throw new Failure('invalid', 'The message does not begin with an MSH segment and its delimiters.', {
      expression: 'MSH',
    });
  }
  const tree = element(
    'HL7',
    lines.map((line) => segment(line, delimiters)),
  );
  const header = headerOf(tree, writtenAs(delimiters));
  if (header.type === '')
    throw new Failure('invalid', 'MSH-9 does not name the type of the message.', { expression: 'MSH.9' });
  return { header, tree };
}

interface Delimiters {
  readonly field: string;
  readonly component: string;
  readonly repetition: string;
  readonly escape: string;
  readonly subcomponent: string;
}

/** Senders that use no subcomponents, or no escapes, may leave the last delimiters out: then they are the usual ones. */
const usual = '^~\\&';

/** MSH-1 and MSH-2; undefined where they are not distinct marks, or not two to five. */
function delimitersOf(head: string): Delimiters | undefined {
  const field = head.charAt(3);
  const told = field === '' ? '' : (head.slice(4).split(field, 1)[0] ?? '');
  if (!/^[^\w\s]{2,5}$/.test(told)) return undefined;
  const [component, repetition, escape, subcomponent] = told + usual.slice(told.length);
  const all = [field, component!, repetition!, escape!, subcomponent!];
  if (new Set(all).size < all.length) return undefined;
  return {
    field,
    component: component!,
    repetition: repetition!,
    escape: escape!,
    subcomponent: subcomponent!,
  };
}

const writtenAs = ({ field, component, repetition, escape, subcomponent }: Delimiters): string =>
  field + component + repetition + escape + subcomponent;

const element = (name: string, children: readonly XmlElement[], text = ''): XmlElement => ({
  name,
  namespace: '',
  attributes: {},
  children,
  text,
});

function segment(line: string, by: Delimiters): XmlElement {
  const fields = line.split(by.field);
  const name = fields[0]!.slice(0, 3);
  const header = name === 'MSH';
  const values = header ? [by.field, ...fields.slice(1)] : fields.slice(1);
  return element(
    name,
    values.flatMap((value, index) => field(`${name}.${index + 1}`, value, header && index < 2 ? undefined : by)),
  );
}

/** One element per repetition; MSH-1 and MSH-2 (no delimiters) are taken literally. */
function field(name: string, value: string, by: Delimiters | undefined): readonly XmlElement[] {
  if (value === '') return [];
  if (by === undefined) return [element(name, [], value)];
  return value.split(by.repetition).map((repetition) => {
    const components = repetition.split(by.component);
    if (components.length === 1 && !repetition.includes(by.subcomponent))
      return element(name, [element(`${name}.1`, [], unescape(repetition, by))], '');
    return element(
      name,
      components.flatMap((component, index) => componentElement(`${name}.${index + 1}`, component, by)),
    );
  });
}

function componentElement(name: string, value: string, by: Delimiters): readonly XmlElement[] {
  if (value === '') return [];
  const parts = value.split(by.subcomponent);
  if (parts.length === 1) return [element(name, [], unescape(value, by))];
  return [
    element(
      name,
      parts.map((part, index) => element(`${name}.${index + 1}`, [], unescape(part, by))),
      unescape(parts[0]!, by),
    ),
  ];
}

/** `\F\ \S\ \T\ \R\ \E\ \Xhh..\ \.br\`; highlighting is dropped; `""` is the explicit null of HL7 and read as nothing. */
function unescape(text: string, by: Delimiters): string {
  if (text === '""') return '';
  if (!text.includes(by.escape)) return text;
  const named: Record<string, string> = {
    F: by.field,
    S: by.component,
    T: by.subcomponent,
    R: by.repetition,
    E: by.escape,
    '.br': '\n',
    H: '',
    N: '',
  };
  const parts = text.split(by.escape);
  return parts
    .map((part, index) => {
      if (index % 2 === 0) return part;
      if (index === parts.length - 1) return by.escape + part;
      return named[part] ?? (/^X([0-9A-F]{2})+$/i.test(part) ? decodeHl7(Buffer.from(part.slice(1), 'hex')) : '');
    })
    .join('');
}

function headerOf(tree: XmlElement, delimiters: string): Hl7Header {
  const of = (name: string, number: number, component: number): string =>
    tree.children
      .find((segment) => segment.name === name)
      ?.children.find((child) => child.name === `${name}.${number}`)
      ?.children.find((child) => child.name === `${name}.${number}.${component}`)?.text ?? '';
  const at = (number: number, component = 1): string => of('MSH', number, component);
  return {
    delimiters,
    sendingApplication: at(3),
    sendingFacility: at(4),
    receivingApplication: at(5),
    receivingFacility: at(6),
    time: at(7),
    type: at(9),
    // Before v2.3 the event stood in EVN-1 alone.
    event: at(9, 2) || of('EVN', 1, 1),
    controlId: at(10),
    processing: at(11),
    version: at(12),
    acceptAck: at(15),
    applicationAck: at(16),
    charset: at(18),
  };
}
