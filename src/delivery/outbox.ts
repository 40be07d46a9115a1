import { Failure } from '../kernel/failure.js';
import type { Notification } from '../subscriptions/rest-hook.js';
import type { Sender } from './http-sender.js';
import type { Mail, MailSender } from './mail-sender.js';

/** What leaves, by the way it leaves. */
export type Outgoing =
  | { readonly by: 'http'; readonly notification: Notification }
  | { readonly by: 'mail'; readonly mail: Mail };

/** Brings a notification to its subscriber. */
export interface Outbox {
  /** Undefined when it was taken in; else why not, without anything secret. */
  send(outgoing: Outgoing, timeoutMs: number): Promise<Failure | undefined>;
}

export function createOutbox(http: Sender, mail: MailSender | undefined): Outbox {
  return {
    async send(outgoing, timeoutMs) {
      try {
        if (outgoing.by === 'mail') {
          if (mail === undefined) return new Failure('busy', 'This server is not set up to send mail.');
          await mail.send(outgoing.mail);
          return undefined;
        }
        const { status } = await http.send(outgoing.notification, timeoutMs);
        if (status >= 200 && status < 300) return undefined;
        const redirect = status >= 300 && status < 400 ? ' Redirects are not followed: give the final address.' : '';
        return new Failure('busy', `The endpoint answered ${status}.${redirect}`);
      } catch (error) {
        return error instanceof Failure
          ? error
          : new Failure('fault', 'The notification could not be sent.', { cause: error });
      }
    },
  };
}
