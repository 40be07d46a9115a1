import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../kernel/failure.js';
import { writeWhole } from '../folder.js';
import type { Transport } from './transport.js';

/** Writes each message to `<folder>/<type>-<MsgId>.xml`, where another system fetches it; the same message again is the same file. */
export function folderTransport(folder: string): Transport {
  return {
    async send(message) {
      const name = `${message.msgType ?? 'MELDING'}-${message.msgId ?? message.id}`.replace(/[^A-Za-z0-9_-]/g, '_');
      try {
        await mkdir(folder, { recursive: true });
        await writeWhole(join(folder, `${name}.xml`), message.raw);
      } catch (cause) {
        throw new Failure('busy', 'The folder for outgoing messages cannot be written to.', { cause });
      }
      return undefined;
    },
  };
}
