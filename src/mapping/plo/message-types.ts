// Kodeverk 8279 (Meldingens navn): the message types of the standards this server speaks.

/** What the receiver does with a well-formed message of the type. */
export type Treatment = 'referral' | 'admission' | 'discharge' | 'dialogue' | 'read';

const types: Readonly<Record<string, { readonly display: string; readonly treatment: Treatment }>> = {
  HENVISNING_NYTILSTAND: { display: 'Henvisning ny tilstand', treatment: 'referral' },
  HENVISNING_VIDERE: { display: 'Viderehenvisning', treatment: 'read' },
  HENVISNING: { display: 'Henvisning', treatment: 'read' },
  EPIKRISE: { display: 'Epikrise', treatment: 'read' },
  DIALOG_FORESPORSEL: { display: 'Forespørsel', treatment: 'referral' },
  DIALOG_SVAR: { display: 'Svar på forespørsel', treatment: 'read' },
  DIALOG_AVVIK: { display: 'Tilbakemelding om feil i mottatt melding', treatment: 'read' },
  DIALOG_NOTAT: { display: 'Notat', treatment: 'read' },
  DIALOG_HELSEFAGLIG: { display: 'Helsefaglig dialog', treatment: 'dialogue' },
  DIALOG_STATUS_HENVISNING: { display: 'Status på henvisning', treatment: 'read' },
  DIALOG_TIL_ARKIVERING: { display: 'Til arkivering', treatment: 'read' },
  INNLEGGELSESRAPPORT: { display: 'Innleggelsesrapport', treatment: 'read' },
  HELSEOPPL_SOKNAD: { display: 'Helseopplysninger', treatment: 'read' },
  HELSEOPPLYSNINGER_LEGE: { display: 'Helseopplysninger til lege', treatment: 'read' },
  MEDISINSKE_OPPLYSNINGER: { display: 'Medisinske opplysninger', treatment: 'read' },
  ORIENTERING_TJENESTETILBUD: { display: 'Orientering om tjenestetilbud', treatment: 'read' },
  UTSKRIVNINGSRAPPORT: { display: 'Utskrivningsrapport', treatment: 'read' },
  LOG_INNLAGT: { display: 'Melding om innlagt pasient', treatment: 'admission' },
  LOG_UTSKRIVNINGSKLAR: { display: 'Melding om utskrivningsklar pasient', treatment: 'read' },
  LOG_AVMELDING: { display: 'Avmelding av utskrivningsklar pasient', treatment: 'read' },
  LOG_UTSKREVET: { display: 'Melding om utskrevet pasient', treatment: 'discharge' },
  LOG_DOD: { display: 'Orientering om dødsfall', treatment: 'read' },
  'EPJ-EKSTRAKT': { display: 'Kommunikasjon av EPJ-innhold', treatment: 'read' },
};

/** Names in use before the present versions. */
const formerNames: Readonly<Record<string, string>> = {
  HHENVISNING: 'HENVISNING',
  EEPIKRISE: 'EPIKRISE',
  TVERRFAGLIG_EPIKRISE: 'UTSKRIVNINGSRAPPORT',
  KONSULTASJON: 'HELSEOPPLYSNINGER_LEGE',
};

/** How the type is treated; undefined for a type this server does not know (T10). */
export function treatmentOf(code: string): Treatment | undefined {
  return types[formerNames[code] ?? code]?.treatment;
}

/** Norwegian name of a message type; the code itself where there is none. */
export function messageTypeName(code: string): string {
  return types[formerNames[code] ?? code]?.display ?? code;
}
