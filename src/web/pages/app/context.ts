import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Session } from '../auth/session.js';
import type { FhirClient } from '../fhir/client.js';
import { type Language, type Say, sayIn } from '../words/language.js';

/** What every page has: the words, the way to the server, and who is looking. */
export interface App {
  readonly language: Language;
  readonly say: Say;
  readonly fhir: FhirClient;
  readonly session: Session | undefined;
}

export const AppContext = createContext<App>({
  language: 'nb',
  say: sayIn('nb'),
  fhir: undefined as unknown as FhirClient,
  session: undefined,
});

export const useApp = (): App => useContext(AppContext);
