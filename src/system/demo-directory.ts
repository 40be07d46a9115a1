import {
  demoDeviceSupplier,
  demoGp,
  demoGpOffice,
  demoHospital,
  demoHospitalDoctor,
  demoMunicipality,
  demoNurse,
  type DemoOrganisation,
  type DemoPerson,
} from '../config/demo.js';
import { identifierSystems } from '../fhir/national-identifiers.js';
import type { Resource } from '../fhir/resource.js';
import { equipmentStates, equipmentStateUrl } from '../followup/equipment/equipment-state.js';
import { system } from '../followup/vocabulary/systems.js';

/** Ids of the demo world that others refer to. */
export const demoIds = {
  municipality: 'demo-fjordheim-kommune',
  centre: 'demo-responssenter',
  homeNursing: 'demo-sykepleietjeneste',
  hospital: 'demo-nordvik-sykehus',
  lungWard: 'demo-nordvik-lunge',
  gpOffice: 'demo-fjordheim-legesenter',
  supplier: 'demo-fjordheim-maleutstyr',
  nurse: 'demo-siri-testsykepleier',
  gp: 'demo-kari-testlege',
  hospitalDoctor: 'demo-per-testoverlege',
  gpRole: 'demo-kari-testlege-fastlege',
} as const;

/**
 * Who is who in the demo world, and the equipment in stock: what messages and relations need to find their parties.
 *
 * @param controller organisation number of the data controller; the demo municipality has it, whatever number that is
 */
export function demoDirectory(controller: string): readonly Resource[] {
  return [...organisations(controller), ...services(), ...professionals(), careTeam(), ...equipment()];
}

const her = (value: string) => ({ system: identifierSystems.herId, value });
const enh = (value: string) => ({ system: identifierSystems.enh, value });
const hpr = (value: string) => ({ system: identifierSystems.hpr, value });
const phone = (value: string) => [{ system: 'phone', value, use: 'work' }];
const inOrganisation = (id: string, display: string) => ({ reference: `Organization/${id}`, display });

function organisations(controller: string): Resource[] {
  return [
    organisation(demoIds.municipality, { ...demoMunicipality, orgnr: controller }, '400 00 010'),
    organisation(demoIds.hospital, demoHospital, '400 00 020'),
    organisation(demoIds.gpOffice, demoGpOffice, '400 00 030'),
    organisation(demoIds.supplier, demoDeviceSupplier, '400 00 040'),
    ...demoHospital.units.map(
      (unit): Resource => ({
        resourceType: 'Organization',
        id: demoIds.lungWard,
        active: true,
        identifier: [her(unit.herId)],
        name: unit.name,
        partOf: inOrganisation(demoIds.hospital, demoHospital.name),
      }),
    ),
  ];
}

function organisation(id: string, { name, orgnr, herId }: DemoOrganisation, telephone: string): Resource {
  return {
    resourceType: 'Organization',
    id,
    active: true,
    identifier: [enh(orgnr), her(herId)],
    name,
    telecom: phone(telephone),
  };
}

/** The services of the municipality; the opening hours of the centre are what the deadlines of alerts count by. */
function services(): Resource[] {
  const [centre, homeNursing] = demoMunicipality.units;
  const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri'];
  const providedBy = inOrganisation(demoIds.municipality, demoMunicipality.name);
  return [
    {
      resourceType: 'HealthcareService',
      id: demoIds.centre,
      active: true,
      identifier: [her(centre.herId)],
      providedBy,
      name: centre.name,
      comment: 'Oppfølgingssenter for digital hjemmeoppfølging',
      telecom: phone('400 00 011'),
      availableTime: [{ daysOfWeek: weekdays, availableStartTime: '08:00:00', availableEndTime: '15:00:00' }],
    },
    {
      resourceType: 'HealthcareService',
      id: demoIds.homeNursing,
      active: true,
      identifier: [her(homeNursing.herId)],
      providedBy,
      name: homeNursing.name,
      telecom: phone('400 00 012'),
      availableTime: [{ daysOfWeek: [...weekdays, 'sat', 'sun'], allDay: true }],
    },
  ];
}

