import { Hl7Message as MedplumMessage } from '@medplum/core';
import { readFileSync } from 'node:fs';
import { patientIdentityOf } from '../../../src/mapping/hl7/patient-identity.js';
import { readHl7 } from '../../../src/mapping/hl7/read-hl7.js';
import { writeAck } from '../../../src/mapping/hl7/write-ack.js';
import { childOf, childrenOf } from '../../../src/mapping/xml/xml-element.js';

const file = (name: string): Buffer => readFileSync(`test/fixtures/messages/${name}`);
const familyName = (bytes: Uint8Array): string | undefined =>
  childOf(childOf(childOf(readHl7(bytes).tree, 'PID'), 'PID.5'), 'PID.5.1')?.text;

test.each(['adt-a01.hl7', 'adt-a01-latin1.hl7', 'adt-a01-lf.hl7'])(
  '%s is read in its own character set and line ends',
  (name) => {
    expect(familyName(file(name))).toBe('Prøvepasient');
  },
);

test('without MSH-18, bytes that are not UTF-8 are read as ISO-8859-1', () => {
  expect(familyName(Buffer.from('MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5\rPID|1||1||Prøvepasient\r', 'latin1'))).toBe(
    'Prøvepasient',
  );
});

test('repetitions, components, subcomponents, escapes and the explicit null', () => {
  const { tree } = readHl7(
    Buffer.from(
      'MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5\rZZ1|a~b^c&d|\\F\\\\S\\\\T\\\\R\\\\E\\|""|x\\.br\\y|\\XC3\\|\\H\\bold\\N\\|lone\\\r',
    ),
  );
  const zz1 = childOf(tree, 'ZZ1')!;
  const [first, second] = childrenOf(zz1, 'ZZ1.1');
  expect(childOf(first, 'ZZ1.1.1')?.text).toBe('a');
  expect(childOf(second, 'ZZ1.1.2')?.children.map(({ text }) => text)).toEqual(['c', 'd']);
  const text = (number: number): string | undefined => childOf(childOf(zz1, `ZZ1.${number}`), `ZZ1.${number}.1`)?.text;
  expect([2, 3, 4, 5, 6, 7].map(text)).toEqual(['|^&~\\', '', 'x\ny', 'Ã', 'bold', 'lone\\']);
});

test('other delimiters are understood', () => {
  const { header } = readHl7(Buffer.from('MSH#*%!@#EPJ#SYKEHUS####2026##ADT*A03#77#P#2.5\r'.replace('####', '###')));
  expect([header.type, header.event, header.controlId]).toEqual(['ADT', 'A03', '77']);
});

test.each(['', 'hello', 'MSH', 'MSH|^~\\&|A', 'PID|1', 'MSH|||||', '\u0000\u0001', '<xml/>'])(
  '%j is refused as no HL7 message',
  (text) => {
    expect(() => readHl7(Buffer.from(text))).toThrow(expect.objectContaining({ category: 'invalid' }));
  },
);

test('the header agrees with an independent parser', () => {
  const bytes = file('adt-a01.hl7');
  const other = MedplumMessage.parse(bytes.toString('utf8')).header;
  const { header } = readHl7(bytes);
  expect([
    header.sendingApplication,
    header.sendingFacility,
    header.type,
    header.event,
    header.controlId,
    header.version,
    header.charset,
  ]).toEqual([
    other.getComponent(3, 1),
    other.getComponent(4, 1),
    other.getComponent(9, 1),
    other.getComponent(9, 2),
    other.getComponent(10, 1),
    other.getComponent(12, 1),
    other.getComponent(18, 1),
  ]);
});

test('the patient is found by a number with right check digits, whatever the hospital calls it', () => {
  const message = (pid3: string) =>
    readHl7(Buffer.from(`MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5\rPID|1||${pid3}\r`)).tree;
  expect(patientIdentityOf(message('N1^^^X^PI~12834812019^^^Y^ZZ'))).toEqual({
    system: 'urn:oid:2.16.578.1.12.4.1.4.1',
    value: '12834812019',
  });
  expect(patientIdentityOf(message('12834812018'))).toBeUndefined();
  expect(patientIdentityOf(message(''))).toBeUndefined();
});

test('an ACK answers in the sender’s delimiters and names its message, escaped', () => {
  const { header } = readHl7(file('adt-a01.hl7'));
  const at = Date.parse('2026-03-02T09:00:05Z');
  expect(writeAck(header, { code: 'AA', id: 'abc', at }).split('\r')).toEqual([
    'MSH|^~\\&|HJEMMEBRO|FJORDHEIM|PAS|NORDVIK|20260302100005.000+0100||ACK^A01^ACK|abc|P|2.5.1||||||UNICODE UTF-8',
    'MSA|AA|MSG00001',
    '',
  ]);
  const refused = writeAck(
    { ...header, controlId: 'a|b' },
    { code: 'AE', text: 'bad | field', error: '101', id: 'abc', at },
  ).split('\r');
  expect(refused.slice(1, 3)).toEqual(['MSA|AE|a\\F\\b|bad \\F\\ field', 'ERR|||101|E||||bad \\F\\ field']);
  expect(writeAck(undefined, { code: 'AR', id: 'abc', at })).toMatch(/\rMSA\|AR\|\r/);
});

test.each([
  ['the subcomponent mark is left out', 'MSH|^~\\|A|B|C|D|2026||ADT^A08|1|P|2.3', 'ADT A08'],
  ['only two marks are told', 'MSH|^~|A|B|C|D|2026||ADT^A08|1|P|2.1', 'ADT A08'],
  ['the truncation mark of v2.7 is told', 'MSH|^~\\&#|A|B|C|D|2026||ADT^A08|1|P|2.7', 'ADT A08'],
  ['the event stands in EVN-1 alone', 'MSH|^~\\&|A|B|C|D|2026||ADT|1|P|2.2\rEVN|A03|20260301', 'ADT A03'],
  ['the structure is named too', 'MSH|^~\\&|A|B|C|D|2026||ORU^R01^ORU_R01|1|P|2.8^NOR', 'ORU R01'],
])('a header is understood where %s', (_why, text, expected) => {
  const { header } = readHl7(Buffer.from(`${text}\r`));
  expect(`${header.type} ${header.event}`).toBe(expected);
});

test.each(['MSH|^^\\&|A', 'MSH|', 'MSH||^~|A'])('%j names no delimiters', (text) => {
  expect(() => readHl7(Buffer.from(`${text}|B|C|D|2026||ADT^A01|1|P|2.5\r`))).toThrow(/delimiters/);
});

test('letters in hexadecimal escapes are of the character set they are valid in', () => {
  const { tree } = readHl7(Buffer.from('MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5\rZZ1|Pr\\XC3B8\\ve|Pr\\XF8\\ve\r'));
  const zz1 = childOf(tree, 'ZZ1')!;
  expect([1, 2].map((at) => childOf(childOf(zz1, `ZZ1.${at}`), `ZZ1.${at}.1`)?.text)).toEqual(['Prøve', 'Prøve']);
});

test('old senders write the national number in PID-19', () => {
  const { tree } = readHl7(
    Buffer.from(`MSH|^~\\&|A|B|C|D|2026||ADT^A08|1|P|2.3\rPID|1||55||P^O${'|'.repeat(14)}12834812019\r`),
  );
  expect(patientIdentityOf(tree)?.value).toBe('12834812019');
});
