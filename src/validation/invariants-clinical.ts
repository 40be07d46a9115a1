import { parseReference } from '../fhir/reference.js';
import { has, hasChoice, hasCoding, type HandWrittenRules, list, numeric, oneOf } from './invariant.js';
import { isInOrder } from './invariants-datatypes.js';
import { isObject, type JsonObject } from './visit.js';

const allergyVerification = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification';
const conditionVerification = 'http://terminology.hl7.org/CodeSystem/condition-ver-status';
const conditionClinical = 'http://terminology.hl7.org/CodeSystem/condition-clinical';

const isAllergyError = (allergy: JsonObject): boolean =>
  hasCoding(allergy.verificationStatus, allergyVerification, 'entered-in-error');
const codingKeys = (concept: unknown): string[] =>
  isObject(concept)
    ? list(concept, 'coding').map(({ system, version, code, display, userSelected }) =>
        JSON.stringify([system, version, code, display, userSelected]),
      )
    : [];

/** Observations, plans, conditions, people: https://hl7.org/fhir/R4/resourcelist.html */
export const clinicalInvariants: HandWrittenRules = {
  'ait-1': (allergy) => isAllergyError(allergy) || has(allergy, 'clinicalStatus'),
  'ait-2': (allergy) => !isAllergyError(allergy) || !has(allergy, 'clinicalStatus'),
  'app-1': (participant) => has(participant, 'type') || has(participant, 'actor'),
  'app-2': (appointment) => has(appointment, 'start') === has(appointment, 'end'),
  'app-3': (appointment) =>
    (has(appointment, 'start') && has(appointment, 'end')) ||
    oneOf(appointment.status, 'proposed', 'cancelled', 'waitlist'),
  'app-4': (appointment) => !has(appointment, 'cancelationReason') || oneOf(appointment.status, 'noshow', 'cancelled'),
  'apr-1': (response) => has(response, 'participantType') || has(response, 'actor'),
  'cmp-1': (section) => has(section, 'text') || has(section, 'entry') || has(section, 'section'),
  'cmp-2': (section) => !has(section, 'emptyReason') || !has(section, 'entry'),
  'con-1': (stage) => has(stage, 'summary') || has(stage, 'assessment'),
  'con-2': (evidence) => has(evidence, 'code') || has(evidence, 'detail'),
  'con-4': (condition) =>
    !hasChoice(condition, 'abatement') ||
    hasCoding(condition.clinicalStatus, conditionClinical, 'resolved', 'remission', 'inactive'),
  'con-5': (condition) =>
    !hasCoding(condition.verificationStatus, conditionVerification, 'entered-in-error') ||
    !has(condition, 'clinicalStatus'),
  'cpl-3': (activity) => !has(activity, 'detail') || !has(activity, 'reference'),
  // The target is not fetched: only a reference that says it is no Practitioner contradicts.
  'ctm-1': (participant) => {
    if (
      !has(participant, 'onBehalfOf') ||
      !isObject(participant.member) ||
      typeof participant.member.reference !== 'string'
    )
      return true;
    const target = parseReference(participant.member.reference);
    return target.kind !== 'local' || target.type === 'Practitioner';
  },
  'gol-1': (target) => !hasChoice(target, 'detail') || has(target, 'measure'),
  'grp-1': (group) => !has(group, 'member') || group.actual === true,
  'lst-1': (collection) => !has(collection, 'emptyReason') || !has(collection, 'entry'),
  'lst-2': (collection) =>
    collection.mode === 'changes' || !list(collection, 'entry').some((entry) => has(entry, 'deleted')),
  'lst-3': (collection) =>
    collection.mode === 'working' || !list(collection, 'entry').some((entry) => has(entry, 'date')),
  'mdd-1': (dispense) => isInOrder(dispense.whenPrepared, dispense.whenHandedOver),
  'obs-3': (range) => has(range, 'low') || has(range, 'high') || has(range, 'text'),
  'obs-6': (observation) => !has(observation, 'dataAbsentReason') || !hasChoice(observation, 'value'),
  'obs-7': (observation) => {
    const components = list(observation, 'component');
    if (components.length === 0 || !hasChoice(observation, 'value')) return true;
    const own = new Set(codingKeys(observation.code));
    return !components.some((component) => codingKeys(component.code).some((key) => own.has(key)));
  },
  'org-1': (organization) => has(organization, 'identifier') || has(organization, 'name'),
  'org-2': (address) => address.use !== 'home',
  'org-3': (telecom) => telecom.use !== 'home',
  'pat-1': (contact) =>
    has(contact, 'name') || has(contact, 'telecom') || has(contact, 'address') || has(contact, 'organization'),
  'ppc-1': (consent) => has(consent, 'policy') || has(consent, 'policyRule'),
  // These compare with the system «something», a slip of the specification; nothing can break them.
  'ppc-2': () => true,
  'ppc-3': () => true,
  'ppc-4': () => true,
  'ppc-5': () => true,
  'prr-1': (request) => !has(request, 'orderDetail') || has(request, 'code'),
  'ras-2': (prediction) => !(numeric(prediction, 'probabilityDecimal') > 100),
  'sev-1': (entity) => !has(entity, 'name') || !has(entity, 'query'),
  'Task inv-1': (task) => isInOrder(task.authoredOn, task.lastModified),
};
