import type { Text } from './language.js';

export const commonWords = {
  product: ['Hjemmebro', 'Hjemmebro', 'Hjemmebro'],
  years: ['{n} år', '{n} år', '{n} years'],
  cancel: ['Avbryt', 'Avbryt', 'Cancel'],
  close: ['Lukk', 'Lukk', 'Close'],
  save: ['Lagre', 'Lagre', 'Save'],
  send: ['Send', 'Send', 'Send'],
  loading: ['Henter …', 'Hentar …', 'Loading …'],
  again: ['Prøv igjen', 'Prøv igjen', 'Try again'],
  print: ['Skriv ut', 'Skriv ut', 'Print'],
  all: ['Alle', 'Alle', 'All'],
  skip: ['Hopp til innholdet', 'Hopp til innhaldet', 'Skip to the content'],
  menu: ['Sider', 'Sider', 'Pages'],
  language: ['Språk', 'Språk', 'Language'],
  look: ['Utseende', 'Utsjånad', 'Appearance'],
  lookAuto: ['Som maskinen', 'Som maskina', 'As the device'],
  lookLight: ['Lyst', 'Lyst', 'Light'],
  lookDark: ['Mørkt', 'Mørkt', 'Dark'],
  logOut: ['Logg ut', 'Logg ut', 'Log out'],
  emergency: [
    'Hjemmebro er ingen nødtjeneste. Ring 113 ved akutt fare, 116117 for legevakt.',
    'Hjemmebro er inga naudteneste. Ring 113 ved akutt fare, 116117 for legevakt.',
    'Hjemmebro is no emergency service. Call 113 in an emergency, 116117 for the out-of-hours doctor.',
  ],
  gone: [
    'Det finnes ikke, eller du har ikke tilgang til det.',
    'Det finst ikkje, eller du har ikkje tilgang til det.',
    'It does not exist, or you have no access to it.',
  ],
  refused: ['Du har ikke tilgang til dette.', 'Du har ikkje tilgang til dette.', 'You have no access to this.'],
  offline: ['Får ikke kontakt med tjenesten.', 'Får ikkje kontakt med tenesta.', 'The service cannot be reached.'],
  tooMany: [
    'Det kom for mange forespørsler på kort tid. Vent litt, og prøv igjen.',
    'Det kom for mange førespurnader på kort tid. Vent litt, og prøv igjen.',
    'There were too many requests in a short time. Wait a little, and try again.',
  ],
  broken: [
    'Tjenesten svarer ikke som den skal. Ingenting av det du skrev er borte; prøv igjen om litt.',
    'Tenesta svarar ikkje som ho skal. Ingenting av det du skreiv er borte; prøv igjen om litt.',
    'The service does not answer as it should. Nothing that you wrote is lost; try again in a little while.',
  ],
  failed: ['Det gikk ikke: {why}', 'Det gjekk ikkje: {why}', 'That did not work: {why}'],
  changed: [
    'En annen har endret dette i mellomtiden. Du ser nå det som gjelder.',
    'Ein annan har endra dette i mellomtida. Du ser no det som gjeld.',
    'Someone else has changed this meanwhile. You now see what holds.',
  ],
} as const satisfies Record<string, Text>;

export const navigationWords = {
  alerts: ['Varsler', 'Varsel', 'Alerts'],
  meeting: ['Møteliste', 'Møteliste', 'Meeting list'],
  trend: ['Pasient', 'Pasient', 'Patient'],
  plan: ['Planer', 'Planar', 'Plans'],
  referrals: ['Henvisninger', 'Tilvisingar', 'Referrals'],
  own: ['Min side', 'Mi side', 'My page'],
} as const satisfies Record<string, Text>;

export const loginWords = {
  title: ['Logg inn', 'Logg inn', 'Log in'],
  lead: [
    'Målinger, varsler og egenbehandlingsplaner for dem som følges opp hjemme.',
    'Målingar, varsel og eigenbehandlingsplanar for dei som blir følgde opp heime.',
    'Readings, alerts and self-management plans of those who are followed up at home.',
  ],
  button: ['Logg inn', 'Logg inn', 'Log in'],
  needed: ['Du må logge inn for å se dette.', 'Du må logge inn for å sjå dette.', 'Log in to see this.'],
  ended: ['Innloggingen har gått ut.', 'Innlogginga har gått ut.', 'Your login has expired.'],
  working: ['Logger inn …', 'Loggar inn …', 'Logging in …'],
  failed: ['Innloggingen lyktes ikke: {why}', 'Innlogginga lukkast ikkje: {why}', 'The login did not succeed: {why}'],
  notOurs: [
    'Siden ble åpnet fra et system med en annen server enn denne.',
    'Sida vart opna frå eit system med ein annan tenar enn denne.',
    'The page was opened by a system with another server than this one.',
  ],
} as const satisfies Record<string, Text>;

export const colourWords = {
  red: ['Rød', 'Raud', 'Red'],
  yellow: ['Gul', 'Gul', 'Yellow'],
  green: ['Grønn', 'Grøn', 'Green'],
  blue: ['Blå', 'Blå', 'Blue'],
  grey: ['Grå', 'Grå', 'Grey'],
  technical: ['Teknisk', 'Teknisk', 'Technical'],
  none: ['Oppgave', 'Oppgåve', 'Task'],
} as const satisfies Record<string, Text>;

export const zoneWords = {
  red: ['Rød sone', 'Raud sone', 'Red zone'],
  yellow: ['Gul sone', 'Gul sone', 'Yellow zone'],
  green: ['Grønn sone', 'Grøn sone', 'Green zone'],
  none: ['Ingen sone', 'Inga sone', 'No zone'],
} as const satisfies Record<string, Text>;
