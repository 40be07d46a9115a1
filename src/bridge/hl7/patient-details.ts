// ADT^A08 update patient information, A31 update person information: https://www.hl7.eu/HL7v2x/v251/std251/ch03.html
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { type Identifier, many, referenceTo } from '../../followup/vocabulary/element.js';
import { worklistEntry } from '../../followup/vocabulary/worklist.js';
import { updated } from '../../followup/vocabulary/module-change.js';
import { component } from '../../mapping/hl7/data-types.js';
import { fhirDateTimeOfHl7 } from '../../mapping/message-time.js';
import { runMap } from '../../mapping/run-map.js';
import { childOf } from '../../mapping/xml/xml-element.js';
import type { MessageParts } from '../message-parts.js';
import type { ArrivedHl7, TreatHl7 } from './arrived-hl7.js';
import { centreOf, keepOriginal } from './keep-original.js';

/**
 * What the message says of the person goes to the Patient that is known here; what it does not say stays. A person who is
 * not known here is not made known by it. A death is not noted by itself: a person is asked (as for LOG_DOD).
 */
export const treatPatientDetails: TreatHl7 = (arrived, parts) => {
  const told = toldPatient(arrived, parts);
  const name = `Endrede opplysninger om pasienten (ADT^${arrived.read.header.event})`;
  return async (view) => {
    const [patient, second] = await view.patients(arrived.identity);
    if (patient === undefined || second !== undefined) return [];
    const subject = referenceTo(patient);
    const original = keepOriginal(arrived, subject, { name }, { view, ids: parts.ids });
    const changes: Change[] = withDetails(patient, told);
    const died = deathOf(arrived);
    if (died !== undefined && patient.deceasedDateTime === undefined && patient.deceasedBoolean !== true)
      changes.push(
        worklistEntry(
          {
            code: 'death-check',
            patient: subject,
            focus: subject,
            owner: await centreOf(view, parts),
            priority: 'urgent',
            description: `Sykehuset melder at pasienten er død${died === '' ? '' : ` (${died.slice(0, 10)})`}. Kontroller, og avslutt tjenesten.`,
          },
          { ids: parts.ids, now: view.now },
        ),
      );
    return changes.length === 0 ? [] : [...original.changes, ...changes];
  };
};

/** The Patient as the PID tells it. */
export const toldPatient = ({ read }: ArrivedHl7, { maps }: MessageParts): Resource =>
  runMap(maps.named('hl7-patient'), read.tree).resources[0]!;

const told = ['name', 'telecom', 'gender', 'birthDate', 'address'] as const;

/** The change of the stored Patient; nothing where it says the same already. */
export function withDetails(patient: Resource, message: Resource): Change[] {
  const set = Object.fromEntries(
    told.flatMap((element) => (message[element] === undefined ? [] : [[element, message[element]]])),
  );
  const identifier = mergedIdentifiers(patient, message);
  const next = { ...set, ...(identifier.length > 0 && { identifier }) };
  const same = Object.entries(next).every(
    ([element, value]) => JSON.stringify(patient[element]) === JSON.stringify(value),
  );
  return same ? [] : [updated(patient, next)];
}

/** Local numbers are added; a second national number would be another person's until a merge says otherwise. */
function mergedIdentifiers(patient: Resource, message: Resource): readonly Identifier[] {
  const own = many<Identifier & { readonly assigner?: { readonly display?: string } }>(patient.identifier);
  const isNational = ({ system }: Identifier): boolean => system?.startsWith('urn:oid:2.16.578.1.12.4.1.4.') === true;
  const further = many<Identifier & { readonly assigner?: { readonly display?: string } }>(message.identifier).filter(
    (one) =>
      !isNational(one) &&
      !own.some(
        ({ value, system, assigner }) =>
          value === one.value && system === one.system && assigner?.display === one.assigner?.display,
      ),
  );
  return [...own, ...further];
}

/** PID-29 and PID-30; the time, or '' where only the fact is told. */
function deathOf({ read }: ArrivedHl7): string | undefined {
  const pid = childOf(read.tree, 'PID');
  const time = fhirDateTimeOfHl7(component(childOf(pid, 'PID.29'), 1) ?? '');
  return time ?? (component(childOf(pid, 'PID.30'), 1) === 'Y' ? '' : undefined);
}
