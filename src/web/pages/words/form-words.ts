import type { Text } from './language.js';

export const formWords = {
  answer: ['Svar på skjemaet', 'Svar på skjemaet', 'Answer the form'],
  yes: ['Ja', 'Ja', 'Yes'],
  no: ['Nei', 'Nei', 'No'],
  optional: ['valgfritt', 'valfritt', 'optional'],
  other: ['Annet, med egne ord', 'Anna, med eigne ord', 'Other, in your own words'],
  withdraw: ['Fjern svaret', 'Fjern svaret', 'Remove the answer'],
  send: ['Send inn svarene', 'Send inn svara', 'Send the answers'],
  sent: [
    'Takk. Svarene på «{title}» ble mottatt kl. {time}, og vurderes etter planen din.',
    'Takk. Svara på «{title}» vart mottekne kl. {time}, og blir vurderte etter planen din.',
    'Thank you. Your answers to “{title}” were received at {time}, and are judged by your plan.',
  ],
  notHere: [
    'dette kan ikke besvares her. Ta kontakt med oppfølgingssenteret.',
    'dette kan ikkje svarast på her. Ta kontakt med oppfølgingssenteret.',
    'this cannot be answered here. Contact the follow-up centre.',
  ],
  noForm: [
    'Spørsmålene i dette skjemaet er ikke lagt inn her. Svar i appen eller på utstyret du har fått, eller ring oppfølgingssenteret.',
    'Spørsmåla i dette skjemaet er ikkje lagde inn her. Svar i appen eller på utstyret du har fått, eller ring oppfølgingssenteret.',
    'The questions of this form are not kept here. Answer in the app or on the equipment you were given, or call the follow-up centre.',
  ],
} as const satisfies Record<string, Text>;
