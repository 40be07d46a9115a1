import { createTransport } from 'nodemailer';
import { Failure } from '../kernel/failure.js';

/** Plain text, never health data: mail is read where nobody was authenticated. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The same for a repetition, so that a mailbox may know it. */
  readonly messageId: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface MailSender {
  /** @throws Failure('busy') when the mail server did not take it */
  send(mail: Mail): Promise<void>;
  close(): void;
}

export interface MailOptions {
  /** `smtps://user:password@host:465` or `smtp://host:587` */
  readonly url: string;
  readonly from: string;
  /** Refuse to hand mail over unencrypted (STARTTLS where the URL is smtp:). */
  readonly demandTls: boolean;
  readonly timeoutMs: number;
}

/** https://www.rfc-editor.org/rfc/rfc5321, by nodemailer. */
export function mailSender({ url, from, demandTls, timeoutMs }: MailOptions): MailSender {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === 'smtps:';
  const transport = createTransport({
    host: hostname,
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTLS: demandTls && !secure,
    ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    pool: true,
    maxConnections: 4,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ to, subject, text, messageId, headers }) {
      try {
        await transport.sendMail({ from, to, subject, text, messageId, headers: { ...headers } });
      } catch (error) {
        // What the mail server says may name the address: it goes to the log only.
        throw new Failure('busy', 'The mail server did not take the mail.', { cause: error });
      }
    },
    close: () => transport.close(),
  };
}
