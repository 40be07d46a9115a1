let scratch: Buffer = Buffer.allocUnsafeSlow(65_536);
const largestKept = 4_194_304;

/**
 * UTF-8 of pieces of text, one after the other. Each is encoded straight into place: joined first, a page with a single
 * character beyond Latin-1 would be copied twice as UTF-16.
 */
export function bytesOf(pieces: readonly string[]): Buffer {
  let at = 0;
  for (const piece of pieces) {
    // No UTF-16 unit takes more than three bytes.
    if (at + piece.length * 3 > scratch.length) scratch = grown(at, at + piece.length * 3);
    at += scratch.write(piece, at, 'utf8');
  }
  const bytes = Buffer.allocUnsafe(at);
  scratch.copy(bytes, 0, 0, at);
  if (scratch.length > largestKept) scratch = Buffer.allocUnsafeSlow(65_536);
  return bytes;
}

function grown(used: number, needed: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(needed * 2);
  scratch.copy(larger, 0, 0, used);
  return larger;
}
