import { Failure } from '../../kernel/failure.js';
import { RefusedByReceiver } from '../../storage/outbound-messages.js';
import { readXml } from '../../mapping/xml/read-xml.js';
import { isAppRec, readAppRec } from '../../mapping/plo/read-app-rec.js';
import type { Transport } from './transport.js';

export interface HttpTransportSettings {
  readonly url: string;
  /** Asked before every request, for tokens that expire. */
  readonly headers?: () => Promise<Readonly<Record<string, string>>>;
  readonly timeout?: number;
}

const receiptLimit = 1024 * 1024;

/** Posts each message as `application/xml`; an answer that is an AppRec for it is its receipt. */
export function httpTransport(settings: HttpTransportSettings): Transport {
  return {
    async send(message) {
      const answer = await post(settings, message.raw);
      return answer === undefined ? undefined : receiptOf(answer, message.msgId ?? message.id);
    },
  };
}

async function post(
  { url, headers, timeout = 30_000 }: HttpTransportSettings,
  body: Uint8Array,
): Promise<Uint8Array | undefined> {
  let response: Response;
  let bytes: Uint8Array;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { ...(await headers?.()), 'content-type': 'application/xml; charset=utf-8', accept: 'application/xml' },
      body: Buffer.from(body),
      redirect: 'error',
      signal: AbortSignal.timeout(timeout),
    });
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new Failure('busy', 'The receiver of outgoing messages did not answer.', { cause });
  }
  if (response.status >= 500 || response.status === 429 || response.status === 408) {
    throw new Failure('busy', `The receiver of outgoing messages answered ${response.status}.`);
  }
  if (!response.ok)
    throw new Failure(
      'unprocessable',
      `The receiver of outgoing messages refused the message with ${response.status}.`,
    );
  return bytes.length === 0 || bytes.length > receiptLimit ? undefined : bytes;
}

function receiptOf(
  bytes: Uint8Array,
  msgId: string,
): { readonly receipt: Uint8Array; readonly receiptCode: string } | undefined {
  let receipt: ReturnType<typeof readAppRec>;
  try {
    const root = readXml(bytes);
    if (!isAppRec(root)) return undefined;
    receipt = readAppRec(root);
  } catch {
    // Delivered all the same: the body of a 2xx answer need not be a receipt.
    return undefined;
  }
  if (receipt.originalId.toLowerCase() !== msgId.toLowerCase()) return undefined;
  if (receipt.status === '2') {
    const reasons = receipt.errors.map(({ code, text }) => `${code} ${text ?? ''}`.trim()).join('; ');
    throw new RefusedByReceiver(`The receiver refused the message: ${reasons}`, bytes, receipt.status);
  }
  return { receipt: bytes, receiptCode: receipt.status };
}
