import {
  demoGp,
  demoGpOffice,
  demoHospital,
  demoHospitalDoctor,
  demoMunicipality,
  demoNurse,
  demoPatient,
  type DemoOrganisation,
} from './demo.js';

/** A person who can log in at the embedded issuer. */
export interface IssuerUser {
  /** Subject of the tokens: a pseudonym. */
  readonly id: string;
  readonly name: string;
  /** For the login page. */
  readonly about: string;
  readonly role: 'municipality' | 'gp' | 'hospital' | 'citizen';
  readonly organisation?: DemoOrganisation;
  readonly hpr?: string;
  /** Logical id of the Practitioner, for `fhirUser`. */
  readonly practitioner?: string;
  /** Synthetic identity number of a citizen; it leaves the issuer in no token. */
  readonly fnr?: string;
  readonly securityLevel: '3' | '4';
}

export const demoUsers: readonly IssuerUser[] = [
  {
    id: 'demo-user-nurse',
    name: `${demoNurse.given} ${demoNurse.family}`,
    about: 'sykepleier ved oppfølgingssenteret i Fjordheim',
    role: 'municipality',
    organisation: demoMunicipality,
    hpr: demoNurse.hpr,
    practitioner: 'demo-siri-testsykepleier',
    securityLevel: '4',
  },
  {
    id: 'demo-user-caseworker',
    name: 'Tor Testsaksbehandler',
    about: 'saksbehandler i Fjordheim kommune',
    role: 'municipality',
    organisation: demoMunicipality,
    securityLevel: '4',
  },
  {
    id: 'demo-user-gp',
    name: `${demoGp.given} ${demoGp.family}`,
    about: 'fastlege ved Fjordheim legesenter',
    role: 'gp',
    organisation: demoGpOffice,
    hpr: demoGp.hpr,
    practitioner: 'demo-kari-testlege',
    securityLevel: '4',
  },
  {
    id: 'demo-user-hospital',
    name: `${demoHospitalDoctor.given} ${demoHospitalDoctor.family}`,
    about: 'overlege ved Nordvik sykehus',
    role: 'hospital',
    organisation: demoHospital,
    hpr: demoHospitalDoctor.hpr,
    practitioner: 'demo-per-testoverlege',
    securityLevel: '4',
  },
  {
    id: 'demo-user-astrid',
    name: 'Astrid Prøvesen',
    about: 'innbygger med KOLS',
    role: 'citizen',
    fnr: '04845040074',
    securityLevel: '4',
  },
  {
    id: 'demo-user-ola',
    name: `${demoPatient.given} ${demoPatient.family}`,
    about: 'innbygger',
    role: 'citizen',
    fnr: demoPatient.fnr,
    securityLevel: '4',
  },
];

/** A client of the embedded issuer. */
export interface IssuerClient {
  readonly id: string;
  readonly name: string;
  /** `pages`: our own, at any path of our origin, trusted without asking; `app`: SMART app with PKCE; `backend`: a system. */
  readonly kind: 'pages' | 'app' | 'backend';
  readonly redirectUris?: readonly string[];
  /** Where an EHR launch begins; of our own pages a path. */
  readonly launchUri?: string;
  /** Of a backend: whose system it is. */
  readonly role?: 'municipality' | 'gp' | 'hospital' | 'device';
  readonly organisation?: DemoOrganisation;
}

export const pagesClientId = 'hjemmebro-pages';

export const issuerClients: readonly IssuerClient[] = [
  { id: pagesClientId, name: 'Hjemmebro', kind: 'pages', launchUri: '/launch' },
  {
    id: 'demo-smart-app',
    name: 'Demo SMART-app',
    kind: 'app',
    // A loopback address of a native app has any port. https://www.rfc-editor.org/rfc/rfc8252#section-7.3
    redirectUris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
    launchUri: 'http://127.0.0.1:3000/launch',
  },
  {
    id: 'demo-backend',
    name: 'Demo-fagsystem ved Nordvik sykehus',
    kind: 'backend',
    role: 'hospital',
    organisation: demoHospital,
  },
];
