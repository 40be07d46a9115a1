// NHN Meldingstjener REST API («EDI 2.0») v2: https://utviklerportal.nhn.no, OpenAPI in ks-no/fiks-nhn-client
import { Failure } from '../kernel/failure.js';
import type { Authorise } from './send/helseid-token.js';

export interface EdiSettings {
  /** Without a slash at its end. */
  readonly url: string;
  /** Name and version of this system: header `nhn-source-system`. */
  readonly sourceSystem: string;
  readonly authorise: Authorise;
  readonly timeout?: number;
}

/** A message that waits for one of our HER-ids. */
export interface EdiMessage {
  readonly id: string;
  readonly receiverHerId: number;
  readonly senderHerId: number;
  readonly isAppRec: boolean;
}

export type EdiAppRecStatus = 'Ok' | 'Rejected' | 'OkErrorInMessagePart';

export interface EdiAppRec {
  readonly appRecStatus: EdiAppRecStatus;
  readonly appRecErrorList?: readonly { readonly errorCode: string; readonly details?: string }[];
}

/** The calls of the API that the bridge needs. All throw Failure `busy` (again later) or `unprocessable` (never). */
export interface EdiClient {
  /** @returns the id that the service gives the message */
  send(businessDocument: Uint8Array): Promise<string>;
  /** Unread messages, the oldest first, at most 100. */
  unread(receivers: readonly string[]): Promise<readonly EdiMessage[]>;
  document(id: string): Promise<Uint8Array>;
  /** The service writes the AppRec and sends it. */
  answer(id: string, herId: string, receipt: EdiAppRec): Promise<void>;
  markRead(id: string, herId: string): Promise<void>;
}

export function ediClient(settings: EdiSettings): EdiClient {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const url = `${settings.url}${path}`;
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method,
        headers: {
          ...(await settings.authorise(method, url)),
          'api-version': 'v2',
          'nhn-source-system': settings.sourceSystem,
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        redirect: 'error',
        signal: AbortSignal.timeout(settings.timeout ?? 30_000),
      });
      text = await response.text();
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      throw new Failure('busy', 'The message service did not answer.', { cause });
    }
    if (response.ok) return text === '' ? undefined : JSON.parse(text);
    throw refusal(response.status, text);
  };
  return {
    async send(document) {
      const id = await call('POST', '/Messages', {
        businessDocument: Buffer.from(document).toString('base64'),
        contentType: 'application/xml',
        contentTransferEncoding: 'base64',
      });
      return String(id);
    },
    async unread(receivers) {
      const query = new URLSearchParams([
        ...receivers.map((herId) => ['ReceiverHerIds', herId] as [string, string]),
        ['IncludeMetadata', 'true'],
        ['MessagesToFetch', '100'],
        ['OrderBy', 'Ascending'],
      ]);
      return ((await call('GET', `/Messages?${query.toString()}`)) ?? []) as readonly EdiMessage[];
    },
    async document(id) {
      const { businessDocument } = (await call('GET', `/Messages/${encodeURIComponent(id)}/business-document`)) as {
        readonly businessDocument: string;
      };
      return Buffer.from(businessDocument, 'base64');
    },
    async answer(id, herId, receipt) {
      await call('POST', `/Messages/${encodeURIComponent(id)}/apprec/${encodeURIComponent(herId)}`, receipt);
    },
    async markRead(id, herId) {
      await call('PUT', `/Messages/${encodeURIComponent(id)}/read/${encodeURIComponent(herId)}`);
    },
  };
}

/** A token that was refused may be right the next time; content that was refused never is. */
function refusal(status: number, text: string): Failure {
  const passing = status >= 500 || [401, 403, 408, 429].includes(status);
  let said: { readonly error?: string; readonly errorCode?: string | number; readonly requestId?: string } = {};
  try {
    said = JSON.parse(text) as typeof said;
  } catch {
    // The status alone says enough.
  }
  const details = [said.errorCode, said.error, said.requestId && `request ${said.requestId}`]
    .filter(Boolean)
    .join(', ');
  return new Failure(
    passing ? 'busy' : 'unprocessable',
    `The message service answered ${status}${details === '' ? '' : ` (${details.slice(0, 300)})`}.`,
  );
}
