import type { Text } from './language.js';

export const ownWords = {
  title: ['Min side', 'Mi side', 'My page'],
  hello: ['Hei, {name}', 'Hei, {name}', 'Hello, {name}'],
  zoneNow: ['Du er i', 'Du er i', 'You are in the'],
  doThis: ['Dette gjør du nå', 'Dette gjer du no', 'What to do now'],
  noPatient: [
    'Vi finner ingen hjemmeoppfølging som er registrert på deg. Mener du at det er feil, ta kontakt med kommunen din.',
    'Vi finn inga heimeoppfølging som er registrert på deg. Meiner du at det er feil, ta kontakt med kommunen din.',
    'We find no home follow-up registered for you. If you think that is wrong, contact your municipality.',
  ],
  noZone: [
    'Du har ingen godkjent plan ennå. Oppfølgingssenteret tar kontakt.',
    'Du har ingen godkjend plan enno. Oppfølgingssenteret tek kontakt.',
    'You have no approved plan yet. The follow-up centre will contact you.',
  ],
  today: ['I dag', 'I dag', 'Today'],
  nothingToday: ['Ingenting å gjøre i dag.', 'Ingenting å gjere i dag.', 'Nothing to do today.'],
  at: ['kl. {time}', 'kl. {time}', 'at {time}'],
  done: ['Gjort', 'Gjort', 'Done'],
  late: ['Sendt kl. {time}, etter fristen', 'Sendt kl. {time}, etter fristen', 'Sent at {time}, after the time for it'],
  notYet: ['Ikke gjort ennå', 'Ikkje gjort enno', 'Not done yet'],
  measureNow: ['Skriv inn {name}', 'Skriv inn {name}', 'Enter {name}'],
  plan: ['Min egenbehandlingsplan', 'Min eigenbehandlingsplan', 'My self-management plan'],
  measurements: ['Mine målinger', 'Mine målingar', 'My readings'],
  send: ['Send inn', 'Send inn', 'Send'],
  sent: [
    'Målingen ble mottatt kl. {time}, og vurderes etter planen din.',
    'Målinga vart motteken kl. {time}, og blir vurdert etter planen din.',
    'The reading was received at {time}, and is judged by your plan.',
  ],
  enter: ['Skriv inn en måling', 'Skriv inn ei måling', 'Enter a reading'],
  value: ['{name} ({unit})', '{name} ({unit})', '{name} ({unit})'],
  looked: ['Hvem har sett mine opplysninger', 'Kven har sett opplysningane mine', 'Who has looked at my data'],
  lookedWhy: [
    'Alle oppslag blir loggført. Ser du noe du ikke skjønner, spør oppfølgingssenteret.',
    'Alle oppslag blir loggførte. Ser du noko du ikkje skjønar, spør oppfølgingssenteret.',
    'Every look-up is recorded. If you see something you do not understand, ask the follow-up centre.',
  ],
  lookedChanged: [
    'Registrert, endret eller sendt av andre',
    'Registrert, endra eller sendt av andre',
    'Recorded, changed or sent by others',
  ],
  lookedOwn: ['Det jeg selv har gjort', 'Det eg sjølv har gjort', 'What I have done myself'],
  lookedNone: ['Ingen oppslag er registrert.', 'Ingen oppslag er registrerte.', 'No look-ups are recorded.'],
  lookedNot: [
    'Loggen kan ikke vises nå. Oppfølgingssenteret kan gi deg den.',
    'Loggen kan ikkje visast no. Oppfølgingssenteret kan gi deg han.',
    'The log cannot be shown now. The follow-up centre can give it to you.',
  ],
  call: [
    'Blir du akutt dårlig, ring 113. Trenger du lege nå, ring 116117.',
    'Blir du akutt dårleg, ring 113. Treng du lege no, ring 116117.',
    'If you get acutely ill, call 113. If you need a doctor now, call 116117.',
  ],
} as const satisfies Record<string, Text>;
