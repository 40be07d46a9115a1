// Kodeverk 8279 (Meldingens navn): the message types of the standards this server speaks.

/** What the receiver does with a well-formed message of the type. */
export type Treatment =
  | 'referral'
  | 'admission'
  | 'discharge'
  | 'ready'
  | 'not-ready'
  | 'death'
  | 'dialogue'
  | 'archive'
  | 'report';

const types: Readonly<Record<string, { readonly display: string; readonly treatment: Treatment }>> = {
  HENVISNING_NYTILSTAND: { display: 'Henvisning ny tilstand', treatment: 'referral' },
  HENVISNING_VIDERE: { display: 'Viderehenvisning', treatment: 'referral' },
  HENVISNING: { display: 'Henvisning', treatment: 'referral' },
  EPIKRISE: { display: 'Epikrise', treatment: 'report' },
  DIALOG_FORESPORSEL: { display: 'Forespørsel', treatment: 'referral' },
  DIALOG_SVAR: { display: 'Svar på forespørsel', treatment: 'dialogue' },
  DIALOG_AVVIK: { display: 'Tilbakemelding om feil i mottatt melding', treatment: 'dialogue' },
  DIALOG_NOTAT: { display: 'Notat', treatment: 'dialogue' },
  DIALOG_HELSEFAGLIG: { display: 'Helsefaglig dialog', treatment: 'dialogue' },
  DIALOG_STATUS_HENVISNING: { display: 'Status på henvisning', treatment: 'dialogue' },
  DIALOG_TIL_ARKIVERING: { display: 'Til arkivering', treatment: 'archive' },
  INNLEGGELSESRAPPORT: { display: 'Innleggelsesrapport', treatment: 'report' },
  HELSEOPPL_SOKNAD: { display: 'Helseopplysninger', treatment: 'report' },
  HELSEOPPLYSNINGER_LEGE: { display: 'Helseopplysninger til lege', treatment: 'report' },
  MEDISINSKE_OPPLYSNINGER: { display: 'Medisinske opplysninger', treatment: 'report' },
  ORIENTERING_TJENESTETILBUD: { display: 'Orientering om tjenestetilbud', treatment: 'report' },
  UTSKRIVNINGSRAPPORT: { display: 'Utskrivningsrapport', treatment: 'report' },
  LOG_INNLAGT: { display: 'Melding om innlagt pasient', treatment: 'admission' },
  LOG_UTSKRIVNINGSKLAR: { display: 'Melding om utskrivningsklar pasient', treatment: 'ready' },
  LOG_AVMELDING: { display: 'Avmelding av utskrivningsklar pasient', treatment: 'not-ready' },
  LOG_UTSKREVET: { display: 'Melding om utskrevet pasient', treatment: 'discharge' },
  LOG_DOD: { display: 'Orientering om dødsfall', treatment: 'death' },
  FRAVARSMELDING: { display: 'Fraværsmelding', treatment: 'report' },
  'EPJ-EKSTRAKT': { display: 'Kommunikasjon av EPJ-innhold', treatment: 'report' },
};

/** Names in use before the present versions. */
const formerNames: Readonly<Record<string, string>> = {
  // Henvisning 1.0 and Epikrise 1.1 call themselves by one letter.
  H: 'HENVISNING',
  E: 'EPIKRISE',
  HHENVISNING: 'HENVISNING',
  EEPIKRISE: 'EPIKRISE',
  TVERRFAGLIG_EPIKRISE: 'UTSKRIVNINGSRAPPORT',
  KONSULTASJON: 'HELSEOPPLYSNINGER_LEGE',
};

/** Every type this server takes in. */
export const messageTypes: readonly string[] = Object.keys(types);

/** How the type is treated; undefined for a type this server does not know (T10). */
export function treatmentOf(code: string): Treatment | undefined {
  return types[formerNames[code] ?? code]?.treatment;
}

/** The present name of a type that had another one before. */
export const presentName = (code: string): string => formerNames[code] ?? code;

/** Norwegian name of a message type; the code itself where there is none. */
export function messageTypeName(code: string): string {
  return types[formerNames[code] ?? code]?.display ?? code;
}
