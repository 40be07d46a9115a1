import { readFileSync } from 'node:fs';
import { readMsgHead } from '../../../src/mapping/plo/msg-head.js';
import { readXml } from '../../../src/mapping/xml/read-xml.js';
import { el, xmlDocument } from '../../../src/mapping/xml/write-xml.js';
import fc from 'fast-check';

const file = (name: string): Buffer => readFileSync(`test/fixtures/messages/${name}`);

describe('hostile XML is refused as invalid', () => {
  test.each(['xxe.xml', 'ekstern-dtd.xml', 'billion-laughs.xml', 'avkortet.xml', 'feil-koding.xml', 'ikke-xml.txt'])(
    '%s',
    (name) => {
      expect(() => readXml(file(name))).toThrow(expect.objectContaining({ category: 'invalid' }));
    },
  );

  test('nesting deeper than 256 elements', () => {
    expect(() => readXml(Buffer.from('<a>'.repeat(100_000) + '</a>'.repeat(100_000)))).toThrow(
      expect.objectContaining({ category: 'invalid' }),
    );
  });

  test('more bytes than allowed', () => {
    expect(() => readXml(Buffer.from('<a/>'), 3)).toThrow(expect.objectContaining({ category: 'too-large' }));
  });
});

test('an XInclude is not followed', () => {
  const root = readXml(
    Buffer.from('<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/hostname" parse="text"/></a>'),
  );
  expect(root.children.map(({ name, text }) => [name, text])).toEqual([['include', '']]);
});

test('prefixes, byte order mark, UTF-16, ISO-8859-1, CDATA and comments make no difference', () => {
  const [, ...others] = [
    'log-innlagt.xml',
    'log-innlagt-prefixes.xml',
    'bom.xml',
    'utf-16.xml',
    'iso-8859-1.xml',
    'cdata-og-kommentarer.xml',
  ];
  for (const name of others) {
    const head = readMsgHead(readXml(file(name)));
    expect(head.patient?.family).toBe('Prøvepasient');
    expect(head.sender.unit?.idents).toEqual([{ id: '8990011', type: 'HER' }]);
    expect(head.content?.name).toBe('Pasientlogistikk');
  }
});

test('whatever text is written comes back when it is read, save characters that XML cannot carry', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (attribute, text) => {
      const written = xmlDocument(el('a', { V: attribute }, [el('b', {}, [text])]));
      const root = readXml(Buffer.from(written));
      // oxlint-disable-next-line no-control-regex
      const carried = (value: string): string =>
        value.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '');
      expect(root.attributes['V']).toBe(carried(attribute));
      expect(root.children[0]?.text).toBe(carried(text).trim());
    }),
  );
});
