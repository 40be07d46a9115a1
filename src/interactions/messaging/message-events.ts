// https://hl7.org/fhir/R4/messaging.html#events; profiles/message-definitions/ describes the same for those who send
import type { Coding } from '../../fhir/resource.js';

/** What a message of one event may hold. */
export interface MessageEvent {
  readonly code: string;
  readonly system: string;
  /** Canonical URL of its MessageDefinition. */
  readonly definition: string;
  /** Types that MessageHeader.focus may point to, and how many of them. */
  readonly focus: readonly string[];
  readonly mostFocus: number;
  /** Types that may be there beside them. */
  readonly beside: readonly string[];
}

const ours = 'http://hjemmebro.no/fhir/CodeSystem/dho-message-event';
const parties = ['Patient', 'Practitioner', 'PractitionerRole', 'Organization'];
const definition = (code: string): string => `http://hjemmebro.no/fhir/MessageDefinition/${code}`;

/** Every event that this server acts on. */
export const messageEvents: readonly MessageEvent[] = [
  {
    code: 'measurements',
    system: ours,
    definition: definition('measurements'),
    focus: ['Observation', 'QuestionnaireResponse'],
    mostFocus: 1000,
    beside: [...parties, 'Device'],
  },
  {
    code: 'observation-provide',
    system: 'http://terminology.hl7.org/CodeSystem/message-events',
    definition: definition('observation-provide'),
    focus: ['Observation'],
    mostFocus: 1000,
    beside: [...parties, 'Device'],
  },
  {
    code: 'referral',
    system: ours,
    definition: definition('referral'),
    focus: ['ServiceRequest'],
    mostFocus: 1,
    beside: [...parties, 'Condition', 'Observation', 'DocumentReference', 'QuestionnaireResponse'],
  },
];

/** Directory entries and patients: who they are says an identifier, and what is known of them stays as it is. */
export const isParty = (type: string): boolean => parties.includes(type) || type === 'Device';

/** The event of a MessageHeader; undefined where this server knows none such. */
export function eventOf(header: {
  readonly eventCoding?: Coding;
  readonly eventUri?: string;
}): MessageEvent | undefined {
  const { eventCoding, eventUri } = header;
  return messageEvents.find(({ code, system }) =>
    eventUri === undefined
      ? eventCoding?.system === system && eventCoding.code === code
      : system === ours && eventUri === `http://hjemmebro.no/fhir/message-event/${code}`,
  );
}
