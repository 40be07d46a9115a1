import { textAt, valueAt, type XmlElement } from '../xml/xml-element.js';

const names = new Set([
  'Id',
  'TypeId',
  'Ident',
  'OffId',
  'TypeOffId',
  'RelPartyOffId',
  'AdditionalId',
  'ServProvId',
  'komponentID',
  'TypeTelecom',
  'Base64Container',
]);

/** A coded Id (ClinInv/Id) says what was examined. */
const isHidden = (element: XmlElement): boolean =>
  names.has(element.name) && (element.name !== 'Id' || displayOf(element) === undefined);

/**
 * The content of any message as indented lines for a person: what is not mapped can still be read.
 * Identity numbers and technical identifiers are left out.
 */
export function readableText(content: XmlElement, limit = 20_000): string {
  const lines: string[] = [];
  const walk = (element: XmlElement, depth: number): void => {
    if (isHidden(element)) return;
    const value = element.text || displayOf(element);
    const inner = element.children.filter((child) => !isHidden(child));
    if (value !== undefined || inner.length > 0)
      lines.push(`${'  '.repeat(depth)}${label(element.name)}${value === undefined ? '' : `: ${value}`}`);
    for (const child of inner) walk(child, depth + 1);
  };
  for (const child of content.children) walk(child, 0);
  const text = lines.join('\n');
  return text.length > limit ? `${text.slice(0, limit)}\n…` : text;
}

function displayOf(element: XmlElement): string | undefined {
  const { V, DN, OT, U } = element.attributes;
  return (
    [[DN ?? V, U].filter(Boolean).join(' '), OT].filter((part) => part !== undefined && part !== '').join(' – ') ||
    undefined
  );
}

/** The English element names of the standards. */
const norwegian: Readonly<Record<string, string>> = {
  FamilyName: 'Etternavn',
  MiddleName: 'Mellomnavn',
  GivenName: 'Fornavn',
  OrganisationName: 'Navn',
  TeleCom: 'Telefon',
  TeleAddress: 'Nummer',
  TypeHealthcareProfessional: 'Helsepersonell',
  RoleToPatient: 'Rolle',
  DateOfBirth: 'Fødselsdato',
  Sex: 'Kjønn',
  Address: 'Adresse',
  StreetAdr: 'Gate',
  PostalCode: 'Postnummer',
  City: 'Poststed',
  ReasonAsText: 'Årsak',
  Heading: 'Overskrift',
  TextResultValue: 'Tekst',
  Diagnosis: 'Diagnose',
  Concept: 'Kode',
  InfItem: 'Opplysning',
  Observation: 'Funn',
  Description: 'Beskrivelse',
  Comment: 'Merknad',
  ResultItem: 'Resultat',
  NumResult: 'Måling',
  NumResultValue: 'Verdi',
  TextResult: 'Svar',
  ClinInv: 'Undersøkelse',
  Id: 'Undersøkt',
  InvDate: 'Tidspunkt',
  Medication: 'Legemiddel',
  DosageText: 'Dosering',
  IssueDate: 'Dato',
  Priority: 'Prioritet',
  ReqServ: 'Ønsket tjeneste',
  Patient: 'Pasient',
  Name: 'Navn',
};

/** `TidspunktForHendelse` → `Tidspunkt for hendelse`. */
function label(name: string): string {
  if (norwegian[name] !== undefined) return norwegian[name];
  const words = name.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The topic and text of a dialogue message (Notat or Foresporsel); undefined for other content. */
export function dialogueText(
  content: XmlElement | undefined,
): { readonly topic?: string; readonly text?: string } | undefined {
  const note = content?.children.find((child) => child.name === 'Notat');
  const question = content?.children.find((child) => child.name === 'Foresporsel');
  if (content?.name !== 'Dialogmelding' || (note === undefined && question === undefined)) return undefined;
  const text = note === undefined ? textAt(question, 'Sporsmal') : textAt(note, 'TekstNotatInnhold');
  const topic =
    textAt(note, 'Tema') ??
    note?.children.find((child) => child.name === 'TemaKodet')?.attributes['DN'] ??
    valueAt(question, 'TypeForesp');
  return { ...(topic && { topic }), ...(text && { text }) };
}
