import fc from 'fast-check';
import { type Frame, MllpDecoder, mllpFrame } from '../../src/bridge/mllp-frame.js';

const textsOf = (frames: readonly Frame[]): string[] =>
  frames.map((frame) => (frame.kind === 'message' ? frame.bytes.toString('utf8') : 'TOO LARGE'));

/** Anything a message may hold: no VT, no FS. */
const body = fc.string({ unit: 'binary', maxLength: 60 }).map((text) =>
  [...text]
    .filter((character) => character !== '\u000b' && character !== '\u001c')
    .join('')
    .replace(/\p{Surrogate}/gu, ''),
);
/** What may stand between frames: anything but VT. */
const garbage = fc.oneof(fc.constant(''), fc.constantFrom('\r', '\r\n', 'x', '\u001c', '\r\u001c\r'));

const cut = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const at = [...new Set([0, ...places.map((place) => place % (bytes.length + 1)), bytes.length])].toSorted(
    (a, b) => a - b,
  );
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
};

test('however the stream is split or joined, the same messages come out in order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(garbage, body), { maxLength: 6 }),
      fc.array(fc.nat(), { maxLength: 40 }),
      (messages, places) => {
        const stream = Buffer.concat(
          messages.flatMap(([before, text]) => [Buffer.from(before), mllpFrame(Buffer.from(text))]),
        );
        const decoder = new MllpDecoder(10_000);
        const found = cut(stream, places).flatMap((chunk) => textsOf(decoder.push(chunk)));
        expect(found).toEqual(messages.map(([, text]) => text));
        expect(decoder.pending).toBe(false);
      },
    ),
  );
});

test('every single place to split two messages of two bytes each gives both', () => {
  const stream = Buffer.concat([mllpFrame(Buffer.from('å1')), mllpFrame(Buffer.from('ø2'))]);
  for (let first = 0; first <= stream.length; first++) {
    for (let second = first; second <= stream.length; second++) {
      const decoder = new MllpDecoder(100);
      const chunks = [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)];
      expect(chunks.flatMap((chunk) => textsOf(decoder.push(chunk)))).toEqual(['å1', 'ø2']);
    }
  }
});

test('a message above the limit is told as such and does not hide the next one, whatever the chunks', () => {
  fc.assert(
    fc.property(fc.integer({ min: 11, max: 200 }), fc.array(fc.nat(), { maxLength: 20 }), (size, places) => {
      const decoder = new MllpDecoder(10);
      const stream = Buffer.concat([mllpFrame(Buffer.alloc(size, 'x')), mllpFrame(Buffer.from('next'))]);
      expect(cut(stream, places).flatMap((chunk) => textsOf(decoder.push(chunk)))).toEqual(['TOO LARGE', 'next']);
    }),
  );
});

test('a message that was cut off by a new one is dropped', () => {
  expect(textsOf(new MllpDecoder(100).push(Buffer.from('\u000bhalf\u000bwhole\u001c\r')))).toEqual(['whole']);
});

test('the memory of a chunk may be used again after push', () => {
  const decoder = new MllpDecoder(100);
  const chunk = Buffer.from('\u000bfirst');
  decoder.push(chunk);
  chunk.fill(0);
  expect(textsOf(decoder.push(Buffer.from('\u001c')))).toEqual(['first']);
});
