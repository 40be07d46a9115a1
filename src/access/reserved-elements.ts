import type { Change } from '../fhir/change.js';
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import { many } from '../followup/vocabulary/element.js';
import type { Principal } from './principal.js';
import { isPermitting } from './consent-permits.js';
import { isBlocking } from './record-blocks.js';
import { isReferral, referralOf } from './referral.js';
import { isController } from './type-rules.js';

/** A change of one row as the rules about elements see it. `before` absent: created; `after` absent: deleted. */
export interface ElementChange {
  readonly op: Change['op'];
  readonly type: string;
  readonly before: Resource | undefined;
  readonly after: Resource | undefined;
  /** Party keys that a Reference names. */
  readonly parties: (reference: unknown) => readonly string[];
}

/** One element that grants a relation, or decides whose data a row is, and who may write it. */
interface Reserved {
  readonly element: string;
  readonly on: 'create' | 'update' | 'write';
  readonly refuses: (principal: Principal, change: ElementChange) => boolean;
  readonly sentence: string;
}

const notController = (principal: Principal): boolean => principal.role !== 'admin' && !isController(principal);
const notAdmin = (principal: Principal): boolean => principal.role !== 'admin';
const own = (principal: Principal, parties: readonly string[]): boolean =>
  parties.some((party) => principal.parties.includes(party));
const anyReferral = (change: ElementChange): boolean =>
  [change.before, change.after].some((one) => one !== undefined && isReferral(one));

const reserved: Readonly<Record<string, readonly Reserved[]>> = {
  Patient: [
    {
      element: 'generalPractitioner',
      on: 'write',
      refuses: notController,
      sentence:
        'The general practitioner comes from the register or from the municipality that is data controller; leave the element as it is.',
    },
    {
      element: 'link',
      on: 'write',
      refuses: notController,
      sentence: 'Patients are linked by the municipality that is data controller.',
    },
    {
      element: 'identifier',
      on: 'update',
      refuses: notController,
      sentence: 'Whom a Patient is about is changed only by the municipality that is data controller.',
    },
    {
      element: 'active',
      on: 'update',
      refuses: notController,
      sentence: 'A Patient is taken in or out of use by the municipality that is data controller.',
    },
  ],
  // Who logs in with the number of a RelatedPerson may see the record of whom they are related to.
  RelatedPerson: ['identifier', 'patient', 'active'].map((element) => ({
    element,
    on: 'write',
    // Under an id that may have been another's before, too.
    refuses: (principal, { op }) => op === 'update' && notController(principal),
    sentence: 'Who a relative is, and of whom, is changed by the municipality that is data controller.',
  })),
  EpisodeOfCare: [
    {
      element: 'managingOrganization',
      on: 'create',
      refuses: (principal, { after, parties }) =>
        notAdmin(principal) &&
        !(principal.organisation !== undefined && isOwnOrganisation(principal, parties(after?.managingOrganization))),
      sentence: 'A municipality opens an episode in its own name only.',
    },
    {
      element: 'managingOrganization',
      on: 'update',
      refuses: notAdmin,
      sentence:
        'An episode stays with the municipality that opened it: end it, and the other municipality opens its own.',
    },
    { element: 'patient', on: 'update', refuses: notAdmin, sentence: 'An episode stays with its patient.' },
  ],
  ServiceRequest: [
    {
      element: 'requester',
      on: 'create',
      refuses: (principal, { after, parties }) =>
        notController(principal) &&
        after !== undefined &&
        isReferral(after) &&
        !own(principal, parties(after.requester)),
      sentence:
        'A referral is sent in the name of the caller: its organisation or its professional, as it stands in the directory or by its number.',
    },
    {
      element: 'requester',
      on: 'update',
      refuses: (principal, change) => notAdmin(principal) && anyReferral(change),
      sentence: 'The sender of a referral does not change; revoke it and send a new one.',
    },
    {
      element: 'subject',
      on: 'update',
      refuses: (principal, change) => notAdmin(principal) && anyReferral(change),
      sentence: 'The patient of a referral does not change; revoke it and send a new one.',
    },
    {
      element: 'code',
      on: 'update',
      refuses: (principal, change) => notAdmin(principal) && anyReferral(change),
      sentence: 'What a referral asks for does not change; revoke it and send a new one.',
    },
  ],
};

/**
 * The refusal where the change writes an element that is not the caller's to write.
 *
 * @returns Failure 'forbidden' naming the element, or 'unprocessable' naming the operation that does it; undefined: nothing reserved
 */
export function reservedElement(principal: Principal, change: ElementChange): Failure | undefined {
  const { type, before, after } = change;
  if (type === 'EpisodeOfCare' && notAdmin(principal) && !ownEpisode(principal, change)) {
    return new Failure('forbidden', 'Episodes are written by the municipality that runs them.', { expression: type });
  }
  if (type === 'Consent' && notController(principal) && [before, after].some(decidesSight)) {
    return new Failure(
      'forbidden',
      'What a patient blocks, and whom they let see the record, is recorded by the municipality that is data controller.',
      { expression: type },
    );
  }
  if (after === undefined) {
    return type === 'Patient' && notController(principal)
      ? new Failure('forbidden', 'A Patient is deleted by the municipality that is data controller.', {
          expression: type,
        })
      : undefined;
  }
  for (const rule of reserved[type] ?? []) {
    const concerned = rule.on === 'write' || (before === undefined) === (rule.on === 'create');
    const touched = rule.on === 'create' || !sameElement(before?.[rule.element], after[rule.element]);
    if (concerned && touched && rule.refuses(principal, change)) {
      return new Failure('forbidden', rule.sentence, { expression: `${type}.${rule.element}` });
    }
  }
  return type === 'Task' ? acceptanceRefusal(before, after) : undefined;
}

const decidesSight = (consent: Resource | undefined): boolean => isBlocking(consent) || isPermitting(consent);

const isOwnOrganisation = (principal: Principal, parties: readonly string[]): boolean =>
  parties.includes(`org:${principal.organisation}`);

function ownEpisode(principal: Principal, { before, parties }: ElementChange): boolean {
  return (
    principal.role === 'municipality' &&
    (before === undefined || isOwnOrganisation(principal, parties(before.managingOrganization)))
  );
}

/** What the sender of a referral does with its Task itself; everything else is the receiver's operation. */
const sendersOwn: ReadonlySet<unknown> = new Set(['draft', 'requested', 'cancelled', 'entered-in-error']);

/** Acceptance grants the sender its relation: it is never written, only done, by whoever received the referral. */
function acceptanceRefusal(before: Resource | undefined, after: Resource): Failure | undefined {
  if (referralOf(after) === undefined) return undefined;
  const wasReferral = before !== undefined && referralOf(before) !== undefined;
  if (wasReferral && before.status === after.status && sameElement(before.focus, after.focus)) return undefined;
  if (
    sendersOwn.has(after.status) &&
    (before === undefined || sendersOwn.has(before.status) || before.status === 'received')
  )
    return undefined;
  return new Failure(
    'unprocessable',
    'The Task of a referral moves by ServiceRequest/$accept and ServiceRequest/$reject of the municipality that received it.',
    {
      expression: 'Task.status',
    },
  );
}

function sameElement(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  return JSON.stringify(sorted(many(one))) === JSON.stringify(sorted(many(other)));
}

/** Object members in one order, so that the same content in another order is no change. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, part]) => [name, sorted(part)]),
  );
}
