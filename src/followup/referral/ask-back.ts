/** `ServiceRequest/$ask-back` and `$answer`: the centre asks the referrer before it decides. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import type { Ids } from '../../kernel/ids.js';
import { annotation } from '../vocabulary/annotation.js';
import { asReference, hasCode, many, type Reference, referenceTo } from '../vocabulary/element.js';
import { created, updated } from '../vocabulary/module-change.js';
import { structure, system } from '../vocabulary/systems.js';
import { isReferral } from './receive-referral.js';

interface Exchange {
  readonly referral: Resource;
  /** The Task (`fulfill`) whose focus is the referral. */
  readonly task: Resource;
  readonly by: Reference;
  readonly now: number;
  readonly ids: Ids;
}

const asked = new Set(['requested', 'received', 'on-hold']);

/** → Task `on-hold` with the question, first, and the Communication that holds it. */
export function askBack(facts: Exchange & { readonly question: string }): Change[] | Failure {
  const { referral, task, question, by, now, ids } = facts;
  const refused = notWaiting(facts, asked) ?? empty(question, 'question');
  if (refused !== undefined) return refused;
  return [
    updated(task, {
      status: 'on-hold',
      statusReason: { text: question },
      note: [...many<object>(task.note), annotation(question, now, by)],
      lastModified: instant(now),
    }),
    created({
      ...communication('referral-question', 'Spørsmål om henvisning', facts, question, ids.next()),
      recipient: many<Reference>(asReference(referral.requester)),
    }),
  ];
}

/**
 * → Task `received` again, first, and the answer; also for an answer that came as a message, whose Communication is kept
 * by whoever received it (`kept`).
 */
export function answerQuestion(
  facts: Exchange & {
    readonly text: string;
    /** The Communication with the question. */
    readonly question?: Resource | undefined;
    readonly kept?: boolean;
  },
): Change[] | Failure {
  const { task, question, text, by, now, ids } = facts;
  const refused = notWaiting(facts, new Set(['on-hold'])) ?? empty(text, 'text');
  if (refused !== undefined) return refused;
  return [
    updated(task, {
      status: 'received',
      statusReason: undefined,
      note: [...many<object>(task.note), annotation(text, now, by)],
      lastModified: instant(now),
    }),
    ...(facts.kept === true
      ? []
      : [
          created({
            ...communication('referral-reply', 'Svar på spørsmål om henvisning', facts, text, ids.next()),
            ...(question === undefined ? {} : { inResponseTo: [referenceTo(question)] }),
            recipient: many<Reference>(asReference(task.owner)),
          }),
        ]),
  ];
}

function communication(
  code: 'referral-question' | 'referral-reply',
  display: string,
  { referral, by, now }: Exchange,
  text: string,
  id: string,
): Resource {
  return {
    resourceType: 'Communication',
    id,
    meta: { profile: [structure('dho-communication')] },
    basedOn: [referenceTo(referral)],
    status: 'completed',
    category: [{ coding: [{ system: system.messageTopic, code, display }] }],
    subject: referral.subject,
    about: [referenceTo(referral)],
    sent: instant(now),
    sender: by,
    payload: [{ contentString: text }],
  };
}

function notWaiting({ referral, task }: Exchange, from: ReadonlySet<string>): Failure | undefined {
  if (!isReferral(referral) || !hasCode(task.code, system.r4TaskCode, 'fulfill'))
    return new Failure('unprocessable', 'This ServiceRequest is not a referral to digital home follow-up.', {
      expression: 'ServiceRequest.code',
    });
  if (referral.status === 'active' && from.has(String(task.status))) return undefined;
  return new Failure(
    'conflict',
    from.size === 1
      ? `Nothing is asked about the referral: its Task is ${String(task.status)}.`
      : `The referral has been answered already: its Task is ${String(task.status)}.`,
    { expression: 'Task.status' },
  );
}

const empty = (text: string, name: string): Failure | undefined =>
  text.trim() === ''
    ? new Failure('unprocessable', `The parameter ${name} is needed.`, {
        expression: `Parameters.parameter.where(name='${name}')`,
        code: 'required',
      })
    : undefined;
