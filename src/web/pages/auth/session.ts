/** Who is logged in, in this window only: gone when it is closed. */
export interface Session {
  readonly accessToken: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
  readonly refreshToken?: string;
  readonly tokenEndpoint: string;
  readonly endSessionEndpoint?: string;
  readonly idToken?: string;
  /** Of the person, for the eye. */
  readonly name: string;
  /** `Practitioner/1` or `Patient/1`. */
  readonly fhirUser?: string;
  /** As the issuer says; undefined where it does not. What may be done is for the server to decide. */
  readonly role?: 'municipality' | 'gp' | 'hospital' | 'citizen';
  readonly hpr?: string;
  readonly securityLevel?: string;
  /** The patient of a SMART launch, or the citizen. */
  readonly patient?: string;
}

const place = 'hjemmebro.session';

export function keptSession(): Session | undefined {
  const text = sessionStorage.getItem(place);
  return text === null ? undefined : (JSON.parse(text) as Session);
}

export function keepSession(session: Session | undefined): void {
  if (session === undefined) sessionStorage.removeItem(place);
  else sessionStorage.setItem(place, JSON.stringify(session));
}
