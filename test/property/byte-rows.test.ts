import fc from 'fast-check';
import { type ByteRow, rowSplitter } from '../../src/storage/byte-rows.js';

/** https://www.postgresql.org/docs/current/protocol-message-formats.html */
const message = (kind: string, content: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(kind);
  head.writeUInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
};

function rowMessage(values: readonly (string | null)[]): Buffer {
  const count = Buffer.alloc(2);
  count.writeUInt16BE(values.length);
  const fields = values.map((value) => {
    const bytes = value === null ? Buffer.alloc(0) : Buffer.from(value);
    const length = Buffer.alloc(4);
    length.writeInt32BE(value === null ? -1 : bytes.length);
    return Buffer.concat([length, bytes]);
  });
  return message('D', Buffer.concat([count, ...fields]));
}

type Sent = { readonly row: readonly (string | null)[] } | { readonly kind: string; readonly text: string };

const sent: fc.Arbitrary<Sent> = fc.oneof(
  fc.record({ row: fc.array(fc.option(fc.string({ unit: 'grapheme', maxLength: 30 })), { maxLength: 5 }) }),
  fc.record({ kind: fc.constantFrom('C', 'T', 'Z', '2', 'S'), text: fc.string({ maxLength: 30 }) }),
);

const bytesOf = (one: Sent): Buffer => ('row' in one ? rowMessage(one.row) : message(one.kind, Buffer.from(one.text)));

test('however the stream is cut, rows come as bytes and all else as it was, in their order', () => {
  fc.assert(
    fc.property(fc.array(sent, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 40 }), (messages, places) => {
      const stream = Buffer.concat(messages.map(bytesOf));
      const ends = [...places.map((place) => place % (stream.length + 1)), stream.length].toSorted((a, b) => a - b);
      const found: Buffer[] = [];
      const split = rowSplitter(
        (values: ByteRow) =>
          found.push(rowMessage(values.map((value) => (value === null ? null : value.toString('utf8'))))),
        (others) => found.push(others),
      );
      let from = 0;
      for (const end of ends) {
        if (end > from) split(stream.subarray(from, end));
        from = end;
      }
      expect(Buffer.concat(found).equals(stream)).toBe(true);
      expect(found.filter((one) => one[0] === 0x44)).toHaveLength(messages.filter((one) => 'row' in one).length);
    }),
  );
});
