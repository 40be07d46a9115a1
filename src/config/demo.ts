/**
 * The demo world: invented organisations, people and clients with synthetic numbers that pass their check digits. Used by
 * `npm start -- --demo`, `npm run token`, `npm run demo` and the tests; never in production.
 */

export interface DemoOrganisation {
  readonly name: string;
  /** Organisation number (ENH). */
  readonly orgnr: string;
  readonly herId: string;
  /** Departments and services: communication parties at level 2. */
  readonly units: readonly { readonly name: string; readonly herId: string }[];
}

export interface DemoPerson {
  readonly given: string;
  readonly family: string;
  readonly hpr: string;
  readonly herId?: string;
}

export const demoMunicipality = {
  name: 'FJORDHEIM KOMMUNE',
  orgnr: '310000019',
  herId: '8990001',
  units: [
    { name: 'Responssentertjeneste', herId: '8990002' },
    { name: 'Sykepleietjeneste', herId: '8990003' },
  ],
} as const satisfies DemoOrganisation;

export const demoHospital = {
  name: 'NORDVIK SYKEHUS HF',
  orgnr: '310000027',
  herId: '8990010',
  units: [{ name: 'Lungesykdommer', herId: '8990011' }],
} as const satisfies DemoOrganisation;

export const demoGpOffice = {
  name: 'Fjordheim legesenter',
  orgnr: '310000035',
  herId: '8990020',
  units: [],
} as const satisfies DemoOrganisation;

/** The supplier whose gateway sends the measurements. */
export const demoDeviceSupplier = {
  name: 'Fjordheim Måleutstyr AS',
  orgnr: '310000043',
  herId: '8990030',
  units: [],
} as const satisfies DemoOrganisation;

export const demoNurse = { given: 'Siri', family: 'Testsykepleier', hpr: '999000101' } as const satisfies DemoPerson;
export const demoGp = {
  given: 'Kari',
  family: 'Testlege',
  hpr: '999000102',
  herId: '8990021',
} as const satisfies DemoPerson;
export const demoHospitalDoctor = {
  given: 'Per',
  family: 'Testoverlege',
  hpr: '999000103',
} as const satisfies DemoPerson;

/** Synthetic: 80 is added to the month, as in Skatteetaten's test population. */
export const demoPatient = { given: 'Ola', family: 'Prøvepasient', fnr: '12834812019' } as const;

export type DemoClientId = 'admin' | 'hospital' | 'gp' | 'municipality' | 'device';

export interface DemoClient {
  readonly id: DemoClientId;
  /** Also the role of the Principal. */
  readonly role: DemoClientId;
  readonly name: string;
  readonly organisation: DemoOrganisation;
  /** The professional on whose behalf the client acts, where there is one. */
  readonly person?: DemoPerson;
  readonly scopes: readonly string[];
  /** HER-ids the client may send messages for; `*` = every sender. */
  readonly carries: readonly string[] | '*';
}

/** A referrer reads what its relations let it see, refers, follows the referral, writes notes and subscribes. */
const referrer: readonly string[] = [
  'system/*.rs',
  'system/Patient.cu',
  'system/ServiceRequest.cruds',
  'system/Task.cruds',
  'system/CarePlan.rus',
  'system/Communication.crs',
  'system/DocumentReference.crs',
  'system/Binary.cr',
  'system/Subscription.cruds',
];

const herIds = (organisation: DemoOrganisation): string[] => [
  organisation.herId,
  ...organisation.units.map((unit) => unit.herId),
];

export const demoClients: Readonly<Record<DemoClientId, DemoClient>> = {
  admin: {
    id: 'admin',
    role: 'admin',
    name: 'Administrator',
    organisation: demoMunicipality,
    scopes: ['system/*.cruds'],
    carries: '*',
  },
  hospital: {
    id: 'hospital',
    role: 'hospital',
    name: 'Nordvik sykehus (EPJ)',
    organisation: demoHospital,
    person: demoHospitalDoctor,
    scopes: [...referrer, 'system/CarePlan.c', 'system/Encounter.cu'],
    carries: herIds(demoHospital),
  },
  gp: {
    id: 'gp',
    role: 'gp',
    name: 'Fjordheim legesenter (EPJ)',
    organisation: demoGpOffice,
    person: demoGp,
    scopes: [...referrer, 'system/CarePlan.c', 'system/Observation.cu', 'system/Condition.cu'],
    carries: [...herIds(demoGpOffice), demoGp.herId],
  },
  municipality: {
    id: 'municipality',
    role: 'municipality',
    name: 'Fjordheim kommune (oppfølgingssenteret)',
    organisation: demoMunicipality,
    person: demoNurse,
    scopes: ['system/*.cruds'],
    carries: herIds(demoMunicipality),
  },
  device: {
    id: 'device',
    role: 'device',
    name: 'Fjordheim Måleutstyr (mottak av målinger)',
    organisation: demoDeviceSupplier,
    scopes: ['system/Observation.crs', 'system/QuestionnaireResponse.crs', 'system/Device.rs'],
    carries: [],
  },
};

export const isDemoClient = (id: string): id is DemoClientId => Object.hasOwn(demoClients, id);

/** Issuer and audience of demo tokens. The address answers nothing: the key lies in the data folder. */
export const demoIssuer = 'http://localhost/hjemmebro-demo';
export const demoAudience = 'hjemmebro';
