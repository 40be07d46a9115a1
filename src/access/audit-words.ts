/** What an entry of the log says, for the patient whom it is about. */
const types: Readonly<Record<string, string>> = {
  Patient: 'personopplysninger',
  Observation: 'målinger',
  QuestionnaireResponse: 'skjemasvar',
  CarePlan: 'egenbehandlingsplan',
  EpisodeOfCare: 'oppfølgingen',
  DetectedIssue: 'varsler',
  Task: 'oppgaver',
  Communication: 'meldinger',
  ServiceRequest: 'henvisning',
  Condition: 'diagnoser',
  DocumentReference: 'dokumenter',
  Consent: 'samtykker og sperringer',
  AuditEvent: 'innsynslogg',
  Device: 'utstyr',
  Encounter: 'innleggelser',
  Provenance: 'opphav',
};

const verbs: Readonly<Record<string, string>> = {
  read: 'leste',
  vread: 'leste en tidligere versjon av',
  history: 'leste historikken til',
  search: 'søkte i',
  create: 'registrerte',
  update: 'endret',
  patch: 'endret',
  delete: 'fjernet',
  transaction: 'registrerte eller endret flere opplysninger samlet',
  batch: 'hentet flere opplysninger samlet',
  $export: 'hentet ut opplysninger samlet',
  $everything: 'hentet alt som er registrert',
  $lastn: 'leste siste målinger',
  $stats: 'leste måleoversikt',
  '$dho-status': 'spurte om du har digital hjemmeoppfølging',
  '$dho-summary': 'hentet sammendrag',
  '$break-glass': 'åpnet journalen i en nødsituasjon',
  $cover: 'lot en annen enhet dekke',
  '$access-log': 'så på innsynsloggen',
  $approve: 'godkjente planen',
};

/** `leste målinger`: a sentence without its subject. */
export function plainWords(action: string, type: string | null, refused: boolean): string {
  const verb = Object.hasOwn(verbs, action)
    ? verbs[action]!
    : action.startsWith('message')
      ? 'sendte en melding'
      : `utførte ${action}`;
  const withType =
    !action.startsWith('$') && !['transaction', 'batch'].includes(action) && !action.startsWith('message');
  const sentence = withType && type !== null ? `${verb} ${types[type] ?? type}` : verb;
  return refused ? `forsøkte, og fikk ikke: ${sentence}` : sentence;
}
