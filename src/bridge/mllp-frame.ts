// MLLP release 1: https://www.hl7.org/documentcenter/public/wg/inm/mllp_transport_specification.PDF

const start = 0x0b;
const end = 0x1c;
const carriageReturn = 0x0d;

/** What came out of the stream: a message, or word that one was larger than allowed. */
export type Frame = { readonly kind: 'message'; readonly bytes: Buffer } | { readonly kind: 'too-large' };

/**
 * Finds messages `<VT> … <FS><CR>` in a stream that is split or joined anywhere. Bytes outside a frame are dropped.
 * The CR after FS may come late or not at all: a frame is complete at its FS. A second VT before FS starts the
 * message anew, since the first one was cut off.
 */
export class MllpDecoder {
  private parts: Buffer[] = [];
  private size = 0;
  private inside = false;
  private overflown = false;

  /** @param limit largest message in bytes */
  constructor(private readonly limit: number) {}

  /** Is a message begun and not ended? */
  get pending(): boolean {
    return this.inside;
  }

  /** Takes the next bytes of the stream, of any length, and gives the frames they complete. */
  push(chunk: Uint8Array): readonly Frame[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const frames: Frame[] = [];
    let from = 0;
    while (from < bytes.length) {
      if (!this.inside) {
        const begin = bytes.indexOf(start, from);
        if (begin < 0) break;
        this.begin();
        from = begin + 1;
        continue;
      }
      const stop = this.nextMark(bytes, from);
      if (stop < 0) {
        this.take(bytes.subarray(from));
        break;
      }
      this.take(bytes.subarray(from, stop));
      if (bytes[stop] === start) this.begin();
      else frames.push(this.finish());
      from = stop + 1;
    }
    return frames;
  }

  /** Position of the FS or VT that comes first; both are forbidden inside a message. */
  private nextMark(bytes: Buffer, from: number): number {
    const stop = bytes.indexOf(end, from);
    const again = (stop < 0 ? bytes : bytes.subarray(0, stop)).indexOf(start, from);
    return again < 0 ? stop : again;
  }

  private begin(): void {
    this.inside = true;
    this.parts = [];
    this.size = 0;
    this.overflown = false;
  }

  private take(part: Buffer): void {
    this.size += part.length;
    this.overflown ||= this.size > this.limit;
    if (this.overflown) this.parts = [];
    // Copied: the chunk's memory belongs to the socket.
    else if (part.length > 0) this.parts.push(Buffer.from(part));
  }

  private finish(): Frame {
    const frame: Frame = this.overflown ? { kind: 'too-large' } : { kind: 'message', bytes: Buffer.concat(this.parts) };
    this.inside = false;
    this.parts = [];
    return frame;
  }
}

/** A message in its frame. */
export function mllpFrame(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(start), message, Buffer.of(end, carriageReturn)]);
}
