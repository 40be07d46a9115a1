import { Failure, type IssueCode } from '../kernel/failure.js';

/** Refuses a Subscription that this server cannot serve, naming the element. */
export function refuse(element: string, why: string, code: IssueCode = 'not-supported'): never {
  throw new Failure('unprocessable', why, { expression: `Subscription.${element}`, code });
}
