// The ways that messages go out, and those that are asked for messages that wait: chosen by the settings.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { type AmqpLink, openAmqpLink } from '../bridge/amqp-link.js';
import { ediClient, type EdiClient } from '../bridge/edi-client.js';
import { pollEdi } from '../bridge/edi-poller.js';
import type { PloAnswer } from '../bridge/plo-delivery.js';
import { amqpTransport } from '../bridge/send/amqp-transport.js';
import { ediTransport } from '../bridge/send/edi-transport.js';
import { folderTransport } from '../bridge/send/folder-transport.js';
import { helseIdAuthorisation } from '../bridge/send/helseid-token.js';
import { ebxmlHttpTransport, ebxmlMailTransport } from '../bridge/send/ebxml-transport.js';
import { httpTransport } from '../bridge/send/http-transport.js';
import { mllpTransport } from '../bridge/send/mllp-transport.js';
import { routedTransport } from '../bridge/send/routed-transport.js';
import type { Transport } from '../bridge/send/transport.js';
import type { AddressBook, Way } from '../bridge/partner/partner.js';
import type { Partners } from '../bridge/partner/partner-file.js';
import type { Config } from '../config/config.js';
import type { Services } from '../interactions/services.js';
import { Failure } from '../kernel/failure.js';
import { startLoop } from '../storage/loop.js';
import type { Releaser } from './releaser.js';

/** A file EDI_FILE. */
const ediFile = z.strictObject({
  url: z.url(),
  sourceSystem: z.string().default('Hjemmebro'),
  /** HER-ids whose messages are fetched. */
  herIds: z.array(z.string()).min(1),
  pollSeconds: z.number().int().min(1).default(20),
  token: z.strictObject({
    tokenUrl: z.url(),
    issuer: z.string(),
    clientId: z.string(),
    scope: z.string(),
    key: z.looseObject({ kty: z.string(), alg: z.string() }),
  }),
});

export interface MessageTransports {
  readonly outgoing: Transport;
  readonly edi: { readonly client: EdiClient; readonly herIds: readonly string[]; readonly pollMs: number } | undefined;
  readonly amqp: AmqpLink | undefined;
}

/**
 * The message service where EDI_FILE is given; else by the scheme of MESSAGE_OUT_URL: AMQP or HTTP; else the folder.
 *
 * @throws Failure `fault` when EDI_FILE cannot be used
 */
export async function openTransports(
  config: Config,
  folder: string | undefined,
  { clock, ids, log }: Pick<Services, 'clock' | 'ids' | 'log'>,
): Promise<MessageTransports> {
  const out = config.MESSAGE_OUT_URL;
  const amqp = out !== undefined && /^amqps?:/.test(out) ? openAmqpLink({ url: out }, log) : undefined;
  if (config.EDI_FILE !== undefined) {
    const { url, sourceSystem, herIds, pollSeconds, token } = readEdiFile(config.EDI_FILE);
    const authorise = await helseIdAuthorisation(token, { clock, ids });
    const client = ediClient({ url: url.replace(/\/$/, ''), sourceSystem, authorise });
    return { outgoing: ediTransport(client), edi: { client, herIds, pollMs: pollSeconds * 1000 }, amqp };
  }
  const written = path.join(folder ?? path.join(path.resolve(config.HJEMMEBRO_DATA), 'messages'), 'out');
  const outgoing =
    amqp !== undefined
      ? amqpTransport(amqp, { fromHerId: config.MESSAGE_SENDER_HER_ID }, { clock })
      : out === undefined
        ? folderTransport(written)
        : httpTransport({ url: out });
  return { outgoing, edi: undefined, amqp };
}

/** Each message on the way of its receiver, else on the one for everybody. */
export function partnerTransport(
  otherwise: Transport,
  { partners, book }: { readonly partners: Partners; readonly book: AddressBook },
  { MESSAGE_SENDER_HER_ID: from, baseUrl }: Config,
  { clock, log }: Pick<Services, 'clock' | 'log'>,
): Transport {
  const { smtp, from: mailFrom } = partners.ebxml ?? {};
  const settings = { from, domain: new URL(baseUrl).hostname, clock };
  const open = (way: Way): Transport | undefined => {
    switch (way.kind) {
      case 'mllp':
        return mllpTransport(way);
      case 'http':
        return httpTransport({ url: way.url });
      case 'folder':
        return folderTransport(way.folder);
      case 'ebxml':
        if (!way.url.startsWith('mailto:')) return ebxmlHttpTransport(way.url, settings);
        // Without a mail server of ours the register's mail addresses are of no use: another way carries the message.
        return smtp === undefined || mailFrom === undefined
          ? undefined
          : ebxmlMailTransport(way.url.slice('mailto:'.length), { ...settings, smtp, mailFrom });
    }
  };
  // Only where mail is the way does the register say where to.
  return routedTransport(book, { open, otherwise, log: smtp === undefined ? log : undefined });
}

function readEdiFile(file: string): z.infer<typeof ediFile> {
  try {
    return ediFile.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new Failure(
      'fault',
      `EDI_FILE: ${file} cannot be used: ${cause instanceof Error ? cause.message : 'unreadable'}`,
      {
        cause,
      },
    );
  }
}

export interface Fetching {
  /** Takes a message in under the name of the way it came. */
  readonly receive: (bytes: Uint8Array, transport: 'edi' | 'amqp') => Promise<PloAnswer>;
  /** Sends a receipt that the way itself does not carry back. */
  readonly sendReceipt: (receipt: { readonly receiver: string; readonly body: Uint8Array }) => Promise<void>;
  readonly queues: readonly string[];
}

/** Starts to fetch what waits at the message service and on the queues. */
export function startFetching(
  { edi, amqp }: MessageTransports,
  { receive, sendReceipt, queues }: Fetching,
  { log }: Pick<Services, 'log'>,
  releaser: Releaser,
): void {
  if (edi !== undefined) {
    const { client, herIds: receivers, pollMs } = edi;
    const poller = startLoop({
      name: 'message service',
      log,
      everyMs: pollMs,
      // A full page: there may be more.
      round: async () =>
        (await pollEdi({ client, receivers, receive: (bytes) => receive(bytes, 'edi'), log })) === 100 ? 0 : undefined,
    });
    releaser.add('message service', () => poller.stop());
  }
  if (amqp === undefined) return;
  for (const queue of queues)
    amqp.receive(queue, async ({ body, properties }) => {
      const answer = await receive(body, 'amqp');
      const { fromHerId } = properties;
      if (answer.body !== undefined && typeof fromHerId === 'string')
        await sendReceipt({ receiver: fromHerId, body: answer.body });
    });
  releaser.add('amqp', () => amqp.close());
}
