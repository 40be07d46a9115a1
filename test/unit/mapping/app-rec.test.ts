import { readFileSync, writeFileSync } from 'node:fs';
import { readMsgHead } from '../../../src/mapping/plo/msg-head.js';
import { readAppRec } from '../../../src/mapping/plo/read-app-rec.js';
import { receiptFor, type ReceiptError } from '../../../src/mapping/plo/receipt.js';
import { renderAppRec } from '../../../src/mapping/plo/render-app-rec.js';
import { salvageHead } from '../../../src/mapping/plo/salvage-head.js';
import { readXml } from '../../../src/mapping/xml/read-xml.js';

const file = (name: string): Buffer => readFileSync(`test/fixtures/messages/${name}`);
const made = { id: '522e648c-8197-48ee-ab5d-3195a890e9a3', at: Date.parse('2026-03-02T09:00:05Z') };

/** Golden files; `UPDATE_GOLDEN=1` writes them anew. All are valid against the schemas of their version. */
const golden: readonly [name: string, message: string, errors: readonly ReceiptError[]][] = [
  ['1.1-accepted-service', 'log-innlagt.xml', []],
  ['1.1-rejected', 'uten-pasient.xml', [{ code: 'E36', text: 'Pasientens navn & "identifikator" mangler' }]],
  ['1.0-accepted-person', 'dialog-foresporsel.xml', []],
  ['1.0-rejected-two-errors', 'dialog-foresporsel.xml', [{ code: 'E10' }, { code: 'T10', text: 'Støttes ikke' }]],
  ['1.0-own-envelope', 'henvisning-1.0.xml', []],
  ['1.1-own-envelope', 'epikrise.xml', []],
];

test.each(golden)('receipt %s', (name, message, errors) => {
  const xml = renderAppRec(receiptFor(readMsgHead(readXml(file(message))), made, errors));
  const path = `test/golden/receipts/${name}.xml`;
  if (process.env['UPDATE_GOLDEN']) writeFileSync(path, xml);
  expect(xml).toBe(readFileSync(path, 'utf8'));
});

test('a receipt that is read back says what was written', () => {
  const head = readMsgHead(readXml(file('log-innlagt.xml')));
  const receipt = readAppRec(
    readXml(Buffer.from(renderAppRec(receiptFor(head, made, [{ code: 'E36', text: 'Mangler navn' }])))),
  );
  expect(receipt).toEqual({
    id: made.id,
    status: '2',
    errors: [{ code: 'E36', text: 'Mangler navn' }],
    originalId: head.id,
    originalType: 'LOG_INNLAGT',
    senderHerIds: ['8990003', '8990001'],
    senderName: 'FJORDHEIM KOMMUNE',
  });
});

test('a time that is no xs:dateTime is not repeated: the receipt stays valid', () => {
  const head = { ...readMsgHead(readXml(file('log-innlagt.xml'))), generated: 'i dag' };
  expect(renderAppRec(receiptFor(head, made, []))).toContain('<IssueDate>2026-03-02T10:00:05+01:00</IssueDate>');
});

test.each(['avkortet.xml', 'feil-koding.xml', 'xxe.xml', 'ekstern-dtd.xml'])(
  'the head of %s is found although the message is not well-formed',
  (name) => {
    expect(salvageHead(file(name))).toMatchObject({
      type: { code: 'LOG_INNLAGT' },
      sender: { name: 'NORDVIK SYKEHUS HF' },
    });
  },
);

test.each(['billion-laughs.xml', 'avkortet-i-hodet.xml', 'ikke-xml.txt'])('nothing can be salvaged from %s', (name) => {
  expect(salvageHead(file(name))).toBeUndefined();
});
