import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { asReference, identifierIn, many, type Reference, targetOf } from '../vocabulary/element.js';
import { identifierSystem } from '../vocabulary/systems.js';

/** The person behind the request, as authentication and the message rules vouch for. */
export interface Approver {
  readonly hpr: string;
  /** Organisation number. */
  readonly organisation: string;
  readonly role: 'gp' | 'hospital';
  readonly name: string;
}

export interface ResponsibleFacts {
  readonly carePlan: Resource;
  readonly approver: Approver;
  readonly patient: Resource;
  /** Resources that the patient's generalPractitioner, or the plan, refers to literally (Practitioner, PractitionerRole, Organization). */
  readonly resolved?: readonly Resource[];
  /** HPR numbers of the responsible hospital doctor(s): EpisodeOfCare.careManager, CareTeam, the accepted referral's requester. */
  readonly hospitalDoctors?: readonly string[];
}

/** The HPR and organisation numbers that a reference names, logically or through a resolved resource. */
function numbersOf(
  reference: Reference | undefined,
  resolved: readonly Resource[],
): { hpr: Set<string>; organisation: Set<string> } {
  const numbers = { hpr: new Set<string>(), organisation: new Set<string>() };
  const take = (owner: unknown): void => {
    const hpr = identifierIn(owner, identifierSystem.hpr);
    const organisation = identifierIn(owner, identifierSystem.organisation);
    if (hpr !== undefined) numbers.hpr.add(hpr);
    if (organisation !== undefined) numbers.organisation.add(organisation);
  };
  const visit = (one: Reference | undefined, depth: number): void => {
    if (one === undefined) return;
    take(one);
    const target = targetOf(one);
    const found =
      target === undefined ? undefined : resolved.find((it) => it.resourceType === target.type && it.id === target.id);
    if (found === undefined) return;
    take(found);
    if (depth > 0 && found.resourceType === 'PractitionerRole') {
      visit(asReference(found.practitioner), depth - 1);
      visit(asReference(found.organization), depth - 1);
    }
  };
  visit(reference, 1);
  return numbers;
}

export const approverReference = ({ hpr, name }: Approver): Reference => ({
  type: 'Practitioner',
  identifier: { system: identifierSystem.hpr, value: hpr },
  display: name,
});

/** As `mayAnswerFor`, and never the author of the plan: nobody approves what they wrote themselves. */
export function mayApprove(facts: ResponsibleFacts): Failure | undefined {
  const { carePlan, approver, resolved = [] } = facts;
  const author = numbersOf(asReference(carePlan.author), resolved);
  if (author.hpr.has(approver.hpr)) {
    return new Failure('forbidden', 'The author of a plan does not approve it; another must.', {
      expression: 'CarePlan.author',
    });
  }
  return mayAnswerFor(facts);
}

/** Only the patient's GP (a person of that HPR, or a GP of the named office) or the responsible hospital doctor. */
export function mayAnswerFor({
  approver,
  patient,
  resolved = [],
  hospitalDoctors = [],
}: Omit<ResponsibleFacts, 'carePlan'>): Failure | undefined {
  if (approver.role === 'hospital') {
    if (hospitalDoctors.includes(approver.hpr)) return undefined;
    return refused('You are not the responsible hospital doctor of this patient.');
  }
  const practitioners = many<Reference>(patient.generalPractitioner).map((one) => numbersOf(one, resolved));
  const named = practitioners.some((one) => one.hpr.has(approver.hpr));
  // An office without a named person: every GP there is the patient's.
  const office = practitioners.some((one) => one.hpr.size === 0 && one.organisation.has(approver.organisation));
  return named || office
    ? undefined
    : refused("Only the patient's GP (fastlege) or the responsible hospital doctor answers for the plan.");
}

const refused = (what: string): Failure =>
  new Failure('forbidden', what, { expression: 'Patient.generalPractitioner' });
