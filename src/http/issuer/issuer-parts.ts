import type { JWK } from 'jose';
import type { IssuerClient, IssuerUser } from '../../config/demo-users.js';
import type { Principal } from '../../access/principal.js';
import type { Clock } from '../../kernel/clock.js';
import type { Log } from '../../kernel/log.js';
import type { IssuerRecords } from '../../storage/issuer-records.js';
import type { Sealer } from '../sealed.js';
import type { IssuerKeys } from './issuer-keys.js';

export interface IssuerParts {
  /** Issuer identifier, the public address of the issuer: `http://localhost:8080/auth`. */
  readonly issuer: string;
  /** The FHIR base URL: audience of the tokens, and `aud` of a SMART launch. */
  readonly audience: string;
  readonly keys: IssuerKeys;
  readonly users: readonly IssuerUser[];
  readonly clients: readonly IssuerClient[];
  /** Public keys of backend clients, by client id. */
  readonly clientKeys: Readonly<Record<string, readonly JWK[]>>;
  /** Organisation number of the data controller: that of the demo municipality. */
  readonly controller: string;
  /** Newest first; cookies are signed with the first. */
  readonly cookieKeys: readonly Buffer[];
  readonly records: (kind: string) => IssuerRecords;
  /** Seals launches. */
  readonly launches: Sealer;
  readonly clock: Clock;
  readonly log: Log;
  /** Logical id of the Patient with the identity number; undefined where there is none. */
  readonly patientOf: (fnr: string) => Promise<string | undefined>;
  /** Patients whom a professional may see, for the choice of a launch. @param id only that one */
  readonly patientsOf: (principal: Principal, id?: string) => Promise<readonly ChoosablePatient[]>;
}

export interface ChoosablePatient {
  readonly id: string;
  readonly name: string;
  readonly born?: string;
}

/** What a launch is about. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */
export interface LaunchContext {
  readonly patient?: string;
  readonly encounter?: string;
  readonly intent?: string;
}

/** Kind of the records that keep the context of a grant. */
export const launchContextKind = 'LaunchContext';