function professionals(): Resource[] {
  return [
    person(demoIds.nurse, demoNurse, '400 00 013'),
    person(demoIds.gp, demoGp, '400 00 031'),
    person(demoIds.hospitalDoctor, demoHospitalDoctor, '400 00 021'),
    role(
      'demo-siri-testsykepleier-oppfolging',
      [demoIds.nurse, demoNurse],
      [demoIds.municipality, demoMunicipality],
      'Sykepleier',
    ),
    role(demoIds.gpRole, [demoIds.gp, demoGp], [demoIds.gpOffice, demoGpOffice], 'Fastlege'),
    role(
      'demo-per-testoverlege-lunge',
      [demoIds.hospitalDoctor, demoHospitalDoctor],
      [demoIds.hospital, demoHospital],
      'Overlege',
    ),
  ];
}

const nameOf = ({ given, family }: DemoPerson): string => `${given} ${family}`;

function person(id: string, one: DemoPerson, telephone: string): Resource {
  return {
    resourceType: 'Practitioner',
    id,
    active: true,
    identifier: [hpr(one.hpr), ...(one.herId === undefined ? [] : [her(one.herId)])],
    name: [{ use: 'official', family: one.family, given: [one.given] }],
    telecom: phone(telephone),
  };
}

function role(
  id: string,
  [personId, one]: readonly [string, DemoPerson],
  [organisationId, { name }]: readonly [string, { readonly name: string }],
  title: string,
): Resource {
  return {
    resourceType: 'PractitionerRole',
    id,
    active: true,
    practitioner: { reference: `Practitioner/${personId}`, display: nameOf(one) },
    organization: inOrganisation(organisationId, name),
    code: [{ text: title }],
  };
}

function careTeam(): Resource {
  return {
    resourceType: 'CareTeam',
    id: 'demo-responsteam',
    status: 'active',
    name: 'Responsteamet i Fjordheim',
    participant: [
      {
        member: { reference: `Practitioner/${demoIds.nurse}`, display: nameOf(demoNurse) },
        onBehalfOf: inOrganisation(demoIds.municipality, demoMunicipality.name),
      },
    ],
    managingOrganization: [inOrganisation(demoIds.municipality, demoMunicipality.name)],
  };
}

/** Equipment kept by the centre, by serial number. */
export const demoEquipment = [
  {
    id: 'demo-oksymeter-1',
    serial: 'OX-100001',
    name: 'Pulsoksymeter',
    type: { code: '448703006', display: 'Pulse oximeter' },
  },
  {
    id: 'demo-oksymeter-2',
    serial: 'OX-100002',
    name: 'Pulsoksymeter',
    type: { code: '448703006', display: 'Pulse oximeter' },
  },
  {
    id: 'demo-oksymeter-3',
    serial: 'OX-100003',
    name: 'Pulsoksymeter',
    type: { code: '448703006', display: 'Pulse oximeter' },
  },
  {
    id: 'demo-oksymeter-4',
    serial: 'OX-100004',
    name: 'Pulsoksymeter',
    type: { code: '448703006', display: 'Pulse oximeter' },
  },
  { id: 'demo-vekt-1', serial: 'VK-200001', name: 'Personvekt', type: { code: '19892000', display: 'Scale' } },
  { id: 'demo-vekt-2', serial: 'VK-200002', name: 'Personvekt', type: { code: '19892000', display: 'Scale' } },
  {
    id: 'demo-blodtrykk-1',
    serial: 'BT-300001',
    name: 'Blodtrykksmåler',
    type: { code: '43770009', display: 'Sphygmomanometer' },
  },
  {
    id: 'demo-blodtrykk-2',
    serial: 'BT-300002',
    name: 'Blodtrykksmåler',
    type: { code: '43770009', display: 'Sphygmomanometer' },
  },
] as const;

const equipment = (): Resource[] =>
  demoEquipment.map(
    ({ id, serial, name, type }): Resource => ({
      resourceType: 'Device',
      id,
      extension: [
        {
          url: equipmentStateUrl,
          valueCoding: { system: system.equipmentState, code: 'stock', display: equipmentStates.stock },
        },
      ],
      status: 'active',
      manufacturer: demoDeviceSupplier.name,
      serialNumber: serial,
      deviceName: [{ name, type: 'user-friendly-name' }],
      type: { coding: [{ system: system.snomed, ...type }], text: name },
      owner: inOrganisation(demoIds.municipality, demoMunicipality.name),
    }),
  );
