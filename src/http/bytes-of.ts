let scratch: Buffer = Buffer.allocUnsafeSlow(65_536);
const largestKept = 4_194_304;

/**
 * UTF-8 of pieces of text, one after the other; some may be that already. Each is encoded straight into place: joined first, a
 * page with a single character beyond Latin-1 would be copied twice as UTF-16.
 */
export function bytesOf(pieces: readonly (string | Uint8Array)[]): Buffer {
  const most = mostBytes(pieces);
  // Where little of it is text, what that could take at most is not much more than what it takes.
  if (pieces.some((piece) => typeof piece !== 'string')) {
    const bytes = Buffer.allocUnsafe(most);
    return bytes.subarray(0, writePieces(pieces, bytes));
  }
  if (most > scratch.length) scratch = Buffer.allocUnsafeSlow(most);
  const length = writePieces(pieces, scratch);
  const bytes = Buffer.allocUnsafe(length);
  scratch.copy(bytes, 0, 0, length);
  if (scratch.length > largestKept) scratch = Buffer.allocUnsafeSlow(65_536);
  return bytes;
}

/** No UTF-16 unit takes more than three bytes. */
function mostBytes(pieces: readonly (string | Uint8Array)[]): number {
  let most = 0;
  for (const piece of pieces) most += typeof piece === 'string' ? piece.length * 3 : piece.length;
  return most;
}

/** @returns the place after the last */
function writePieces(pieces: readonly (string | Uint8Array)[], into: Buffer): number {
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece === 'string') at += into.write(piece, at, 'utf8');
    else {
      into.set(piece, at);
      at += piece.length;
    }
  }
  return at;
}
