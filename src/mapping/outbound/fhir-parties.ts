// FHIR resources as the parties and patient of an outgoing message.
import { identifierSystems } from '../../fhir/national-identifiers.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import type { Ident, Party, Professional, Unit } from '../plo/party.js';
import type { OutboundPatient } from './write-msg-head.js';

interface Identifier {
  readonly system?: string;
  readonly value?: string;
}
interface HumanName {
  readonly use?: string;
  readonly family?: string;
  readonly given?: readonly string[];
}
interface ContactPoint {
  readonly system?: string;
  readonly value?: string;
}

const typesOf: Readonly<Record<string, string>> = {
  [identifierSystems.fnr]: 'FNR',
  [identifierSystems.dnr]: 'DNR',
  [identifierSystems.fhn]: 'FHN',
  [identifierSystems.hpr]: 'HPR',
  [identifierSystems.herId]: 'HER',
};
const sexes: Readonly<Record<string, OutboundPatient['sex']>> = { male: '1', female: '2', unknown: '0', other: '9' };

function identsOf(resource: Resource, types: readonly string[]): readonly Ident[] {
  const all = ((resource.identifier ?? []) as readonly Identifier[]).flatMap(({ system, value }) => {
    const type = typesOf[system ?? ''];
    return type === undefined || value === undefined || !types.includes(type) ? [] : [{ type, id: value }];
  });
  return all.toSorted((a, b) => types.indexOf(a.type) - types.indexOf(b.type));
}

const nameOf = (resource: Resource): HumanName | undefined => {
  const names = (resource.name ?? []) as readonly HumanName[];
  return names.find((one) => one.use === 'official') ?? names[0];
};

/** @throws Failure `unprocessable` without national identifier or family name: the receiver would refuse the message (E36) */
export function outboundPatient(patient: Resource): OutboundPatient {
  const [ident] = identsOf(patient, ['FNR', 'DNR', 'FHN']);
  const name = nameOf(patient);
  if (ident === undefined || name?.family === undefined) {
    throw new Failure('unprocessable', 'A message needs the patient’s national identifier and family name.', {
      expression: 'Patient.identifier',
    });
  }
  const given = name.given?.join(' ');
  const sex = sexes[String(patient.gender)];
  return {
    ident,
    family: name.family,
    ...(given && { given }),
    ...(typeof patient.birthDate === 'string' &&
      /^\d{4}-\d{2}-\d{2}$/.test(patient.birthDate) && { born: patient.birthDate }),
    ...(sex && { sex }),
  };
}

/** An Organization or HealthcareService with its HER-id. */
export function unitOf(resource: Resource): Unit {
  return { name: typeof resource.name === 'string' ? resource.name : '', idents: identsOf(resource, ['HER']) };
}

/** A Practitioner: as the contact of a message with HPR and telephone, as an addressee with HER-id. */
export function professionalOf(practitioner: Resource, types: readonly string[] = ['HPR']): Professional {
  const name = nameOf(practitioner);
  const given = name?.given?.join(' ');
  const phone = ((practitioner.telecom ?? []) as readonly ContactPoint[]).find(
    ({ system, value }) => system === 'phone' && value !== undefined,
  )?.value;
  return {
    name: [given, name?.family].filter((part) => part !== undefined).join(' '),
    idents: identsOf(practitioner, types),
    ...(name?.family && { family: name.family }),
    ...(given && { given }),
    ...(phone && { phone: phone.replace(/\s/g, '') }),
  };
}

/**
 * Sender or receiver on its two levels.
 *
 * @throws Failure `unprocessable` when a level lacks a HER-id: the message could not be addressed
 */
export function partyOf(
  organisation: Resource,
  second: { readonly unit?: Resource; readonly practitioner?: Resource } = {},
): Party {
  const unit = second.unit && unitOf(second.unit);
  const professional = second.practitioner && professionalOf(second.practitioner, ['HER']);
  const party: Party = { ...unitOf(organisation), ...(unit && { unit }), ...(professional && { professional }) };
  if (![party, unit, professional].every((level) => level === undefined || level.idents.length > 0)) {
    throw new Failure('unprocessable', 'Both levels of a message’s address need a HER-id.', {
      expression: 'Organization.identifier',
    });
  }
  return party;
}
