import { Failure } from '../../kernel/failure.js';
import { readXml } from '../xml/read-xml.js';
import type { MsgHead } from './envelope.js';
import { readMsgHead } from './msg-head.js';

/**
 * The envelope of a message that is not well-formed as a whole, if its MsgInfo is: cut off in transfer, a broken
 * content document, bytes of the wrong encoding, or a forbidden DOCTYPE before it. Enough for a receipt that says T01.
 * Undefined when not even that can be read.
 */
export function salvageHead(bytes: Uint8Array): MsgHead | undefined {
  const text = new TextDecoder('utf-8').decode(bytes.subarray(0, 200_000));
  const start = /<(?:([\w.-]+):)?MsgHead(?=[\s>])/.exec(text);
  const end = /<\/(?:[\w.-]+:)?MsgInfo\s*>/.exec(text);
  if (start === null || end === null || end.index < start.index) return undefined;
  const prefix = start[1] === undefined ? '' : `${start[1]}:`;
  const head = `${text.slice(start.index, end.index + end[0].length)}</${prefix}MsgHead>`;
  try {
    return readMsgHead(readXml(Buffer.from(head)));
  } catch (problem) {
    if (problem instanceof Failure) return undefined;
    throw problem;
  }
}
