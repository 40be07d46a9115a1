import type { Scope } from './scope.js';

export type Role = 'admin' | 'hospital' | 'gp' | 'municipality' | 'device' | 'citizen';

/** Who calls, after authentication: decision 20 (issuer's scopes and claims → SMART v2 scopes and a party). */
export interface Principal {
  /** OAuth client id. */
  readonly client: string;
  /** Pseudonymous subject for logs and audit; never an identity number. */
  readonly subject: string;
  /** For people: `Sykehuset Nordvik (EPJ)`. */
  readonly name: string;
  readonly role: Role;
  /** Organisation number (ENH) of the caller's organisation. */
  readonly organisation?: string;
  /** Organisation number of the department within it. */
  readonly unit?: string;
  /** Level of the person's login, 3 or 4. */
  readonly securityLevel?: string;
  /** Why the data is needed, as the token says it (Tillitsrammeverk); for the audit. JSON text. */
  readonly purpose?: string;
  /** HPR number of the person, where one is present. */
  readonly hpr?: string;
  /** Logical id of the Patient that the token is about: a citizen's own, or the one of a SMART launch. */
  readonly patient?: string;
  readonly scopes: readonly Scope[];
  /**
   * Party keys that relations are held by: `org:<orgnr>`, `hpr:<hpr>`, `client:<client id>`. A relation of any of them
   * is a relation of the caller.
   */
  readonly parties: readonly string[];
  /** HER-ids this caller may send messages for; `'*'` = every sender (registered carrier). */
  readonly carries: readonly string[] | '*';
  /** Organisation number of the data controller that new rows belong to. */
  readonly controller: string;
  /** Further data controllers whose rows the caller may see where its relations allow it (a hospital of several municipalities). */
  readonly controllers?: readonly string[];
}

/** The server's own work: timers, loading of definitions, delivery. Sees everything; named as such in the audit. */
export function systemPrincipal(controller: string): Principal {
  return {
    client: 'hjemmebro',
    subject: 'hjemmebro',
    name: 'Hjemmebro',
    role: 'admin',
    scopes: [{ level: 'system', type: '*', permissions: ['c', 'r', 'u', 'd', 's'] }],
    parties: ['client:hjemmebro'],
    carries: '*',
    controller,
  };
}
