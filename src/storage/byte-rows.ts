import { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import pg from 'pg';

/** A row as it came: one value per column, still the bytes of the message; null where it is NULL. */
export type ByteRow = readonly (Buffer | null)[];

const dataRow = 0x44;
/** The kind of a message, and its length without the kind. */
const head = 5;

/**
 * Splits what PostgreSQL sends into rows, whose values stay bytes, and all else. Pure: it makes no difference where the
 * stream was cut. https://www.postgresql.org/docs/current/protocol-message-formats.html
 *
 * @param others whole messages, one or more, in their order
 */
export function rowSplitter(
  row: (values: ByteRow, length: number) => void,
  others: (messages: Buffer) => void,
): (chunk: Buffer) => void {
  /** The beginning of a message whose rest has not come yet. */
  let begun: Buffer[] = [];
  let length = 0;

  /** @returns where what is not a whole message begins */
  const split = (bytes: Buffer, start: number): number => {
    let at = start;
    let from = start;
    while (at + head <= bytes.length) {
      const end = at + 1 + bytes.readUInt32BE(at + 1);
      if (end > bytes.length) break;
      if (bytes[at] === dataRow) {
        if (at > from) others(bytes.subarray(from, at));
        row(valuesOf(bytes, at + head), end - at - 1);
        from = end;
      }
      at = end;
    }
    if (at > from) others(bytes.subarray(from, at));
    return at;
  };

  /** Completes the message that was begun, copying no more than that. @returns how much of the chunk belongs to it */
  const complete = (chunk: Buffer): number => {
    let taken = 0;
    const take = (upTo: number): boolean => {
      const part = chunk.subarray(taken, taken + Math.max(upTo - length, 0));
      begun.push(part);
      taken += part.length;
      length += part.length;
      return length >= upTo;
    };
    if (!take(head)) return taken;
    if (begun[0]!.length < head) begun = [Buffer.concat(begun)];
    if (!take(1 + begun[0]!.readUInt32BE(1))) return taken;
    split(Buffer.concat(begun), 0);
    begun = [];
    length = 0;
    return taken;
  };

  return (chunk) => {
    const start = length > 0 ? complete(chunk) : 0;
    if (start === chunk.length) return;
    const end = split(chunk, start);
    if (end === chunk.length) return;
    begun = [chunk.subarray(end)];
    length = chunk.length - end;
  };
}

function valuesOf(bytes: Buffer, start: number): (Buffer | null)[] {
  const values = new Array<Buffer | null>(bytes.readUInt16BE(start));
  let at = start + 2;
  for (let column = 0; column < values.length; column++) {
    const length = bytes.readInt32BE(at);
    at += 4;
    values[column] = length === -1 ? null : bytes.subarray(at, (at += Math.max(length, 0)));
  }
  return values;
}

interface PgConnection extends EventEmitter {
  attachListeners(stream: Readable): void;
}

/**
 * A client whose rows are read as bytes: its type parsers get Buffers. `pg` makes a string of every value; for a page of stored
 * texts, which go out as they came in, decoding and encoding them again would cost more than all else.
 */
export class ByteClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    const connection = (this as unknown as { readonly connection: PgConnection }).connection;
    const attach = connection.attachListeners.bind(connection);
    connection.attachListeners = (stream) => {
      const rest = new EventEmitter();
      attach(rest as unknown as Readable);
      const split = rowSplitter(
        (fields, length) => connection.emit('dataRow', { name: 'dataRow', length, fieldCount: fields.length, fields }),
        (messages) => rest.emit('data', messages),
      );
      stream.on('data', split);
      stream.on('end', () => rest.emit('end'));
    };
  }
}
