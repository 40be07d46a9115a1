// AMQP 1.0 towards Helsenorge: https://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-overview-v1.0-os.html
import rhea, {
  type Connection,
  type Delivery,
  type EventContext,
  type Message,
  type Receiver,
  type Sender,
} from 'rhea';
import { Failure } from '../kernel/failure.js';
import type { Log } from '../kernel/log.js';

export interface AmqpSettings {
  /** `amqps://user:password@host:5671`, or `amqp://` for a broker on the same machine. */
  readonly url: string;
  /** Milliseconds to wait for a connection or for the broker to take a message. */
  readonly timeout?: number;
}

/** A message as it came from a queue. */
export interface AmqpArrival {
  readonly body: Uint8Array;
  /** What was sent for: the 8279 code. */
  readonly subject: string | undefined;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What the other end must know beside the body; all values are strings. */
export interface AmqpHeader {
  readonly messageId: string;
  readonly to: string;
  readonly subject: string;
  readonly correlationId?: string;
  readonly contentType: string;
  readonly properties: Readonly<Record<string, string>>;
}

export interface AmqpLink {
  /**
   * Sends to the queue `header.to` and waits until the broker has taken it.
   *
   * @throws Failure `busy` when it was not taken in time, `unprocessable` when the broker rejected it
   */
  send(header: AmqpHeader, body: Uint8Array): Promise<void>;
  /**
   * Takes messages one at a time, in order. A message is settled as accepted when `take` has returned; `released` (it comes
   * again) when it threw `busy`, `rejected` (to the dead letters of the broker) for anything else.
   */
  receive(queue: string, take: (arrival: AmqpArrival) => Promise<void>): void;
  close(): Promise<void>;
}

/** Opens the connection; it is opened anew by itself when it breaks. */
export function openAmqpLink({ url, timeout = 30_000 }: AmqpSettings, log: Log): AmqpLink {
  const connection = connect(url);
  connection.on('disconnected', () => log.warn({}, 'the AMQP connection broke'));
  connection.on('connection_error', ({ error }: EventContext) =>
    log.warn({ error: String(error) }, 'the AMQP broker refused the connection'),
  );
  // Without a listener an error of the socket would end the process; `disconnected` follows.
  connection.on('error', (error: unknown) => log.warn({ error: String(error) }, 'the AMQP connection failed'));
  const senders = new Map<string, Sender>();
  const senderTo = (queue: string): Sender => {
    const known = senders.get(queue);
    if (known?.is_open() === true) return known;
    const sender = connection.open_sender({ target: { address: queue } });
    senders.set(queue, sender);
    return sender;
  };
  return {
    send: (header, body) => sendOn(senderTo(header.to), { header, body, timeout }),
    receive: (queue, take) => receiveOn(connection, queue, take, log),
    close: () =>
      new Promise((resolve) => {
        // A broker that is away is not tried for ever.
        connection.set_reconnect(false);
        if (!connection.is_open()) {
          connection.close();
          resolve();
          return;
        }
        connection.once('connection_close', () => resolve());
        connection.close();
      }),
  };
}

function connect(url: string): Connection {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === 'amqps:';
  return rhea.create_container().connect({
    host: hostname,
    port: Number(port) || (secure ? 5671 : 5672),
    ...(secure ? { transport: 'tls' as const, servername: hostname } : {}),
    ...(username !== '' && { username: decodeURIComponent(username), password: decodeURIComponent(password) }),
    reconnect: true,
    initial_reconnect_delay: 200,
    max_reconnect_delay: 30_000,
  } as Parameters<ReturnType<typeof rhea.create_container>['connect']>[0]);
}

interface Sending {
  readonly header: AmqpHeader;
  readonly body: Uint8Array;
  readonly timeout: number;
}

function sendOn(sender: Sender, { header, body, timeout }: Sending): Promise<void> {
  return new Promise((resolve, reject) => {
    let delivery: Delivery | undefined;
    const done = (failure?: Failure): void => {
      clearTimeout(patience);
      for (const [event, listener] of Object.entries(listeners)) sender.removeListener(event, listener);
      if (failure === undefined) resolve();
      else reject(failure);
    };
    const ours = (listener: () => void) => (context: EventContext) => {
      if (context.delivery === delivery) listener();
    };
    const away = (): void => done(new Failure('busy', 'The AMQP broker did not take the message.'));
    const listeners = {
      accepted: ours(() => done()),
      rejected: ours(() => done(new Failure('unprocessable', 'The AMQP broker rejected the message.'))),
      released: ours(away),
      modified: ours(away),
      sender_error: away,
      disconnected: away,
    };
    const patience = setTimeout(away, timeout);
    for (const [event, listener] of Object.entries(listeners)) sender.on(event, listener);
    const go = (): void => {
      delivery = sender.send(messageOf(header, body));
    };
    if (sender.sendable()) go();
    else sender.once('sendable', go);
  });
}

const messageOf = (header: AmqpHeader, body: Uint8Array): Message => ({
  message_id: header.messageId,
  to: header.to,
  subject: header.subject,
  ...(header.correlationId !== undefined && { correlation_id: header.correlationId }),
  content_type: header.contentType,
  application_properties: { ...header.properties },
  body: rhea.message.data_section(Buffer.from(body)),
});

function receiveOn(
  connection: Connection,
  queue: string,
  take: (arrival: AmqpArrival) => Promise<void>,
  log: Log,
): void {
  const receiver: Receiver = connection.open_receiver({
    source: { address: queue },
    credit_window: 0,
    autoaccept: false,
  });
  receiver.on('receiver_open', () => receiver.add_credit(1));
  receiver.on('message', (context: EventContext) => {
    const { message, delivery } = context;
    if (message === undefined || delivery === undefined) return;
    void take(arrivalOf(message))
      .then(() => delivery.accept())
      .catch((error: unknown) => {
        log.warn({ queue, error: error instanceof Error ? error.message : String(error) }, 'an AMQP message failed');
        if (error instanceof Failure && error.category === 'busy') delivery.release();
        else
          delivery.reject({ condition: 'transport:internal-error', description: 'The message could not be taken in.' });
      })
      .finally(() => receiver.add_credit(1));
  });
}

function arrivalOf(message: Message): AmqpArrival {
  const { body, subject, application_properties: properties = {} } = message;
  const content: unknown =
    body !== null && typeof body === 'object' && 'content' in body ? (body as { content: unknown }).content : body;
  return {
    body: Buffer.isBuffer(content) ? content : Buffer.from(String(content ?? ''), 'utf8'),
    subject: subject === undefined || subject === null ? undefined : String(subject),
    properties: { ...(properties as Record<string, unknown>) },
  };
}
