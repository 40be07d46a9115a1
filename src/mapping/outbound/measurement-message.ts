// ORU^R01 with the measurements of one Observation: https://www.hl7.eu/HL7v2x/v251/std251/ch07.html
import { createHash } from 'node:crypto';
import { isIdentityNumberSystem } from '../../fhir/national-identifiers.js';
import type { Resource } from '../../fhir/resource.js';
import { encodeHl7 } from '../hl7/charset.js';
import { ackTime } from '../hl7/write-ack.js';
import { concept, withComponents } from '../hl7/write-data-types.js';
import { hl7Node, type Hl7Node, writeHl7 } from '../hl7/write-hl7.js';
import type { MessageMaps } from '../load-maps.js';
import type { BuiltMessage } from './built-message.js';
import { writeSegments } from './write-segments.js';

/** The two ends as MSH-3 to MSH-6 name them. */
export interface Hl7Ends {
  readonly sendingFacility: string;
  readonly application: string;
  readonly facility: string;
  /** MSH-11: `P`, or `T` where invented patients are followed up. */
  readonly processing: 'P' | 'T';
  /** MSH-18; UTF-8 when absent. */
  readonly charset?: string | undefined;
}

export const ownApplication = 'HJEMMEBRO';

export interface Measurement {
  readonly observation: Resource;
  readonly patient: Resource;
  readonly ends: Hl7Ends;
  /** A UUID that is the same at every attempt; MSH-10 is made of it. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What is said about somebody with a measurement: who it is, not where they live. */
const told = ['name', 'gender', 'birthDate'] as const;

/**
 * The message of an Observation, one OBX for each value of it; undefined where it holds none that HL7 can carry, or where the
 * Patient has no national number.
 */
export function buildMeasurement(
  { observation, patient, ends, id, at }: Measurement,
  maps: MessageMaps,
): BuiltMessage | undefined {
  const identifiers = ((patient.identifier ?? []) as { readonly system?: string }[]).filter(({ system = '' }) =>
    isIdentityNumberSystem(system),
  );
  const results = resultsOf(observation).map((one) => writeSegments(maps.segments('oru-r01'), one));
  if (identifiers.length === 0 || results.length === 0) return undefined;
  const person = Object.fromEntries(told.map((element) => [element, patient[element]]));
  const [pid] = writeSegments(maps.segments('hl7-patient'), { ...person, identifier: identifiers });
  const orders = results.map((segments) => segments.find(({ name }) => name === 'OBR'));
  const segments = [
    header(ends, { id, at }),
    numbered(pid!, 1),
    order(orders[0] ?? hl7Node('OBR'), observation),
    ...results.flatMap((found, index) => result(found, index + 1)),
  ];
  return {
    id,
    msgType: 'ORU^R01',
    sender: `${ends.sendingFacility}|${ownApplication}`,
    receiver: `${ends.facility}|${ends.application}`,
    raw: encodeHl7(writeHl7(segments), ends.charset ?? 'UNICODE UTF-8'),
  };
}

/** MSH-10: 20 characters at the most before v2.6. */
export const controlIdOf = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 20);

function header(ends: Hl7Ends, { id, at }: Pick<Measurement, 'id' | 'at'>): Hl7Node {
  return withFields('MSH', {
    3: ownApplication,
    4: ends.sendingFacility,
    5: ends.application,
    6: ends.facility,
    7: ackTime(at),
    9: ['ORU', 'R01', 'ORU_R01'],
    10: controlIdOf(id),
    11: ends.processing,
    12: '2.5.1',
    17: 'NOR',
    18: ends.charset ?? 'UNICODE UTF-8',
  });
}

/** OBR-2 and OBR-3 hold the id of the Observation, so that a correction is known as one; OBR-25 its status. */
function order(obr: Hl7Node, observation: Resource): Hl7Node {
  const own = withFields('OBR', {
    1: '1',
    3: [observation.id, ownApplication],
    25:
      ({ preliminary: 'P', amended: 'C', corrected: 'C', 'entered-in-error': 'X' } as Record<string, string>)[
        String(observation.status)
      ] ?? 'F',
  });
  const code = concept('OBR.4', (observation.code ?? {}) as object);
  return { ...own, children: [...own.children, ...(code === undefined ? [] : [code]), ...obr.children] };
}

function result(segments: readonly Hl7Node[], place: number): readonly Hl7Node[] {
  const notes = segments.filter(({ name }) => name === 'NTE').map((note, index) => numbered(note, index + 1));
  return [...segments.filter(({ name }) => name === 'OBX').map((obx) => numbered(obx, place)), ...notes];
}

/** Field 1 of PID, OBX and NTE is the place in the message. */
const numbered = (segment: Hl7Node, place: number): Hl7Node => ({
  ...segment,
  children: [hl7Node(`${segment.name}.1`, String(place)), ...segment.children],
});

function withFields(name: string, fields: Readonly<Record<number, string | readonly (string | undefined)[]>>): Hl7Node {
  const segment = hl7Node(name);
  for (const [number, value] of Object.entries(fields)) {
    const parts = typeof value === 'string' ? [value] : value;
    const field = withComponents(`${name}.${number}`, Object.fromEntries(parts.map((part, at) => [at + 1, part])));
    if (field !== undefined) segment.children.push(field);
  }
  return segment;
}

const valueElements = [
  'valueQuantity',
  'valueRange',
  'valueRatio',
  'valueCodeableConcept',
  'valueDateTime',
  'valueString',
];

/** One Observation per OBX: itself where it has a value (or is told to have none), and each of its components. */
function resultsOf(observation: Resource): readonly object[] {
  const { component, note, ...own } = observation;
  const effectiveDateTime =
    own.effectiveDateTime ??
    own.effectiveInstant ??
    (own.effectivePeriod as { readonly end?: string; readonly start?: string } | undefined)?.end ??
    (own.effectivePeriod as { readonly start?: string } | undefined)?.start;
  const status = own.status === 'corrected' ? 'amended' : own.status;
  const common = { ...own, status, effectiveDateTime };
  const components = ((component ?? []) as readonly object[]).filter(hasValue);
  const withoutValue = Object.fromEntries(
    Object.entries(common).filter(([name]) => ![...valueElements, 'interpretation', 'referenceRange'].includes(name)),
  );
  const all = [
    ...(hasValue(common) || components.length === 0 ? [common] : []),
    ...components.map((one) => ({ ...withoutValue, ...one })),
  ].filter((one) => hasValue(one) || status === 'entered-in-error');
  return all.map((one, index) => (index === all.length - 1 && note !== undefined ? { ...one, note } : one));
}

const hasValue = (one: object): boolean => valueElements.some((name) => name in one);
