import type { Hl7Header } from '../../mapping/hl7/read-hl7.js';
import type { TreatHl7 } from './arrived-hl7.js';
import { treatOrder } from './order.js';
import { treatPatientDetails } from './patient-details.js';
import { treatPatientMerge } from './patient-merge.js';
import { treatResults } from './results.js';
import { treatMovement } from './stay-movement.js';

const treatments: ReadonlyMap<string, TreatHl7> = new Map<string, TreatHl7>([
  ['ADT^A01', treatMovement('A01')],
  ['ADT^A02', treatMovement('A02')],
  ['ADT^A03', treatMovement('A03')],
  ['ADT^A04', treatMovement('A04')],
  ['ADT^A08', treatPatientDetails],
  ['ADT^A11', treatMovement('A11')],
  ['ADT^A12', treatMovement('A12')],
  ['ADT^A13', treatMovement('A13')],
  ['ADT^A31', treatPatientDetails],
  ['ADT^A40', treatPatientMerge],
  ['ORU^R01', treatResults],
  ['ORM^O01', treatOrder],
  ['OMG^O19', treatOrder],
  ['REF^I12', treatOrder],
]);

/** `ADT^A01`: the type and event of MSH-9. */
export const messageName = ({ type, event }: Hl7Header): string => `${type}^${event}`;

/** What a type of message does; undefined for one that is not taken. */
export const hl7Treatment = (header: Hl7Header): TreatHl7 | undefined => treatments.get(messageName(header));

/** The events that are taken of a message type: for the text of a refusal. */
export const eventsOf = (type: string): readonly string[] =>
  [...treatments.keys()].flatMap((name) => (name.startsWith(`${type}^`) ? [name.slice(type.length + 1)] : []));

export const messageTypesTaken: readonly string[] = [
  ...new Set([...treatments.keys()].map((name) => name.split('^')[0]!)),
];
