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
  Flag: 'sone og merknader',
  Questionnaire: 'skjemaer',
  CareTeam: 'hvem som følger deg opp',
  List: 'lister',
  Composition: 'sammendrag',
  DiagnosticReport: 'prøvesvar',
  MedicationStatement: 'legemidler',
  MedicationRequest: 'legemidler',
  AllergyIntolerance: 'allergier',
  RelatedPerson: 'pårørende',
  Goal: 'mål for oppfølgingen',
  DeviceUseStatement: 'utstyr',
  Binary: 'filer',
  Basic: 'andre opplysninger',
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
  $reject: 'avviste, med begrunnelse',
  $apply: 'laget et utkast til plan',
  '$submit-for-approval': 'sendte planen til godkjenning',
  '$propose-change': 'foreslo en endring i planen',
  $revise: 'begynte på en ny utgave av planen',
  $diff: 'leste hva som er endret i planen',
  '$hand-over': 'overførte ansvaret for planen',
  $revoke: 'trakk planen tilbake',
  '$decline-plan': 'registrerte at du ikke ønsker plan',
  $accept: 'godtok henvisningen',
  '$ask-back': 'spurte henviseren om noe',
  $answer: 'svarte om henvisningen',
  $include: 'registrerte deg i oppfølgingen',
  $start: 'startet oppfølgingen',
  $pause: 'satte oppfølgingen på pause',
  $resume: 'gjenopptok oppfølgingen',
  $end: 'avsluttet oppfølgingen',
  '$green-alerts': 'endret hva som varsles',
  $take: 'tok et varsel',
  $delegate: 'ga en oppgave videre',
  $close: 'lukket et varsel',
  '$copy-to-journal': 'kopierte et varsel til journalen',
  $overview: 'så på oversikten',
  '$meeting-list': 'så på møtelisten',
  $assign: 'delte ut utstyr',
  $return: 'tok utstyr tilbake',
  $replace: 'byttet utstyr',
  $check: 'kontrollerte utstyr',
  '$sign-loan': 'registrerte lån av utstyr',
  '$give-notice': 'sa opp utstyr',
  '$protected-address': 'hentet beskyttet adresse',
  'load demo directory': 'la inn eksempelutstyr',
  time: 'vurderte målinger og frister automatisk',
  're-evaluate': 'vurderte målinger på nytt',
  'engine-down': 'meldte fra om driftsstans',
  'approval reminder': 'minnet om en plan som venter på godkjenning',
  'calibration reminder': 'minnet om kontroll av utstyr',
};

/** What is done with something; every other sentence is whole by itself. */
const interactions = new Set(['read', 'vread', 'history', 'search', 'create', 'update', 'patch', 'delete']);

/** `leste målinger`: a sentence without its subject. */
export function plainWords(action: string, type: string | null, refused: boolean): string {
  const verb = Object.hasOwn(verbs, action)
    ? verbs[action]!
    : action.startsWith('message')
      ? 'sendte en melding'
      : `utførte ${action}`;
  const withType = interactions.has(action);
  const sentence = withType ? `${verb} ${type === null ? 'opplysninger' : (types[type] ?? type)}` : verb;
  return refused ? `forsøkte, og fikk ikke: ${sentence}` : sentence;
}
